"""``SetHandler crash``: a thread dies by a memory fault, and its process with it, and nobody else."""

import re
import resource
import signal
import sys
from pathlib import Path

import pytest

from server.config import DirectorySettings
from tests.support.content_site import ContentSite
from tests.support.lab_server import lab_server
from tests.support.processes import start, stop, wait_until
from tests.support.raw_http import ask, send

PROGRAM = """
import sys, threading
from pathlib import Path
from server.config import DirectorySettings
from tests.support.content_site import ContentSite
site = ContentSite(Path(sys.argv[1]), locations={"/crash": DirectorySettings(set_handler=b"crash")})
thread = threading.Thread(target=site.ask, args=("/crash",))
thread.start()
thread.join()
print("still there")
"""


def test_the_process_dies_by_the_signal_itself(tmp_path: Path) -> None:
    with (tmp_path / "output").open("wb") as output:
        process = start([sys.executable, "-c", PROGRAM, tmp_path], stdout=output, stderr=output)
        try:
            assert process.wait(timeout=30) == -signal.SIGSEGV
        finally:
            stop(process)
    assert "still there" not in (tmp_path / "output").read_text()
    assert "this thread reads address 0 now" in (tmp_path / "output").read_text()
    assert not list(tmp_path.glob("core*"))


def test_others_are_served_and_the_dead_process_is_replaced(mpm: str, tmp_path: Path) -> None:
    extra = (
        "<Location /crash>\nSetHandler crash\n</Location>\n"
        "<IfModule mpm_prefork_module>\nMinSpareServers 2\n</IfModule>"
    )
    with lab_server(tmp_path, mpm, servers=2, extra=extra) as server:
        assert send(server.address, [b"GET /crash HTTP/1.1\r\nHost: localhost\r\n\r\n"]) == b""
        assert ask(server.address, "/").status == 200
        pattern = re.compile(r"AH00052: child pid (\d+) exit signal Segmentation fault \(11\)")
        (dead,) = wait_until(lambda: pattern.findall(server.error_log()), "the death to be noticed")
        assert f"[pid {dead}:" in next(
            line for line in server.error_log().splitlines() if "[crash:notice]" in line
        )
        wait_until(
            lambda: len(server.children()) >= 2 and int(dead) not in server.children(), "a new process"
        )
        assert ask(server.address, "/").status == 200


def test_no_crash_without_the_handler(tmp_path: Path) -> None:
    limit = resource.getrlimit(resource.RLIMIT_CORE)
    assert ContentSite(tmp_path).ask("/crash").status == 404
    assert resource.getrlimit(resource.RLIMIT_CORE) == limit


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS"])
def test_only_reading_crashes(tmp_path: Path, method: str) -> None:
    site = ContentSite(tmp_path, locations={"/crash": DirectorySettings(set_handler=b"crash")})
    assert site.ask("/crash", method=method).status in (200, 404, 405)

"""A program that has nothing to do with any server: what it does is mixed into other traces."""

import os
import signal
import tempfile
from pathlib import Path
from typing import Final

from tests.support.processes import PATIENCE_S, start, stop, wait_until
from tests.support.recording.lab_scene import STRACE
from tests.support.recording.tracing import is_traced

LINES: Final = 150
DAEMON: Final = """
import os, time
log = os.open("/srv/loadlog.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
while True:
    file = os.open("/proc/loadavg", os.O_RDONLY)
    text = os.read(file, 100)
    os.close(file)
    os.write(log, b"load " + text)
    time.sleep(0.2)
"""


def record_noise() -> str:
    """Return the log of a program that notes the machine's load five times a second."""
    os.chdir("/srv")
    Path("/proc/sys/kernel/ns_last_pid").write_text("904416")
    daemon = start(["/usr/bin/python3", "-S", "-c", DAEMON])
    with tempfile.TemporaryDirectory() as work:
        out = Path(work) / "trace"
        wait_until(lambda: Path("/srv/loadlog.txt").exists(), "its log")
        tracer = start([*STRACE, "-o", out, "-p", str(daemon.pid)])
        try:
            wait_until(lambda: is_traced([daemon.pid], True), "strace to attach")
            wait_until(lambda: out.read_text().count("\n") >= LINES, f"{LINES} lines")
            tracer.send_signal(signal.SIGINT)
            tracer.wait(PATIENCE_S)
        finally:
            stop(tracer, signal.SIGKILL)
            stop(daemon)
        return "\n".join(out.read_text().splitlines()[1:LINES]) + "\n"

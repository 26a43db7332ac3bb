"""The demo's own claims, against what its server logged of the same requests."""

import csv
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.asking import answer, tracekit
from tests.support.requirements import need_ptrace
from tests.support.tracers import TRACEKIT

LOGGED = re.compile(r'(\S+) (\d+) pid=(\d+) accept=(\d+) tid=(\d+) "(\S+) (\S+) \S+" (\d+) \d+')
FORMS = ("text", "json", "csv")


@pytest.fixture(scope="module")
def trace() -> Iterator[Path]:
    """Run the demo and return its trace file; the server's children are nobody and must get there."""
    need_ptrace()
    with tempfile.TemporaryDirectory(prefix="tracekit-test-") as folder:
        Path(folder).chmod(0o755)
        yield _demo(folder)


def _demo(folder: str) -> Path:
    done = subprocess.run(
        [*TRACEKIT, "demo"],
        check=False,
        capture_output=True,
        text=True,
        timeout=110,
        env={**os.environ, "TMPDIR": folder},
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    found = re.search(r"^The trace is (.+)$", done.stdout, re.MULTILINE)
    assert found
    path = Path(found[1])
    assert f"\n{path.parent}/htdocs " in done.stdout
    return path


def test_the_document_root_is_the_configured_one(trace: Path) -> None:
    configured = re.search('^DocumentRoot "(.+)"$', (trace.parent / "httpd.conf").read_text(), re.MULTILINE)
    assert configured
    found = answer("docroot", trace)
    assert found["verdict"] == "found"
    assert [root["path"] for root in found["docroots"]] == [configured[1]]
    assert not found["aliases"]


def test_every_request_was_served_as_the_server_logged_it(trace: Path) -> None:
    logged = [match.groups() for match in LOGGED.finditer((trace.parent / "logs/access.log").read_text())]
    requests = answer("dispatch", trace)["requests"]
    told = [
        tuple(
            str(request[key])
            for key in (
                "client", "nth_on_connection", "pid", "accept_tid", "serve_tid", "method", "target", "status",
            )
        )
        for request in requests
    ]  # fmt: skip
    assert len(logged) == 15
    assert sorted(told) == sorted((c, str(int(k) + 1), *rest) for c, k, *rest in logged)


def test_the_files_served_are_documents(trace: Path) -> None:
    documents = {one["path"] for one in answer("files", trace)["files"] if one["kind"] == "document"}
    htdocs = trace.parent / "htdocs"
    served = ("index.html", "docs/index.html", "docs/guide/threads.html", "images/dot.png")
    assert documents == {str(htdocs / name) for name in served}


@pytest.mark.parametrize("command", ["docroot", "files", "dispatch"])
@pytest.mark.parametrize("form", FORMS)
def test_every_answer_has_every_form(trace: Path, command: str, form: str) -> None:
    code, out, _ = tracekit(command, trace, "--format", form)
    assert code == 0
    if form == "json":
        assert json.loads(out)["schema"] == f"tracekit.{command}/1"
    elif form == "csv":
        widths = {len(row) for row in csv.reader(out.splitlines())}
        assert len(widths) == 1
    else:
        assert "htdocs" in out or "127.0.0.1" in out


def test_trace_and_folder_hold_what_they_should(trace: Path) -> None:
    assert trace.stat().st_mode & 0o777 == 0o600
    assert '"calls":null' in trace.read_text().splitlines()[0]

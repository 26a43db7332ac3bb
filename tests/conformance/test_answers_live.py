"""Servers that are installed, recorded now: the answers against what they say of themselves."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.recording.cases import CASES
from tests.support.recording.marking import unexpected
from tests.support.recording.recorder import record
from tests.support.recording.servers import SERVERS
from tests.support.requirements import need, need_module, need_ptrace, need_root
from tracekit.events import read_trace

pytestmark = pytest.mark.conformance

ONE_EACH = [
    "apache-event",
    "apache-prefork-two",
    "nginx-cache",
    "lighttpd",
    "http.server-threads",
    "node",
    "busybox",
    "gunicorn-gthread",
    "built-in-worker",
]
"""What is recorded in every run; ``make conformance-answers`` records all that have an answer."""

ALL = [name for name, case in CASES.items() if case.how != "child"]
"""Whether one child of several is given a connection is chance."""

RECORDED_NOW = ALL if os.environ.get("TRACEKIT_ALL_ANSWERS") == "1" else ONE_EACH


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder that every user may enter: servers give up root's rights."""
    folder = Path(tempfile.mkdtemp(prefix="tracekit-answers-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", RECORDED_NOW)
def test_the_answers_about_a_server_that_runs_now(name: str, root: Path, tmp_path: Path) -> None:
    case = CASES[name]
    need_root()
    need_ptrace()
    need("strace")
    program = SERVERS[case.server].program
    need_module(program) if program == "gunicorn" else need(program)
    out = tmp_path / "traces"
    out.mkdir()
    truth = record(case, root, out / "trace")
    trace = read_trace(out if "-ff" in case.options else out / "trace")
    assert unexpected(truth, trace, case.cannot) == {}

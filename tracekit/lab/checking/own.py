"""What exercises of a teacher's own are given, where pytest is run on them as on any tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tracekit.lab import exercise as exercises
from tracekit.lab.answers import read_answers
from tracekit.lab.checking.context import Context
from tracekit.lab.checking.jobs import FINDING, job_of
from tracekit.lab.evidence import Evidence
from tracekit.lab.forms import FORMS, write_atomically
from tracekit.lab.score import Check, Score
from tracekit.lab.submissions import TRACE
from tracekit.lab.traces import StudentTrace


def add_options(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("tracekit lab")
    group.addoption("--submission", type=Path, metavar="DIR", help="the folder with a student's answers")
    group.addoption("--score", metavar="FORM", choices=sorted(FORMS), help="write the score in this form")
    group.addoption("--score-file", type=Path, metavar="FILE", help="where to (with --score)")


def context(config: pytest.Config, node: Any) -> Context:
    """Return what a check is given of the submission that the options name.

    Raises:
        pytest.UsageError: they name none.
    """
    folder: Path | None = config.getoption("submission")
    if folder is None:
        raise pytest.UsageError("name a student's folder with --submission DIR")
    return _read(folder, node.path.parent)


@cache
def _read(folder: Path, of_exercise: Path) -> Context:
    exercise = exercises.read(of_exercise)
    answers = read_answers(folder, exercise, None)
    trace = StudentTrace(folder / TRACE) if (folder / TRACE).exists() else None
    return Context(answers, trace, Evidence(trace) if trace is not None else None)


def write_score(session: pytest.Session) -> None:
    """Write what the checks found to the file that the options name."""
    name, path = session.config.getoption("score"), session.config.getoption("score_file")
    if not name or not path:
        return
    folder: Path | None = session.config.getoption("submission")
    student = folder.absolute().name if folder else ""
    checks: list[Check] = []
    for item in session.items:
        if FINDING in item.stash:
            finding, job = item.stash[FINDING], job_of(item)
            finding.outcome = finding.outcome or "not judged"
            checks.append(finding.check(job.exercise, None))
    write_atomically(path, FORMS[name].write(Score(student, "", "", tuple(checks))))


@pytest.fixture
def traced_server() -> Iterator[Callable[..., Any]]:
    """Start servers under tracekit's tracer: ``traced_server(server="apache2", mpm="worker", seed=7)``.

    What it returns has url, host, port, pid, trace and log; ``stop()`` ends the trace, and then the server.
    All of them have ended when the test is over.
    """
    from tracekit.lab.live.traced import traced  # noqa: PLC0415 - checks of recorded traces need no server

    with ExitStack() as stack:
        yield lambda **how: stack.enter_context(traced(**how))

"""The pytest plugin that judges: points, dependencies, time limits, and outcomes that a grade is made of.

The lab's own exercises are judged by it (`run_all`), and so is a teacher's: a ``conftest.py`` that says
``pytest_plugins = ["tracekit.lab.plugin"]`` is all that it takes. See docs/lab/own-exercises.md.
"""

from collections.abc import Callable, Generator
from typing import Any

import pytest

from tracekit.lab.checking import own
from tracekit.lab.checking.context import CheckingError, Context
from tracekit.lab.checking.engine import run_all, run_checks
from tracekit.lab.checking.findings import Finding
from tracekit.lab.checking.jobs import finding_of_item, job_of, prepare
from tracekit.lab.checking.limits import pytest_timeout_cancel_timer, pytest_timeout_set_timer
from tracekit.lab.checking.marks import MARKERS
from tracekit.lab.checking.own import traced_server
from tracekit.lab.score import Points

__all__ = [
    "CheckingError",
    "Context",
    "pytest_timeout_cancel_timer",
    "pytest_timeout_set_timer",
    "run_all",
    "run_checks",
    "traced_server",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options for exercises of one's own."""
    own.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers."""
    for line in MARKERS:
        config.addinivalue_line("markers", line)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Read the markers; put each check after those that it depends on."""
    items[:] = prepare(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a check that depends on one that earned nothing."""
    finding = finding_of_item(item)
    if finding and (why := job_of(item).missing(finding)):
        pytest.skip(why)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge the check; one that did not earn everything fails for pytest, too."""
    report = yield
    finding = finding_of_item(item)
    if finding is None:
        return report
    if call.excinfo is not None:
        finding.broke_off(call.excinfo.value, preparing=call.when != "call")
    elif call.when == "call":
        finding.went_through()
        if finding.outcome != "passed":
            report.outcome, report.longrepr = "failed", f"{finding.outcome}: {finding.reason}"
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the score of an exercise of one's own, where that is asked for."""
    own.write_score(session)


def _given(request: pytest.FixtureRequest) -> Context:
    context = job_of(request.node).context
    return context if context is not None else own.context(request.config, request.node)


@pytest.fixture
def answers(request: pytest.FixtureRequest) -> Any:
    """What the student answered."""
    return _given(request).answers


@pytest.fixture
def key(request: pytest.FixtureRequest) -> Any:
    """What is so."""
    found = _given(request).key
    if found is None:
        raise CheckingError("the key is not here")
    return found


@pytest.fixture
def trace(request: pytest.FixtureRequest) -> Any:
    """The trace, line by line."""
    return _of_trace(request, "trace")


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Any:
    """The lines of the trace as facts."""
    return _of_trace(request, "evidence")


def _of_trace(request: pytest.FixtureRequest, name: str) -> Any:
    context = _given(request)
    if context.trace is None:
        pytest.fail("there is no trace")
    return getattr(context, name)


@pytest.fixture
def question(request: pytest.FixtureRequest) -> Any:
    """The things that are asked about."""
    return _given(request).question


@pytest.fixture
def ps(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The lines of ps of the server."""
    return _given(request).ps


@pytest.fixture
def form(request: pytest.FixtureRequest) -> str:
    """``offline`` or ``live``."""
    return _given(request).form


@pytest.fixture
def earn(request: pytest.FixtureRequest) -> Callable[[Points, str], None]:
    """Say which share of the points (0 to 1) is earned so far, and why no more."""
    finding = finding_of_item(request.node)
    return (finding or _unjudged(request.node)).earn


def _unjudged(node: Any) -> Finding:
    raise CheckingError(f"{node.nodeid} is no check that can earn anything")

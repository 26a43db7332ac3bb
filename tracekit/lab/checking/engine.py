"""Running checks in this process, with pytest as the engine and nothing of its surroundings.

No ini file, conftest.py, environment variable or plugin of this machine plays a part, no file is written,
and nothing reaches the terminal: the same checks give the same result anywhere.
"""

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

import pytest

from tracekit.lab.checking.context import CheckingError, Context
from tracekit.lab.checking.findings import Job
from tracekit.lab.checking.jobs import FINDING, JOB, prepare
from tracekit.lab.exercise import Exercise
from tracekit.lab.score import Check

LIMIT_S: Final = 20
"""Seconds that a check may take, unless it says otherwise."""

_LEFT_OUT: Final = (
    *("assertion", "cacheprovider", "capture", "debugging", "doctest", "faulthandler", "junitxml"),
    *("legacypath", "logging", "pastebin", "recwarn", "setuponly", "setupplan", "stepwise", "subtests"),
    *("terminal", "terminalprogress", "threadexception", "tmpdir", "unittest", "unraisableexception"),
    "warnings",
)
"""The parts of pytest that checks do without: they take time, write files or change the process."""

_ARGUMENTS: Final = (
    *("-c", os.devnull, "--rootdir", str(Path(__file__).parent), "--noconftest", "--strict-markers"),
    *("--disable-plugin-autoload", "-p", "pytest_timeout", f"--timeout={LIMIT_S}", "--timeout-method=signal"),
    *("-p", "tracekit.lab.plugin"),
    *(word for name in _LEFT_OUT for word in ("-p", f"no:{name}")),
)
_JUDGED: Final = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


def run_checks(exercise: Exercise, context: Context, *, public_only: bool = False) -> list[Check]:
    """Judge one exercise of one submission; see `run_all`."""
    return run_all([(exercise, context)], public_only=public_only)[0]


def run_all(tasks: Sequence[tuple[Exercise, Context]], *, public_only: bool = False) -> list[list[Check]]:
    """Judge exercises, in one run of the engine: its start costs more than the checks.

    Args:
        tasks: exercises, each with what its checks are given.
        public_only: leave out what is not public; it comes back with the outcome ``hidden``.

    Returns:
        For each task what its checks found, in the order of their file.

    Raises:
        CheckingError: the checks themselves cannot be run.
        KeyboardInterrupt: so it was.
    """
    if not tasks:
        return []
    if threading.current_thread() is not threading.main_thread():
        raise CheckingError("checks run in the main thread of a process: their limits are signals")
    run = _Run(tasks, public_only=public_only)
    with _apart() as said:
        code = pytest.main([*_ARGUMENTS], plugins=[run])
    if code == pytest.ExitCode.INTERRUPTED and not run.faults:
        raise KeyboardInterrupt
    if run.faults or code not in _JUDGED:
        raise CheckingError("the checks cannot be run", "\n".join(run.faults) or said.getvalue()[-1000:])
    return run.results()


class _Run:
    """What this one run adds to the plugin: which files are collected, and plain reports."""

    def __init__(self, tasks: Sequence[tuple[Exercise, Context]], *, public_only: bool) -> None:
        self.tasks = tasks
        self.public_only = public_only
        self.jobs = [Job(exercise.name, context) for exercise, context in tasks]
        self.orders: list[list[str]] = []
        self.faults: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        """Collect the file of each task by itself: the same file can be there for many submissions."""
        items: list[pytest.Item] = []
        for job, (exercise, _) in zip(self.jobs, self.tasks, strict=True):
            module: pytest.Module = pytest.Module.from_parent(session, path=exercise.checks)
            module.stash[JOB] = job
            try:
                module.obj = _loaded(exercise.checks)
            except Exception as error:  # noqa: BLE001 - whatever the file does when it is run
                self.faults.append(f"{exercise.checks}: {type(error).__name__}: {error}")
                continue
            found = list(session.genitems(module))
            items += self._to_run(found)
            self.orders.append([item.stash[FINDING].name for item in found if FINDING in item.stash])
        session.items = items
        session.testscollected = len(items)
        if self.faults:
            raise pytest.UsageError(self.faults[0])
        return True

    def _to_run(self, items: list[pytest.Item]) -> list[pytest.Item]:
        """Return the checks that are to be run; the others have their finding."""
        try:
            ordered = prepare(items)
        except pytest.UsageError as error:
            self.faults.append(str(error))
            return []
        if not self.public_only:
            return ordered
        for item in ordered:
            if not item.stash[FINDING].public:
                item.stash[FINDING].outcome = "hidden"
        return [item for item in ordered if not item.stash[FINDING].outcome]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what kept a file from being collected."""
        if report.failed:
            self.faults.append(str(report.longrepr))

    @pytest.hookimpl(trylast=True)
    def pytest_internalerror(self, excrepr: object) -> None:
        """Keep what went wrong in the engine."""
        self.faults.append(str(excrepr)[-1000:])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Report without a traceback: nobody reads it, and it takes most of the time."""
        outcome = "passed"
        if call.excinfo is not None:
            outcome = "skipped" if isinstance(call.excinfo.value, pytest.skip.Exception) else "failed"
        return pytest.TestReport(item.nodeid, ("", None, ""), {}, outcome, None, call.when)  # type: ignore[arg-type]

    def results(self) -> list[list[Check]]:
        """Return what was found, a list a task."""
        return [
            [job.findings[name].check(job.exercise, job.context) for name in order]
            for job, order in zip(self.jobs, self.orders, strict=True)
        ]


def _loaded(path: Path) -> ModuleType:
    """Run a file of checks, as a module that nothing else shares and that leaves no bytecode."""
    status = path.stat()
    module = ModuleType(f"checks_of_{path.parent.name}")
    module.__file__ = str(path)
    exec(_compiled(path, status.st_mtime_ns, status.st_size), module.__dict__)  # noqa: S102 - the teacher's code
    return module


@cache
def _compiled(path: Path, _changed_ns: int, _size: int) -> CodeType:
    return compile(path.read_bytes(), path, "exec", dont_inherit=True)


@contextmanager
def _apart() -> Iterator[io.StringIO]:
    """Keep a run away from its surroundings, and put back what it changes of them; yields what it prints."""
    said = io.StringIO()
    variables = {name: value for name, value in os.environ.items() if name.startswith("PYTEST")}
    bytecode, handler = sys.dont_write_bytecode, signal.getsignal(signal.SIGALRM)
    timer = signal.setitimer(signal.ITIMER_REAL, 0)
    for name in variables:
        del os.environ[name]
    sys.dont_write_bytecode = True
    try:
        with redirect_stdout(said), redirect_stderr(said):
            yield said
    finally:
        sys.dont_write_bytecode = bytecode
        for name in [name for name in os.environ if name.startswith("PYTEST")]:
            del os.environ[name]
        os.environ.update(variables)
        signal.signal(signal.SIGALRM, handler if handler is not None else signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, *timer)
        for name in ("last_exc", "last_type", "last_value", "last_traceback"):
            vars(sys).pop(name, None)  # pytest keeps the last failure there, and with it a submission

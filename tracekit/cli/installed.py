"""Answers that other packages bring: entry points of the group ``tracekit.analyzers``.

One that is broken is told in one line, and takes nothing else down.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tracekit.analyzers.questions import Question
from tracekit.errors import TracekitError
from tracekit.syscalls.families import every_call

if TYPE_CHECKING:  # the help needs neither
    from tracekit.analyzers.answer import Answer
    from tracekit.events import Trace

GROUP: Final = "tracekit.analyzers"
COMMAND: Final = re.compile("[a-z][a-z0-9-]*")
T = TypeVar("T")


class BrokenAnalyzerError(TracekitError):
    """An analyzer of another package cannot be used."""


@dataclass(frozen=True, slots=True)
class Installed:
    """An analyzer of another package.

    Attributes:
        question: its name, what it asks, and the calls that it takes.
        where: the package, as it is named when something is wrong.
        analyzer: answers it.
    """

    question: Question
    where: str
    analyzer: Any

    def answer(self, trace: "Trace") -> "Answer":
        """Answer the question from a trace.

        Raises:
            BrokenAnalyzerError: the analyzer fails, or what it returns is no answer that can be shown.
        """
        return _guarded(f"{self.where} failed", lambda: self._checked(self.analyzer.answer(trace)))

    def _checked(self, found: Any) -> "Answer":
        from tracekit.analyzers.answer import Answer  # noqa: PLC0415 - the help does not need it

        if not isinstance(found, Answer):
            raise TypeError(f"answer() returned {type(found).__name__}, not an Answer")
        if found.name != self.question.name:
            raise ValueError(f"the answer's name is {found.name!r}, not {self.question.name!r}")
        if not isinstance(found.trace, Mapping) or not isinstance(found.trace.get("files"), list):
            raise TypeError("the answer's trace has to be trace.summary()")
        json.dumps(found.to_json())
        return found


def find(name: str) -> Installed | None:
    """Return the analyzer of this name that another package brings; None when there is none.

    Raises:
        BrokenAnalyzerError: there is one, and it cannot be used.
    """
    points = _points().get(name)
    return _load(points) if points else None


def usable(taken: Collection[str], tell: Callable[[BrokenAnalyzerError], None]) -> Iterator[Installed]:
    """Yield the analyzers that other packages bring, and tell of each that cannot be used.

    Args:
        taken: names of tracekit's own commands, which stay what they are.
        tell: is called with what is wrong with one.
    """
    for name, points in sorted(_points().items()):
        try:
            if name in taken:
                raise BrokenAnalyzerError(
                    f"{_where(points[0])} is left out: tracekit has a command of that name"
                )
            yield _load(points)
        except BrokenAnalyzerError as error:
            tell(error)


@cache
def _points() -> dict[str, list[EntryPoint]]:
    """Return the entry points by name."""
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        found.setdefault(point.name, []).append(point)
    return found


def _load(points: list[EntryPoint]) -> Installed:
    """Import an analyzer, make it, and look whether it has what it takes."""
    point, *others = points
    where = _where(point)
    if others:
        raise BrokenAnalyzerError(f"{where} is left out: {_where(others[0])} has the same name")
    kind = _guarded(f"{where} cannot be loaded", point.load)
    analyzer = _guarded(f"{where} cannot be used", kind)
    question = _guarded(f"{where} cannot be used", lambda: _question(point.name, analyzer))
    return Installed(question, where, analyzer)


def _question(name: str, analyzer: Any) -> Question:
    """Return what an analyzer asks.

    Raises:
        AttributeError: it has no name, question, needs or answer().
        ValueError: one of them is not what it has to be.
    """
    if not COMMAND.fullmatch(name):
        raise ValueError("its name is no word of small letters, digits and dashes")
    if analyzer.name != name:
        raise ValueError(f"its name is {analyzer.name!r} in the class")
    if not isinstance(analyzer.question, str) or not callable(analyzer.answer):
        raise ValueError("question has to be a text, and answer a method")
    needs = analyzer.needs
    if not isinstance(needs, set | frozenset) or not needs:
        raise ValueError("needs has to be a set of names of system calls")
    if odd := {str(call) for call in needs - every_call()}:
        raise ValueError(f"needs has names of no system call: {', '.join(sorted(odd))}")
    return Question(name, " ".join(analyzer.question.split()), lambda: frozenset(needs))


def _guarded(what: str, work: Callable[[], T]) -> T:
    """Do something of another package; whatever is raised there becomes one line.

    Raises:
        BrokenAnalyzerError: it failed.
    """
    try:
        return work()
    except TracekitError:
        raise
    except (Exception, SystemExit) as error:
        if os.environ.get("TRACEKIT_DEBUG"):
            sys.excepthook(type(error), error, error.__traceback__)
        message = " ".join(f"{type(error).__name__}: {error}".split())
        raise BrokenAnalyzerError(f"{what}: {message}", "TRACEKIT_DEBUG=1 shows where") from error


def _where(point: EntryPoint) -> str:
    package = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
    return f"the answer {point.name} of {package}"

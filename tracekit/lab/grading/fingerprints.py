"""What tells one student's variant from another's, in its key and in answers: paths, and numbers of tasks."""

from collections.abc import Iterable, Iterator

from tracekit.lab.answers import Answers, Row
from tracekit.lab.exercise import Exercise, Field
from tracekit.lab.truth import Truth

UNTOLD = ("evidence", "choice")
"""Types of fields that tell no variant from another: numbers of lines, and words of a choice."""


def own(key: Truth) -> frozenset[str]:
    """Return the paths and the numbers of tasks in a key, as text."""
    tasks = {thread.tid for process in key.processes for thread in process.threads}
    tasks |= {process.pid for process in key.processes}
    paths = {key.docroot, *(alias.path for alias in key.aliases)}
    return frozenset(map(str, tasks | paths))


def said(answers: Answers, exercise: Exercise) -> frozenset[str]:
    """Return the paths, texts and numbers that are given as answers, as text."""
    return frozenset(_values(exercise.fields, answers))


def _values(fields: Iterable[Field], row: Row) -> Iterator[str]:
    for field in fields:
        value = row[field.name]
        if value is None or field.type in UNTOLD or field.name == "line":
            continue
        if field.columns:
            for one in value.values():
                yield from _values(field.columns[1:], one)  # the first is what is asked about
        elif isinstance(value, tuple):
            yield from map(str, value)
        else:
            yield str(value)

"""What the checks of one exercise see of one submission."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from tracekit.errors import TracekitError


class CheckingError(TracekitError):
    """The checks could not be run: nothing that a student did."""


@dataclass(frozen=True)
class Context:
    """What checks are given, each member as a fixture of that name.

    Attributes:
        answers: what the student answered.
        trace: what there is to look at; None where the student was to hand one in and did not.
        evidence: the lines of the trace as facts.
        question: the things that are asked about.
        key: what is so; None on a student's machine.
        ps: the lines of ps of the server, if there are any.
        form: ``offline`` or ``live``.
    """

    answers: Any
    trace: Any = None
    evidence: Any = None
    question: Any = None
    key: Any = None
    ps: tuple[str, ...] = ()
    form: str = ""


def leaves(value: Any) -> Iterator[str]:
    """Yield the texts and numbers within a value, as texts."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from leaves(key)
            yield from leaves(member)
    elif isinstance(value, list | tuple | set | frozenset):
        for member in value:
            yield from leaves(member)
    elif is_dataclass(value):
        for field in fields(value):
            yield from leaves(getattr(value, field.name))

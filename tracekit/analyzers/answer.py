"""What every answer is made of: evidence, the account of the trace, and its way to JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from itertools import repeat
from typing import Any, ClassVar, Protocol

from tracekit.events import Row, Trace, without_collection

FOUND = "found"
UNDETERMINED = "undetermined"
UNKNOWN = "unknown"
UNTOLD = frozenset({UNDETERMINED, UNKNOWN})
"""Verdicts of answers that the trace does not tell."""
EVIDENCE_LIMIT = 3
"""How many calls are shown for one claim; all of them would drown it."""
TEXT_LIMIT = 300
"""Characters of a call that evidence quotes."""
PLAIN = frozenset({int, bool, float, type(None)})
"""Types that JSON has, too."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One call of the trace that bears a claim out.

    Attributes:
        file: the trace file, as given.
        line: where the call begins in it, from 1.
        tid: the thread that made it; None in a log of one task.
        text: the call, or end of the task, as printed; the end of a long one is left out (``...``).
    """

    file: str
    line: int
    tid: int | None
    text: str


def evidence(row: Row) -> Evidence:
    """Return a row of the trace as evidence: a call, a signal, or the end of a task."""
    return Evidence(row.file, row.line, row.tid, _quoted(row))


def _quoted(row: Row) -> str:
    if row.kind == "exit":
        text = f"+++ exited with {row.ret} +++" if row.name == "exited" else f"+++ {row.ret_text} +++"
    elif row.kind == "signal":
        text = f"--- {row.name} {row.args or ''} ---"
    else:
        text = f"{row.name}({row.args or ''}) = {row.ret_text or '?'}"
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 3] + "..."


def counted(number: int, one: str, several: str = "") -> str:
    """Return a number with its noun: ``1 thread``; ``several`` is the plural where an s does not make it."""
    return f"{number} {one if number == 1 else several or one + 's'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The base of all answers: a frozen record whose fields are its JSON keys.

    Attributes:
        trace: files, lines, calls, unparsed, incomplete and warnings of the trace.
    """

    name: ClassVar[str] = ""
    trace: Mapping[str, Any]

    @property
    def schema(self) -> str:
        """Name and version of the JSON's form: ``tracekit.docroot/1``."""
        return f"tracekit.{self.name}/1"

    @property
    def determined(self) -> bool:
        """False when the trace does not tell; a verdict in the answer says why."""
        return True

    @without_collection()
    def to_json(self) -> dict[str, Any]:
        """Return the answer as what ``json.dumps`` takes, ``schema`` first and ``trace`` last."""
        members = {field.name: plain(getattr(self, field.name)) for field in fields(self)}
        trace = members.pop("trace")
        return {"schema": self.schema, **members, "trace": trace}


def plain(value: Any) -> Any:
    r"""Return a value made of dicts, lists, strings and numbers alone.

    Bytes that are no UTF-8 (they can be in paths and targets) come out as ``\xe9``, rows of the
    trace as evidence: an answer with many keeps them as they are until it is written.
    """
    kind: Any = type(value)
    if kind in PLAIN or (kind is str and value.isascii()):
        return value
    if kind is Row or _members(kind):
        return _record(value, kind)
    if isinstance(value, (tuple, list, set, frozenset)):
        items = [plain(item) for item in value]
        return sorted(items) if isinstance(value, (set, frozenset)) else items
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return value


def _record(value: Any, kind: Any) -> dict[str, Any]:
    """Return a dataclass by its members; most of them are plain, and there are millions."""
    if kind is Row:
        return {
            "file": plain(value.file),
            "line": value.line,
            "tid": value.tid,
            "text": plain(_quoted(value)),
        }
    names = _members(kind)
    found = dict(zip(names, map(getattr, repeat(value), names), strict=True))
    for name, item in found.items():
        if (own := type(item)) not in PLAIN and not (own is str and item.isascii()):
            found[name] = plain(item)
    return found


@cache
def _members(kind: Any) -> tuple[str, ...]:
    """Return the names of a dataclass's fields; empty for another type."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(Answer):
    """An answer that comes down to one word.

    Attributes:
        verdict: that word; ``undetermined``, or of coverage ``unknown``, where the trace does not tell.
    """

    verdict: str

    @property
    def determined(self) -> bool:
        """False when the trace does not tell: the answer's reason says why."""
        return self.verdict not in UNTOLD


class Analyzer(Protocol):
    """One question about a trace.

    Attributes:
        name: the command that asks it.
        question: what a person would ask.
        needs: the syscalls it lives on; a live trace asks for no more than those.
    """

    name: ClassVar[str]
    question: ClassVar[str]
    needs: ClassVar[frozenset[str]]

    def answer(self, trace: Trace) -> Answer:
        """Answer the question from a trace."""
        ...

"""The one place that names the columns of the events.

The stored columns are read from the log; the derived ones are computed from
them when they are asked for (``Trace.column``). The documentation (docs/events.md)
and the files that ``tracekit parse`` writes are generated from these rows.
"""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, pandas dtype, unit (empty when it has none) and meaning."""

    name: str
    dtype: str
    unit: str
    doc: str


STORED = (
    Column("seq", "int64", "", "Number of the event, from 0, in the order in which events began."),
    Column("kind", "category", "", "syscall, signal, exit, attach, detach, exec, note or unparsed."),
    Column("time_ns", "Int64", "ns", "When it began: since the epoch, or since midnight of the log's first "
           "day (-t, -tt), or since the first event (-r). Missing in a log without times."),
    Column("pid", "Int64", "", "Process: the thread group's id (tgid)."),
    Column("pid_known", "bool", "", "True when the log says to which process the task belongs; "
           "False when it was inferred."),
    Column("tid", "Int64", "", "Task (LWP) that made the call. Missing in a log of one task (no -f)."),
    Column("name", "str", "", "Name of the call, signal, or note."),
    Column("args", "str", "", "Arguments as printed; see tracekit.stream.parse_arguments."),
    Column("ret", "Int64", "", "Return value, signed; missing for '?'."),
    Column("ret_text", "str", "", "Everything after '= ', as printed."),
    Column("errno", "str", "", "Symbol of the error, when the call failed."),
    Column("duration_ns", "Int64", "ns", "Time spent in the call (-T)."),
    Column("complete", "bool", "", "False when a half of the call is missing or its line is cut."),
    Column("file", "category", "", "File that the line stands in, as it was given."),
    Column("line", "int64", "", "Line on which the event begins, from 1."),
    Column("end_line", "int64", "", "Line on which it ends; the second half of a split call."),
)  # fmt: skip

REMARKS = (
    Column("column", "Int64", "", "Of a line that could not be read: where reading stopped, from 1."),
    Column("hint", "str", "", "What was expected there; of an incomplete call, what is missing."),
)

ARGUMENTS = Column(
    "arguments", "object", "", "Arguments as typed values (tracekit.events.Value); JSON in a file."
)

DERIVED = (
    Column(
        "fd", "Int64", "", "File descriptor that the call works on, or that it returned when it made one."
    ),
    Column("path", "str", "", "Absolute path that the call names, or that its descriptor is annotated with."),
    Column("peer", "str", "", "Far end of the connection that the call works on, as ADDRESS:PORT."),
    Column("bytes", "Int64", "bytes", "Bytes that a call of the read or write family moved."),
    Column("string", "object", "", "First string argument, as bytes; what was read or written."),
    ARGUMENTS,
)

UNPARSED = (
    Column("file", "str", "", "File that the line stands in."),
    Column("line", "int64", "", "Its number, from 1."),
    Column("column", "int64", "", "Where reading stopped, from 1."),
    Column(
        "text",
        "str",
        "",
        r"The line; what does not show is written out (`\x1b`). Its event's `args` is the raw line.",
    ),
    Column("hint", "str", "", "What was expected there."),
)


class Row(NamedTuple):
    """One event as a light record: the stored columns, with None for what is missing."""

    seq: int
    kind: str
    time_ns: int | None
    pid: int | None
    pid_known: bool
    tid: int | None
    name: str | None
    args: str | None
    ret: int | None
    ret_text: str | None
    errno: str | None
    duration_ns: int | None
    complete: bool
    file: str
    line: int
    end_line: int

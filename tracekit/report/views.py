"""What is shown of each answer: sections, their columns, and how a column is written.

An answer that has no entry here is shown with all its columns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tracekit.report.charts import growth_chart
from tracekit.report.ps import clock
from tracekit.report.trees import task_tree

Record = Mapping[str, Any]

TARGET = 24
"""Columns of the terminal that a request's target keeps at least."""
PATH = 40
"""Columns of the terminal that a path, or a sentence, keeps at least."""
KINDS = ("document", "program", "configuration", "log", "other", "device", "proc", "library")
"""The kinds of files, what a server is asked about first."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        title: its heading.
        value: what of a record stands in it.
        number: True to align it to the right.
        wide: when its text can be long, the columns that it keeps at least: it is folded on a narrow screen.
        rank: 0 for what has to be there; of the others the highest is left out first on a narrow screen.
    """

    title: str
    value: Callable[[Record], Any]
    number: bool = False
    wide: int = 0
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """One table of an answer.

    Attributes:
        title: what stands over it.
        key: which list of the answer it shows.
        columns: its columns; empty for all.
        none: what to say when there are no records; empty to say nothing.
        order: by what to sort the records; None to leave them as they are.
        evidence: True to list below it the calls that bear each record out.
        because: which member of a record says why, in a sentence; it stands before its evidence.
        arrange: makes the records that text shows of the answer; None to show the list as it is.
        drawing: makes lines of the answer, for so many columns, that are shown in place of a table;
            True asks for plain ASCII.
    """

    title: str
    key: str
    columns: tuple[Column, ...] = ()
    none: str = ""
    order: Callable[[Record], int] | None = None
    evidence: bool = False
    because: str = ""
    arrange: Callable[[Record], list[Record]] | None = None
    drawing: Callable[[Record, int, bool], list[str]] | None = None


def field(title: str, key: str, rank: int = 0, *, wide: int = 0) -> Column:
    """Return a column of text."""
    return Column(title, lambda record: record.get(key), wide=wide, rank=rank)


def figure(title: str, key: str, rank: int = 0) -> Column:
    """Return a column of numbers."""
    return Column(title, lambda record: record.get(key), number=True, rank=rank)


def span(title: str, key: str, rank: int = 0) -> Column:
    """Return a column of times, given in ns and shown in ms."""
    return Column(title, lambda record: milliseconds(record.get(key)), number=True, rank=rank)


def milliseconds(ns: int | None) -> str | None:
    """Return nanoseconds as milliseconds with three decimals."""
    return None if ns is None else f"{ns / 1e6:.3f}"


def moment(title: str, key: str, rank: int = 0) -> Column:
    """Return a column of moments, given in ns and shown as the local time of the day."""
    return Column(title, lambda record: clock(record.get(key)), number=True, rank=rank)


def _target(record: Record) -> str | None:
    """Return a request's target, with ``...`` where the trace cuts it; None when none could be read."""
    text = record.get("target")
    return text if text is None or record.get("target_complete") else text + "..."


def _place(record: Record) -> str:
    return f"{record.get('connection')}/{record.get('nth_on_connection')}"


def seconds(title: str, key: str, rank: int = 0) -> Column:
    """Return a column of times, given in ns and shown in seconds, as strace -c does."""
    return Column(title, lambda record: _divided(record.get(key), 1_000_000_000, 6), number=True, rank=rank)


def _divided(number: float | None, by: int, decimals: int) -> str | None:
    return None if number is None else f"{number / by:.{decimals}f}"


def _usecs(record: Record) -> int | None:
    """Return the average of a call in whole microseconds, cut as by strace -c."""
    usecs = record.get("usecs_per_call")
    return None if usecs is None else int(usecs)


def _with_total(answer: Record) -> list[Record]:
    """Return the counts of calls with the sum of them below, as strace -c shows it."""
    total = answer.get("total") or {}
    percent = None if total.get("total_ns") is None else 100.0
    return [*answer.get("calls", ()), {"name": "total", "percent": percent, **total}]


def _top(record: Record) -> str:
    return ", ".join(f"{one['name']} {one['calls']}" for one in record.get("top") or ())


def _slowest(record: Record) -> int:
    """Order requests by what their calls took, without the read of the head, which may be a wait."""
    return (record.get("head_ns") or 0) - (record.get("total_ns") or 0)


def _spreads(answer: Record) -> list[Record]:
    """Return the percentiles of dispatch's two spans of time, as far as they are known."""
    spans = (("queued", answer.get("queue_ns")), ("served", answer.get("service_ns")))
    return [{"span": name, **known} for name, known in spans if known and known["max"] is not None]


def _rank(record: Record) -> int:
    kind = record.get("kind")
    return KINDS.index(kind) if kind in KINDS else len(KINDS)


VIEWS: dict[str, tuple[Section, ...]] = {
    "docroot": (
        Section(
            "Document roots",
            "docroots",
            (
                field("path", "path", wide=PATH),
                field("host", "host"),
                field("listener", "listen", 3),
                figure("requests", "requests", 2),
                figure("confidence", "confidence", 1),
            ),
            evidence=True,
            because="reason",
        ),
        Section(
            "Served from elsewhere",
            "aliases",
            (
                field("url", "url", wide=PATH),
                field("path", "path", wide=PATH),
                field("kind", "kind", 1),
                figure("requests", "requests", 2),
            ),
            evidence=True,
        ),
        Section(
            "Many targets, one file",
            "rewrites",
            (
                field("path", "path", wide=PATH),
                field("targets", "targets", 1, wide=PATH),
                figure("requests", "requests", 2),
            ),
            evidence=True,
        ),
        Section(
            "Undetermined",
            "undetermined",
            (
                field("host", "host"),
                field("listener", "listen", 2),
                figure("requests", "requests", 1),
                field("because", "reason", wide=PATH),
            ),
        ),
    ),
    "files": (
        Section(
            "Files",
            "files",
            none="The trace shows no file that was opened.",
            order=_rank,
            columns=(
                field("path", "path", wide=PATH),
                field("kind", "kind"),
                field("outside", "outside", 4),
                figure("opens", "opens"),
                figure("failed", "failures"),
                figure("read", "bytes_read", 1),
                figure("mapped", "bytes_mapped", 2),
                figure("written", "bytes_written", 1),
                field("changes", "changes", 4),
                Column("processes", lambda record: len(record.get("pids") or ()), number=True, rank=3),
                Column("requests", lambda record: len(record.get("requests") or ()), number=True, rank=2),
            ),
        ),
    ),
    "dispatch": (
        Section(
            "Requests (pid is the process; accepted, served and closed by: its threads)",
            "requests",
            columns=(
                figure("id", "id"),
                field("client", "client", 4),
                Column("conn/req", _place, number=True, rank=5),
                field("method", "method", 2),
                Column("target", _target, wide=TARGET),
                field("host", "host", 7),
                figure("status", "status", 1),
                figure("bytes", "bytes", 8),
                figure("pid", "pid"),
                figure("accepted by", "accept_tid"),
                figure("served by", "serve_tid"),
                field("handed over", "handover", 6),
                figure("closed by", "close_tid", 3),
                span("queued ms", "queue_ns", 6),
                span("served ms", "service_ns", 6),
            ),
        ),
        Section(
            "Threads that accepted connections or served requests",
            "threads",
            (
                figure("pid", "pid"),
                figure("tid", "tid"),
                figure("accepted", "accepted"),
                figure("requests", "requests"),
            ),
        ),
        Section(
            "How long requests took",
            "service_ns",
            (
                field("ms", "span"),
                *(span(title, title) for title in ("p50", "p90", "p99", "max")),
            ),
            arrange=_spreads,
        ),
    ),
    "mpm": (
        Section(
            "What shows it",
            "findings",
            (field("finding", "finding", wide=PATH),),
            evidence=True,
        ),
        Section(
            "Processes",
            "members",
            (
                figure("pid", "pid"),
                field("role", "role"),
                figure("threads", "threads"),
                figure("accepted", "accepted"),
                figure("served", "served"),
            ),
        ),
    ),
    "tasks": (
        Section(
            "Processes, each with its {threads}, below the one that made it",
            "processes",
            (
                field("task", "task"),
                field("role", "role"),
                figure("threads", "nlwp", 3),
                field("user", "user", 4),
                moment("started", "started_ns", 5),
                moment("ended", "ended_ns", 6),
                field("end", "exit", 2),
                field("command", "command", 1, wide=TARGET),
            ),
            arrange=task_tree,
        ),
    ),
    "scaling": (
        Section("Over time", "timeline", drawing=growth_chart),
        Section(
            "Steps",
            "steps",
            (
                moment("time", "time_ns"),
                figure("processes", "processes"),
                figure("came", "started"),
                figure("went", "ended"),
            ),
        ),
        Section(
            "Processes that were made",
            "spawns",
            (moment("time", "time_ns"), figure("parent", "parent"), figure("pid", "pid")),
        ),
    ),
    "crashes": (
        Section(
            "Crashes",
            "crashes",
            (
                moment("time", "time_ns", 4),
                figure("pid", "pid"),
                field("signal", "signal"),
                figure("culprit", "culprit_tid"),
                field("victims", "victims", 1, wide=TARGET),
                field("survivors", "survivors", 2, wide=TARGET),
                figure("replaced by", "replacement_pid", 1),
                field("requests lost", "requests_lost", 3, wide=TARGET),
                figure("connections lost", "connections_lost", 5),
            ),
            none="The trace shows no process that crashed.",
            evidence=True,
            because="reason",
        ),
        Section(
            "Other ends of the server's processes",
            "exits",
            (
                moment("time", "time_ns", 2),
                figure("pid", "pid"),
                field("role", "role", 1),
                field("end", "exit"),
                field("because", "because"),
            ),
        ),
    ),
    "coverage": (
        Section(
            "What the trace does not show",
            "gaps",
            (
                field("kind", "kind"),
                field("loss", "loss"),
                field("what", "what", wide=PATH),
                figure("count", "count", 3),
                field("answers that suffer", "effect", 2, wide=TARGET),
                field("next time", "hint", 1, wide=TARGET),
            ),
            none="Nothing is missing that could be told.",
            evidence=True,
        ),
    ),
    "security": (
        Section(
            "What requests reached or tried to",
            "findings",
            (
                field("kind", "kind"),
                field("severity", "severity", 3),
                figure("request", "request"),
                field("client", "client", 4),
                field("target", "target", 1, wide=TARGET),
                field("path", "path", wide=TARGET),
                field("what", "what", 2, wide=TARGET),
                figure("count", "count", 5),
            ),
            evidence=True,
        ),
    ),
    "summary": (
        Section(
            "Calls",
            "calls",
            columns=(
                Column("% time", lambda record: _divided(record.get("percent"), 1, 2), number=True),
                seconds("seconds", "total_ns"),
                Column("usecs/call", _usecs, number=True),
                figure("calls", "calls"),
                figure("errors", "errors"),
                field("syscall", "name"),
            ),
            arrange=_with_total,
        ),
        Section(
            "Threads",
            "threads",
            columns=(
                figure("tid", "tid"),
                figure("pid", "pid", 1),
                seconds("seconds", "total_ns"),
                figure("calls", "calls"),
                figure("errors", "errors"),
                Column("most of it", _top, wide=PATH, rank=2),
            ),
        ),
        Section(
            "Requests, the slowest first: the serving thread's calls from reading the head to the last write",
            "requests",
            order=_slowest,
            columns=(
                figure("id", "id"),
                field("method", "method", 2),
                Column("target", _target, wide=TARGET),
                figure("served by", "serve_tid"),
                seconds("seconds", "total_ns"),
                seconds("read of the head", "head_ns", 1),
                figure("calls", "calls"),
                figure("errors", "errors"),
            ),
        ),
    ),
    "events": (
        Section(
            "The first events",
            "events",
            columns=(
                figure("line", "line", 2),
                figure("tid", "tid", 1),
                field("kind", "kind", 3),
                field("name", "name"),
                field("args", "args", wide=PATH),
                field("returned", "ret_text", 1),
            ),
        ),
    ),
}
"""The views that are made for one answer, and for the events themselves."""


def sections(answer: Record) -> tuple[Section, ...]:
    """Return the sections of an answer: those of its view, or one for each list of records in it."""
    view = VIEWS.get(answer_name(answer))
    if view is not None:
        return view
    lists = [key for key, value in answer.items() if _is_records(value)]
    return tuple(Section(key.replace("_", " ").capitalize(), key) for key in lists)


def columns(section: Section, records: list[Record]) -> tuple[Column, ...]:
    """Return the columns of a section; all of the records' members where it names none."""
    if section.columns:
        return section.columns
    keys = dict.fromkeys(key for record in records for key in record if key != "evidence")
    return tuple(
        figure(key, key) if _all_numbers(key, records) else field(key, key, wide=PATH) for key in keys
    )


def answer_name(answer: Record) -> str:
    """Return ``docroot`` for the schema ``tracekit.docroot/1``."""
    return str(answer.get("schema", "")).partition(".")[2].partition("/")[0]


def scalars(answer: Record) -> dict[str, Any]:
    """Return the members of an answer that are no lists or records, without its schema."""
    return {
        key: value for key, value in answer.items() if key != "schema" and not isinstance(value, list | dict)
    }


def text_of(value: Any) -> str:
    """Return a value as one line of text; lists with blanks between, records as ``key=value``."""
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(text_of(item) for item in value)
    if isinstance(value, Mapping):
        return ",".join(f"{key}={text_of(item)}" for key, item in value.items())
    return str(value)


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _all_numbers(key: str, records: list[Record]) -> bool:
    return all(isinstance(record.get(key), int | float | None) for record in records)

"""Calls counted, as ``strace -c`` shows them."""

from typing import Final

from tracekit.report.columns import (
    PATH,
    TARGET,
    Column,
    Record,
    Section,
    divided,
    field,
    figure,
    seconds,
    target,
)


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


SUMMARY: Final[tuple[Section, ...]] = (
    Section(
        "Calls",
        "calls",
        columns=(
            Column("% time", lambda record: divided(record.get("percent"), 1, 2), number=True),
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
            Column("target", target, wide=TARGET),
            figure("served by", "serve_tid"),
            seconds("seconds", "total_ns"),
            seconds("read of the head", "head_ns", 1),
            figure("calls", "calls"),
            figure("errors", "errors"),
        ),
    ),
)

"""Requests, and the threads that served them."""

from typing import Final

from tracekit.report.columns import TARGET, Column, Record, Section, field, figure, span, target


def _place(record: Record) -> str:
    return f"{record.get('connection')}/{record.get('nth_on_connection')}"


def _spreads(answer: Record) -> list[Record]:
    """Return the percentiles of dispatch's two spans of time, as far as they are known."""
    spans = (("queued", answer.get("queue_ns")), ("served", answer.get("service_ns")))
    return [{"span": name, **known} for name, known in spans if known and known["max"] is not None]


DISPATCH: Final[tuple[Section, ...]] = (
    Section(
        "Requests (pid is the process; accepted, served and closed by: its threads)",
        "requests",
        columns=(
            figure("id", "id"),
            field("client", "client", 4),
            Column("conn/req", _place, number=True, rank=5),
            field("method", "method", 2),
            Column("target", target, wide=TARGET),
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
)

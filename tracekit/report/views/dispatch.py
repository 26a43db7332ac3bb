"""Requests, and the threads that served them."""

from collections.abc import Callable
from typing import Final

from tracekit.report.columns import PATH, TARGET, Column, Record, Section, field, figure, span, target


def _place(record: Record) -> str:
    return f"{record.get('connection')}/{record.get('nth_on_connection')}"


def _counts(of: str) -> Callable[[Record], list[Record]]:
    """Return what makes records of one of the answer's counts, the highest first."""

    def records(answer: Record) -> list[Record]:
        counts = sorted((answer.get(of) or {}).items(), key=lambda pair: -pair[1])
        return [{"what": what, "requests": count} for what, count in counts]

    return records


def _spreads(answer: Record) -> list[Record]:
    """Return the percentiles of dispatch's two spans of time, as far as they are known."""
    spans = (("queued", answer.get("queue_ns")), ("served", answer.get("service_ns")))
    return [{"span": name, **known} for name, known in spans if known and known["max"] is not None]


DISPATCH: Final[tuple[Section, ...]] = (
    Section(
        "Requests (pid is the process; accept, serve and close: the threads that did)",
        "requests",
        columns=(
            figure("id", "id"),
            field("client", "client", 6),
            Column("conn/req", _place, number=True, rank=7),
            field("method", "method", 2),
            Column("target", target, wide=TARGET),
            field("host", "host", 8),
            figure("status", "status", 1),
            figure("bytes", "bytes", 9),
            figure("pid", "pid"),
            figure("accept", "accept_tid"),
            figure("serve", "serve_tid"),
            figure("close", "close_tid", 3),
            field("handover", "handover", 4),
            span("queued ms", "queue_ns", 5),
            span("served ms", "service_ns", 5),
            field("files", "files", 10, wide=PATH),
        ),
    ),
    Section(
        "Threads that took part (fairness is 1 where all that served did equally much)",
        "threads",
        (
            figure("pid", "pid"),
            figure("tid", "tid"),
            figure("accepted", "accepted"),
            figure("requests", "requests"),
        ),
    ),
    Section(
        "How connections came from the one thread to the other",
        "handovers",
        (field("handover", "what"), figure("requests", "requests")),
        arrange=_counts("handovers"),
    ),
    Section(
        "What was answered",
        "statuses",
        (field("status", "what"), figure("requests", "requests")),
        arrange=_counts("statuses"),
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

"""The log itself: lines that cannot be read, halves of calls that are missing, times that it has not."""

from collections.abc import Iterator
from typing import Final

from tracekit.analyzers.answer import counted
from tracekit.analyzers.gaps.gap import ALL, DETAIL, MISSING, POSSIBLE, TIMES, WHO, Gap
from tracekit.analyzers.gaps.select import called, chosen, events_of
from tracekit.events import Row, Trace

OWN_FILE: Final = "write the trace to a file of its own (-o FILE), and keep it whole"
TIMED: Final = "-ttt -T"


def unreadable(trace: Trace) -> Iterator[Gap]:
    """Yield lines and calls that were lost on the way."""
    lost = len(trace.unparsed)
    if lost:
        first = trace.unparsed.iloc[0]
        what = (
            f"{counted(lost, 'line')} could not be read; the first is line {first['line']} of {first['file']}"
        )
        yield Gap("unreadable", MISSING, what, lost, ALL, OWN_FILE)
    cut = _cut_ends(trace)
    if cut:
        what = f"the last line of {counted(len(cut), 'file')} is cut: what came after it is not there"
        yield Gap("end", POSSIBLE, what, len(cut), ALL, OWN_FILE, tuple(cut))
    if trace.incomplete > len(cut):
        what = f"{counted(trace.incomplete, 'call lacks', 'calls lack')} a half, or the line is cut"
        yield Gap("unreadable", MISSING, what, trace.incomplete, ALL, OWN_FILE)


def _cut_ends(trace: Trace) -> list[Row]:
    """Return the calls that stand in the last line of a file and are cut there."""
    events = trace.events
    if not trace.incomplete:
        return []
    last = events["end_line"] == events.groupby("file", observed=True)["end_line"].transform("max")
    begun = events["end_line"] == events["line"]
    return chosen(trace, last & begun & ~events["complete"] & (events["kind"] == "syscall"))[
        : trace.incomplete
    ]


def untimed(trace: Trace) -> Iterator[Gap]:
    """Yield what cannot be told for want of times: an order across files, moments, durations."""
    events = trace.events
    calls = events.loc[events["kind"] == "syscall", ["time_ns", "duration_ns", "complete"]]
    if not trace.ordered:
        what = f"{len(trace.files)} files have no clock in common: calls are in order within each alone"
        yield Gap("order", DETAIL, what, len(trace.files), (*WHO, "docroot"), "-ttt, which can be merged")
    if not len(calls):
        return
    if calls["time_ns"].isna().all():
        yield Gap("times", DETAIL, "calls have no times", None, TIMES, TIMED)
    elif not any("-ttt" in parts for parts in trace.layouts.values()):
        what = "times have no date: moments cannot be compared with other logs"
        yield Gap("times", DETAIL, what, None, ("dispatch", "scaling"), TIMED)
    ended = calls["complete"]
    if ended.any() and calls["duration_ns"][ended].isna().all():
        yield Gap("times", DETAIL, "calls have no durations", None, TIMES, TIMED)


def invisible(trace: Trace) -> Iterator[Gap]:
    """Yield what no trace of calls shows: what a program has done by other means than calls."""
    for names, loss, what, effect, hint in INVISIBLE:
        rows = called(trace, names)
        if rows:
            yield Gap(
                "invisible",
                loss,
                f"{counted(len(rows), 'call')}: {what}",
                len(rows),
                effect,
                hint,
                tuple(rows),
            )
    odd = events_of(trace, "note", "personality")
    if odd:
        what = "a task changes to another set of calls (32 bit): numbers and structures are those of that"
        yield Gap("invisible", DETAIL, what, len(odd), ("summary",), "", tuple(odd))


INVISIBLE: Final = (
    (
        ("io_uring_enter",),
        MISSING,
        "what is done through io_uring (reads, writes, accepts) makes no call of its own",
        ("docroot", "files", "dispatch", "mpm"),
        "turn io_uring off in the server while it is traced",
    ),
    (
        ("seccomp",),
        DETAIL,
        "the program filters its own calls (seccomp): some may be answered without being made",
        ("summary",),
        "",
    ),
    (
        ("ptrace",),
        DETAIL,
        "the program traces others itself: those cannot be traced by us at the same time",
        WHO,
        "",
    ),
)
"""Calls after which there is more than calls: how bad that is, what is not seen, what suffers, what helps."""

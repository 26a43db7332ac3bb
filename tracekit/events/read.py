"""Reading a whole trace into memory."""

import json
from collections.abc import Iterable
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

from tracekit.errors import UnreadableError
from tracekit.events.collection import without_collection
from tracekit.events.groups import infer_groups
from tracekit.events.sources import NOT_A_TRACE, Source, find_sources, read_blocks
from tracekit.events.trace import Trace
from tracekit.stream import IN_PROGRESS, Event, Reader, read_block
from tracekit.stream.clock import SECOND
from tracekit.stream.forms import Form, Says
from tracekit.stream.leader import Layout
from tracekit.stream.rows import KINDS, MISSING, Rows

TraceInput = str | Path
"""A file, ``-``, a folder, or the prefix of ``-ff`` files."""


CLOCKS = {"-ttt", "-t"}
"""Parts of a leader that tell the same time in every file of a run."""
NO_CLOCK = (
    "the files have no times that put them in one order (-ttt does), so their events stand one file "
    "after another, and what tasks did for one another is not known"
)


PATIENCE = 100_000
"""Lines after which a file of which none reads as strace's is read no further: it may be endless."""


class Log(NamedTuple):
    """One file, read."""

    source: Source
    rows: Rows
    lines: int
    layout: Layout


@without_collection()
def read_trace(source: TraceInput | Iterable[TraceInput]) -> Trace:
    """Read a trace: one log, or several of one run, merged by time.

    Args:
        source: a path or several: a file (plain, .gz, .xz, .zst), ``-`` for standard input, a folder
            of ``strace -ff`` files, or their prefix.

    Raises:
        UnreadableError: a file is missing, may not be read, is empty, or is no trace at all. Single
            lines that cannot be read are counted in the trace instead.
    """
    given = [source] if isinstance(source, str | Path) else list(source)
    logs = [read_log(each) for each in find_sources(str(name) for name in given)]
    warnings: list[str] = []
    traces = _traces(logs, warnings)
    from tracekit.events.columns import columns_of  # noqa: PLC0415 - numpy comes with it
    from tracekit.events.table import events_table, unparsed_table  # noqa: PLC0415 - and pandas

    columns = columns_of([log.rows for log in traces])
    events = list(columns.events())
    ordered = len(traces) == 1 or _share_a_clock(traces)
    if not ordered:
        warnings.append(NO_CLOCK)
    groups = infer_groups(events, ordered=ordered)
    unparsed = unparsed_table(columns)
    lacking = [odd.hint in IN_PROGRESS for odd in columns.odd.values() if not odd.complete]
    warnings += _lost(len(unparsed), lacking.count(False))
    return Trace(
        events=events_table(columns, groups),
        files=[log.source.name for log in traces],
        lines=sum(log.lines for log in traces),
        calls=sum(form.says not in KINDS for form in columns.forms),
        unparsed=unparsed,
        incomplete=lacking.count(False),
        in_progress=lacking.count(True),
        warnings=[*warnings, *groups.reasons],
        layout="; ".join(dict.fromkeys(str(log.layout) for log in traces)),
        ordered=ordered,
        processes=_processes(events),
    )


def read_log(source: Source) -> Log:
    """Read one file; the head of one that is no trace.

    Raises:
        UnreadableError: it cannot be read.
    """
    reader = Reader(source.name, source.tid)
    is_trace = False
    for block in read_blocks(source):
        read_block(reader, block)
        is_trace = is_trace or _is_trace(reader.rows.forms)
        if reader.lines >= PATIENCE and not is_trace:
            break
    reader.finish()
    return Log(source, reader.rows, reader.lines, reader.layout)


def _traces(logs: list[Log], warnings: list[str]) -> list[Log]:
    """Return the logs that are traces; among several, others are left out with a warning.

    Raises:
        UnreadableError: none is.
    """
    traces = [log for log in logs if _is_trace(log.rows.forms)]
    if not traces:
        name = logs[0].source.name
        if not any(log.lines for log in logs):
            raise UnreadableError(f"{name} is empty", "let strace run for longer, or give another file")
        raise UnreadableError(f"{name} is no trace: no line of it reads as strace's output", NOT_A_TRACE)
    warnings += [
        f"{log.source.name} was left out: it is no trace" for log in logs if not _is_trace(log.rows.forms)
    ]
    return traces


def _is_trace(forms: Iterable[Form]) -> bool:
    return any(form.says not in (Says.NOTHING, Says.NOTE) or _is_header(form) for form in forms)


def _is_header(form: Form) -> bool:
    return form.says is Says.NOTE and (form.args or "").startswith("{")


def _share_a_clock(logs: list[Log]) -> bool:
    """Tell whether the times of several logs put their calls in one order.

    Those of ``-r`` begin anew in each file, and whole seconds leave too much open.
    """
    calls = [[form.says not in KINDS for form in log.rows.forms] for log in logs]
    clocks = {
        frozenset(CLOCKS & set(log.layout.parts))
        for log, of_calls in zip(logs, calls, strict=True)
        if any(of_calls)
    }
    times = [
        time for log, of_calls in zip(logs, calls, strict=True) for time in compress(log.rows.times, of_calls)
    ]
    precise = MISSING not in times and any(time % SECOND for time in times)
    return len(clocks) == 1 and all(clocks) and precise


def _lost(unparsed: int, incomplete: int) -> list[str]:
    lost = []
    if unparsed:
        lost.append(f"{unparsed} lines could not be read")
    if incomplete:
        lost.append(
            f"{incomplete} calls are incomplete: a half of them is not in the log, or their line is cut"
        )
    return lost


def _processes(events: list[Event]) -> dict[int, dict[str, Any]]:
    """Return the facts of ``# tracekit process`` notes by pid; later ones add to earlier ones."""
    facts: dict[int, dict[str, Any]] = {}
    for event in events:
        if event.kind == "note" and event.name == "process" and event.args:
            said = json.loads(event.args)
            if type(pid := said.get("pid")) is int:
                facts[pid] = facts.get(pid, {}) | said
    return facts

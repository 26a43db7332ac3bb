"""Reading a whole trace into memory."""

import json
from collections.abc import Iterable
from contextlib import closing
from typing import Any

from tracekit.events.collection import without_collection
from tracekit.events.logs import Progress, TraceInput, open_logs
from tracekit.events.trace import Trace
from tracekit.stream import IN_PROGRESS
from tracekit.stream.forms import Form, Says
from tracekit.stream.notes import PREFIX
from tracekit.stream.rows import KINDS


@without_collection()
def read_trace(
    source: TraceInput | Iterable[TraceInput], *, jobs: int | None = None, progress: Progress | None = None
) -> Trace:
    """Read a trace: one log, or several of one run, merged by time.

    Args:
        source: a path or several: a file (plain, .gz, .xz, .zst), ``-`` for standard input, a folder
            of ``strace -ff`` files, their prefix, or a pattern.
        jobs: how many processes read; as many as there are cores, if that is worth it, when None. The
            events are the same.
        progress: is called now and then.

    Raises:
        UnreadableError: a file is missing, may not be read, is empty, or is no trace at all. Single
            lines that cannot be read are counted in the trace instead, and a packed file that was cut,
            or is damaged, is read so far, with a warning.
    """
    from tracekit.events.groups import infer_groups  # noqa: PLC0415 - numpy comes with it
    from tracekit.events.merge import whole  # noqa: PLC0415
    from tracekit.events.table import events_table, unparsed_table  # noqa: PLC0415 - and pandas

    logs = open_logs(source, jobs)
    with closing(logs.workers):
        columns = whole(logs, progress)
    groups = infer_groups(columns, ordered=logs.ordered)
    unparsed = unparsed_table(columns)
    lacking = [odd.hint in IN_PROGRESS for odd in columns.odd.values() if not odd.complete]
    return Trace(
        events=events_table(columns, groups),
        files=[log.name for log in logs.logs],
        lines=sum(log.reader.lines for log in logs.logs),
        calls=sum(form.says not in KINDS for form in columns.forms),
        unparsed=unparsed,
        incomplete=lacking.count(False),
        in_progress=lacking.count(True),
        warnings=[
            *logs.warnings,
            *logs.meter.warnings(),
            *_lost(len(unparsed), lacking.count(False)),
            *groups.reasons,
        ],
        layout="; ".join(dict.fromkeys(str(log.reader.layout) for log in logs.logs)),
        layouts={log.name: log.reader.layout.parts for log in logs.logs},
        ordered=logs.ordered,
        processes=_processes(columns.forms),
    )


def _lost(unparsed: int, incomplete: int) -> list[str]:
    lost = []
    if unparsed:
        lost.append(f"{unparsed} lines could not be read")
    if incomplete:
        lost.append(
            f"{incomplete} calls are incomplete: a half of them is not in the log, or their line is cut"
        )
    return lost


def _processes(forms: Iterable[Form]) -> dict[int, dict[str, Any]]:
    """Return the facts of ``# tracekit process`` notes by pid; later ones add to earlier ones."""
    facts: dict[int, dict[str, Any]] = {}
    for form in forms:
        if form.says is Says.NOTE and form.rest == PREFIX and form.name == "process" and form.args:
            said = json.loads(form.args)
            if type(pid := said.get("pid")) is int:
                facts[pid] = facts.get(pid, {}) | said
    return facts

"""Lines in a log that are not strace's own: what the traced program wrote to the same terminal.

Without ``-o``, strace and the program share standard error, and a server may print there what a client sent:
lines that look like calls. But there strace tells of every task when it begins to trace it
(``strace: Process N attached``).
"""

from tracekit.events import Trace
from tracekit.syscalls.families import doing

BEGINNINGS = frozenset(doing("execs"))


def foreign_tasks(trace: Trace) -> frozenset[int]:
    """Return the tasks that strace never began to trace, in a log in which it says when it does.

    That is so of a log that begins with such a note or with an execve, and has a note; a log that was cut
    at its beginning tells nothing. A task that a call is seen to make is strace's, too.
    """
    events = trace.events
    attached = events.loc[events["kind"] == "attach", "tid"].dropna()
    if attached.empty or trace.processes or len(trace.files) != 1:
        return frozenset()
    first = next(trace.rows())
    if first.tid is None or (first.kind != "attach" and first.name not in BEGINNINGS):
        return frozenset()
    calls = events[events["name"].isin(list(doing("forks"))) & (events["kind"] == "syscall")]
    known = {*attached.tolist(), *calls["ret"].dropna().tolist(), first.tid}
    return frozenset(set(events["tid"].dropna().unique().tolist()) - known)

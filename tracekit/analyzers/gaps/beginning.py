"""How a trace begins and ends: with the program itself, or in the middle of its life."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from tracekit.analyzers.answer import counted
from tracekit.analyzers.gaps.gap import ALL, DETAIL, MISSING, POSSIBLE, WHO, Gap
from tracekit.analyzers.gaps.select import chosen, note, places
from tracekit.events import Row, Trace

EXECS: Final = ("execve", "execveat")
LAUNCH: Final = "start the program under the tracer (tracekit run -f -- PROGRAM), or attach to all of it"
COMPLETE: Final = frozenset({"--port", "--name"})
"""Options of tracekit that take every process which holds a socket, or has a name."""


def launched(trace: Trace) -> Row | None:
    """Return the execve that a trace begins with; None when what it shows ran before."""
    firsts = np.flatnonzero(trace.events["kind"] == "syscall")
    if not trace.ordered:
        firsts = firsts[~trace.events["file"].iloc[firsts].duplicated().to_numpy()]
    heads = chosen(trace, firsts[:1] if trace.ordered else np.intersect1d(firsts, places(trace, EXECS)))
    return next((row for row in heads if row.name in EXECS and row.ret == 0), None)


def beginning(trace: Trace) -> Iterator[Gap]:
    """Yield what a trace that does not begin with the program cannot show."""
    if not trace.calls or launched(trace) is not None:
        return
    unseen = _parents(trace)
    if unseen is not None:
        why, hint = unseen
        yield Gap("beginning", POSSIBLE, why, None, WHO, hint)
    what = "what happened before the trace began (files opened, sockets made, connections) is not in it"
    yield Gap("beginning", DETAIL, what, None, ("docroot", "files", "dispatch", "tasks"), LAUNCH)


def _parents(trace: Trace) -> tuple[str, str] | None:
    """Return why tasks may be missing that ran before the trace began, and what to do next time.

    None when all were attached to.
    """
    said = note(trace, "trace")
    argv = said.get("argv")
    words = {str(word).partition("=")[0] for word in argv} if isinstance(argv, list) else set()
    if not note(trace, "end"):
        who = "its parent, its children and its siblings" if not said else "others"
        return (
            f"the trace begins with tasks that ran before: whether {who} were attached to is not shown",
            LAUNCH,
        )
    facts = trace.processes
    tops = [said for said in facts.values() if said.get("ppid") not in facts]
    if words & COMPLETE or all(said.get("ppid") in (0, 1) for said in tops):
        return None
    pid, parent = tops[0].get("pid"), tops[0].get("ppid")
    why = f"the parent of process {pid} ({parent}) was not traced: whether it has other children is not shown"
    return why, f"trace it and all that it made: --tree -p {parent}"


def end(trace: Trace) -> Iterator[Gap]:
    """Yield what is missing at the end: tasks that were alive when the log breaks off."""
    final = note(trace, "end")
    for key, says in ENDS.items():
        if isinstance(final.get(key), int) and final[key]:
            loss = MISSING if key != "cut" else DETAIL
            yield Gap("end", loss, counted(final[key], *says), final[key], ALL, "")
    if note(trace, "trace") and not final and not _over(trace):
        what = "the trace has no last line: the tracer was ended by force, or the disk was full"
        yield Gap("end", MISSING, what, None, ALL, "end tracing with Ctrl-C")
    elif not note(trace, "trace") and launched(trace) and not _over(trace):
        what = "the program was started under the tracer, and the trace ends before it does"
        yield Gap("end", DETAIL, what, None, ("tasks", "crashes"), "end the program, not its tracer")


ENDS: Final[dict[str, tuple[str, str]]] = {
    "unwritten": (
        "line may not be in the file: it could not be written",
        "lines may not be in the file: it could not be written",
    ),
    "left": (
        "task was left to the kernel before the tracer could let it go",
        "tasks were left to the kernel before the tracer could let them go",
    ),
    "unseen": (
        "call ended with its task, so what it did is not known",
        "calls ended with their tasks, so what they did is not known",
    ),
    "cut": ("call was still running when tracing ended", "calls were still running when tracing ended"),
}
"""What the last line of tracekit's own counts, and what one of it means, and several."""


def _over(trace: Trace) -> bool:
    """Tell whether every task that is in the trace ended in it, or was let go."""
    events: Any = trace.events
    begun = set(events["tid"][events["kind"] == "syscall"].dropna().unique().tolist())
    ended = set(events["tid"][events["kind"].isin(["exit", "exec", "detach"])].dropna().unique().tolist())
    return bool(ended) and (begun <= ended or not begun)

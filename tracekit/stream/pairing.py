"""Halves of calls, put together: a state machine for each task, its transitions as data.

A task is in a call or it is not; each line about it is one input. Nothing here
reads text or files. The event of a split call is made when its first half
comes and filled when the second does, so it keeps its place.
"""

from collections.abc import Callable
from typing import NamedTuple

from tracekit.stream.event import Event, Kind
from tracekit.stream.forms import Form, Says

ORPHAN = "the first half of this call is not in the log"
NO_END = "the log ends before this call returned"
OVERTAKEN = "another call of this task began before this one returned"
TASK_GONE = "the task ended in this call"
TAKEN_OVER = "an execve in another thread ended this call"
LET_GO = "strace detached from the task in this call"
BAD_END = "the second half of this call does not fit the first"
LATE_END = "this call ran on for longer than events are held back; its end is an event of its own"

IN_PROGRESS = frozenset({NO_END, TASK_GONE, LET_GO})
"""Hints of calls that lack an end because there was none: nothing of the log is missing."""

KINDS: dict[Says, Kind] = {
    Says.SIGNAL: "signal",
    Says.GONE: "exit",
    Says.SUPERSEDED: "exec",
    Says.ATTACHED: "attach",
    Says.DETACHED: "detach",
    Says.NOTE: "note",
    Says.NOTHING: "unparsed",
}


class Line(NamedTuple):
    """Where and when a line was written, and by which task."""

    file: str
    number: int
    tid: int | None
    time_ns: int | None
    duration_ns: int | None


Join = Callable[[str], Form]
"""Reads a first half and a second half that stand in one text."""


class Pairing:
    """Which call each task is in."""

    def __init__(self, join: Join) -> None:
        """Start with every task outside of calls."""
        self._join = join
        self._open: dict[int | None, tuple[Event, str]] = {}

    def step(self, line: Line, form: Form) -> Event | None:
        """Take one line in; return the event to add, or None when it completed an earlier one."""
        says = form.says
        inside = self._open.get(line.tid)
        if inside and says is Says.END and form.name != inside[0].name and form.name != "???":
            says = Says.OTHER_END
        before, action = TRANSITIONS[inside is not None, says]
        if before:
            self.give_up(line.tid, before)
        return action(self, line, form)

    def rename(self, before: int | None, after: int) -> None:
        """Tell that what was said of one tid was about another."""
        if before in self._open:
            self._open[after] = self._open.pop(before)
            if before is None:
                self._open[after][0].tid = after

    def give_up(self, tid: int | None, hint: str) -> None:
        """Tell that the call a task is in will not be completed."""
        if inside := self._open.pop(tid, None):
            inside[0].hint = hint

    def release(self, event: Event) -> None:
        """Tell that an event is taken although its call has not returned."""
        for tid, (opened, _) in list(self._open.items()):
            if opened is event:
                self.give_up(tid, LATE_END)

    def finish(self) -> None:
        """Tell that the log is over."""
        for tid in list(self._open):
            self.give_up(tid, NO_END)

    def begin(self, line: Line, form: Form) -> Event:
        """Open a call."""
        event = event_of(line, form)
        event.complete = False
        self._open[line.tid] = (event, f"{form.name}({form.rest}")
        return event

    def move(self, line: Line, form: Form) -> Event:
        """The caller goes on as ``form.ret``; a call open there ends with the line that says so."""
        event = self.begin(line, form)
        if form.ret is not None and form.ret not in self._open:
            self.rename(line.tid, form.ret)
        return event

    def end(self, line: Line, form: Form) -> None:
        """Complete the open call."""
        event, text = self._open.pop(line.tid)
        whole = self._join(text + form.rest)
        event.end_line, event.duration_ns = line.number, line.duration_ns
        if whole.says is Says.CALL:
            fill(event, whole)
        elif whole.says is Says.BEGIN:
            self._open[line.tid] = (event, f"{whole.name}({whole.rest}")
        else:
            event.hint = LET_GO if whole.says is Says.LEAVE else BAD_END

    def orphan(self, line: Line, form: Form) -> Event:
        """Add a second half whose first is unknown."""
        event = event_of(line, form)
        whole = self._join(f"{form.name}({form.rest}")
        fill(event, whole if whole.says is Says.CALL else form)
        event.complete, event.hint = False, ORPHAN
        return event

    def leave(self, line: Line, form: Form) -> Event:
        """Add a call that strace will not see the end of."""
        event = event_of(line, form)
        event.complete, event.hint = False, LET_GO
        return event

    def supersede(self, line: Line, form: Form) -> Event:
        """The thread that called execve goes on with this task's tid; see execve(2) and ptrace(2)."""
        former = int(form.args or 0)
        if former in self._open:
            self._open[line.tid] = self._open.pop(former)
        return event_of(line, form)

    def add(self, line: Line, form: Form) -> Event:
        """Add an event that changes nothing."""
        return event_of(line, form)


def event_of(line: Line, form: Form) -> Event:
    """Return the event of one line by itself."""
    file, number, tid, time_ns, duration_ns = line
    says, name, args, ret, ret_text, errno, _ = form
    kind = KINDS.get(says, "syscall")
    return Event(kind, number, number, file, time_ns, tid, name, args, ret, ret_text, errno, duration_ns)


def fill(event: Event, form: Form) -> None:
    """Put the parts of a whole call into its event."""
    _, _, event.args, event.ret, event.ret_text, event.errno, _ = form
    event.complete = True


Action = Callable[[Pairing, Line, Form], Event | None]

# (in a call?, what the line says): why the open call is given up ("" keeps it), what is done then
TRANSITIONS: dict[tuple[bool, Says], tuple[str, Action]] = {
    (False, Says.CALL): ("", Pairing.add),
    (True, Says.CALL): (OVERTAKEN, Pairing.add),
    (False, Says.BEGIN): ("", Pairing.begin),
    (True, Says.BEGIN): (OVERTAKEN, Pairing.begin),
    (False, Says.MOVE): ("", Pairing.move),
    (True, Says.MOVE): (OVERTAKEN, Pairing.move),
    (False, Says.END): ("", Pairing.orphan),
    (True, Says.END): ("", Pairing.end),
    (False, Says.OTHER_END): ("", Pairing.orphan),
    (True, Says.OTHER_END): (OVERTAKEN, Pairing.orphan),
    (False, Says.LEAVE): ("", Pairing.leave),
    (True, Says.LEAVE): (OVERTAKEN, Pairing.leave),
    (False, Says.SIGNAL): ("", Pairing.add),
    (True, Says.SIGNAL): ("", Pairing.add),
    (False, Says.GONE): ("", Pairing.add),
    (True, Says.GONE): (TASK_GONE, Pairing.add),
    (False, Says.SUPERSEDED): ("", Pairing.supersede),
    (True, Says.SUPERSEDED): (TAKEN_OVER, Pairing.supersede),
    (False, Says.ATTACHED): ("", Pairing.add),
    (True, Says.ATTACHED): ("", Pairing.add),
    (False, Says.DETACHED): ("", Pairing.add),
    (True, Says.DETACHED): (LET_GO, Pairing.add),
    (False, Says.NOTE): ("", Pairing.add),
    (True, Says.NOTE): ("", Pairing.add),
    (False, Says.NOTHING): ("", Pairing.add),
    (True, Says.NOTHING): ("", Pairing.add),
}

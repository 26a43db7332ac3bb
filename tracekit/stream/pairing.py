"""Halves of calls, put together: a state machine for each task, its transitions as data.

A task is in a call or it is not; each line about it is one input. Nothing here
reads text or files. The row of a split call is made when its first half comes
and filled when the second does, so it keeps its place.
"""

from collections.abc import Callable
from typing import NamedTuple

from tracekit.stream.forms import Form, Says
from tracekit.stream.rows import MISSING, Line, Odd, Rows

ORPHAN = "the first half of this call is not in the log"
NO_END = "the log ends before this call returned"
OVERTAKEN = "another call of this task began before this one returned"
TASK_GONE = "the task ended in this call"
TAKEN_OVER = "an execve in another thread ended this call"
TAKEN_ON = "strace took this task on anew before this call returned"
LET_GO = "strace detached from the task in this call"
BAD_END = "the second half of this call does not fit the first"

EXECS = ("execve", "execveat")
IN_PROGRESS = frozenset({NO_END, TASK_GONE, LET_GO})
"""Hints of calls that lack an end because there was none: nothing of the log is missing."""

Join = Callable[[str], Form]
"""Reads a first half and a second half that stand in one text."""


Open = tuple[int, str]
"""A call that has not returned: its row, and the text of its first half."""


class Moved(NamedTuple):
    """A call that goes on under another pid: as whose, by which task it was begun, where, and its text."""

    pid: int
    tid: int
    line: int
    text: str


class Half(NamedTuple):
    """The second half of an execve without its first, and the thread that called it, where that was said."""

    form: Form
    caller: int | None


def first_text(form: Form) -> str:
    """Return the text of a first half, for its second half to be put behind."""
    return f"{form.name}({form.rest}"


def fits(first: str, form: Form) -> bool:
    """Tell whether a second half names the call that a first half began."""
    return form.name == "???" or first.startswith(f"{form.name}(")


class Pairing:
    """Which call each task is in.

    Attributes:
        open: the call that a task is in, by its tid.
        join: reads both halves of a call.
        parted: the rows of calls of which a part in the middle was read.
        moved: the rows of calls that went on under another pid, and of whose end this log knows nothing.
        halves: the rows of second halves of an execve whose first halves this log does not have.
    """

    def __init__(self, rows: Rows, join: Join) -> None:
        """Start with every task outside of calls.

        Args:
            rows: where events go.
            join: reads both halves of a call.
        """
        self.open: dict[int, Open] = {}
        self._rows = rows
        self.parted: set[int] = set()
        self.moved: dict[int, Moved] = {}
        self.halves: dict[int, Half] = {}
        self._callers: dict[int, int] = {}
        self.join = join

    def step(self, line: Line, form: Form) -> int | None:
        """Take one line in; return the row that it added, or None when it completed an earlier one."""
        says = form.says
        inside = self.open.get(line.tid)
        if inside and says is Says.END and not fits(inside[1], form):
            says = Says.OTHER_END
        before, action = TRANSITIONS[inside is not None, says]
        if before and not (inside and self._is_moved_here(inside[0], form)):
            self.give_up(line.tid, before)
        return action(self, line, form)

    def _is_moved_here(self, row: int, form: Form) -> bool:
        """Tell whether a call is the very execve that took over the task whose it became."""
        return (
            form.says is Says.SUPERSEDED and row in self.moved and self.moved[row].tid == int(form.args or 0)
        )

    def rename(self, before: int, after: int) -> None:
        """Tell that what was said of one tid was about another."""
        if before in self.open:
            self.open[after] = self.open.pop(before)

    def give_up(self, tid: int, hint: str) -> None:
        """Tell that the call a task is in will not be completed."""
        if inside := self.open.pop(tid, None):
            self._rows.mark(inside[0], Odd(complete=False, hint=hint))
            if hint != NO_END:
                self.moved.pop(inside[0], None)

    def finish(self) -> None:
        """Tell that the log is over."""
        for tid in list(self.open):
            self.give_up(tid, NO_END)

    def begin(self, line: Line, form: Form) -> int:
        """Open a call."""
        row = self._rows.add(line, form)
        self.open[line.tid] = (row, first_text(form))
        return row

    def move(self, line: Line, form: Form) -> int:
        """The caller goes on as ``form.ret``; a call open there ends with the line that says so."""
        row = self._rows.add(line, form._replace(ret=None))
        self.open[line.tid] = (row, first_text(form))
        if form.ret is not None:
            self.moved[row] = Moved(form.ret, line.tid, line.number, first_text(form))
            if form.ret not in self.open:
                self.rename(line.tid, form.ret)
        return row

    def end(self, line: Line, form: Form) -> None:
        """Complete the open call."""
        row, text = self.open.pop(line.tid)
        self.moved.pop(row, None)
        whole = self.join(text + form.rest)
        if whole.says is Says.CALL:
            self._rows.fill(row, whole, line)
        elif whole.says is Says.BEGIN and row not in self.parted:
            self.parted.add(row)
            self._rows.add(line, Form(Says.NOTE, "half", form.rest))
            self.open[line.tid] = (row, first_text(whole))
        else:
            hint = LET_GO if whole.says is Says.LEAVE else BAD_END
            self._rows.fill(row, None, line, Odd(complete=False, hint=hint))

    def orphan(self, line: Line, form: Form) -> int | None:
        """Add a second half whose first is unknown; that of an execve may be the only one that is open.

        ``-qqq`` leaves out who superseded whom.
        """
        if form.name in EXECS:
            begun = [tid for tid, (_, text) in self.open.items() if fits(text, form)]
            if len(begun) == 1:
                self.rename(begun[0], line.tid)
                self.end(line, form)
                return None
        whole = self.join(first_text(form))
        row = self._rows.add(
            line, whole if whole.says is Says.CALL else form, Odd(complete=False, hint=ORPHAN)
        )
        if form.name in EXECS:
            self.halves[row] = Half(form, self._callers.pop(line.tid, None))
        return row

    def leave(self, line: Line, form: Form) -> int:
        """Add a call that strace will not see the end of."""
        return self._rows.add(line, form, Odd(complete=False, hint=LET_GO))

    def supersede(self, line: Line, form: Form) -> int:
        """The thread that called execve goes on with this task's tid; see execve(2) and ptrace(2)."""
        caller = int(form.args or 0)
        self.rename(caller, line.tid)
        self._callers[line.tid] = caller
        return self._rows.add(line, form)

    def complete(self, row: int, half: Half, duration_ns: int) -> bool:
        """Complete a call that went on in another log; False when that second half is not its own."""
        pid, tid, line, text = self.moved[row]
        whole = self.join(text + half.form.rest)
        if not fits(text, half.form) or whole.says is not Says.CALL:
            return False
        del self.moved[row]
        for task in (pid, tid):
            if self.open.get(task, (None, ""))[0] == row:
                del self.open[task]
        self._rows.odd.pop(row, None)
        self._rows.fill(row, whole, Line(line, tid, MISSING, duration_ns))
        return True

    def give_up_moved(self) -> None:
        """Tell that no other log has the end of a call that went on under another pid."""
        for row in self.moved:
            self._rows.mark(row, Odd(complete=False, hint=NO_END))
        self.moved.clear()

    def give_away(self, row: int, half: Half) -> None:
        """Take a second half for a note: the call that it ends is an event of another log."""
        rows, place = self._rows, row - self._rows.first
        line = Line(rows.lines[place], rows.tids[place], rows.times[place], MISSING)
        rows.replace(row, line, Form(Says.NOTE, "half", half.form.rest), rows.ends[place])

    def add(self, line: Line, form: Form) -> int:
        """Add an event that changes nothing."""
        return self._rows.add(line, form)


Action = Callable[[Pairing, Line, Form], int | None]

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
    (True, Says.ATTACHED): (TAKEN_ON, Pairing.add),
    (False, Says.DETACHED): ("", Pairing.add),
    (True, Says.DETACHED): (LET_GO, Pairing.add),
    (False, Says.NOTE): ("", Pairing.add),
    (True, Says.NOTE): ("", Pairing.add),
    (False, Says.NOTHING): ("", Pairing.add),
    (True, Says.NOTHING): ("", Pairing.add),
}

r"""Logs as strace writes them, line by line, with the rows that a reader owes: a writer of the tests' own.

The leader is that of ``printleader()`` in strace's src/strace.c, the marks of split calls those of
``print_syscall_resume``, ``print_event_exit`` and ``droptcb``. The times are exact in what is printed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
EPOCH = 1_795_409_445 * SECOND
RESET = "\x1b[0m"
NUMBERS = {4194304: "???"}
"""What ``-n`` shows where there is no call."""
POINTERS = ("00007f178f59ac47", "????????????????")


class Call(NamedTuple):
    """A call: its name, the tokens of its arguments, and what it returns."""

    name: str
    tokens: tuple[str, ...]
    ret_text: str
    ret: int | None = None
    errno: str | None = None


@dataclass(frozen=True)
class Look:
    """How a log is written: strace's options, and its version's spelling."""

    pid: str = "pid"
    """``pid`` (a file, -f), ``[pid]`` (a terminal, -f) or nothing."""
    comm: str = ""
    """-Y: a command's name behind the pid, as strace escapes it."""
    context: str = ""
    """--secontext."""
    time: str = ""
    """``-t``, ``-ttt`` or nothing."""
    delta: bool = False
    """-r."""
    digits: int = 6
    """Of the fractions of times and durations: 0, 3, 6 or 9."""
    number: bool = False
    """-n."""
    pointer: bool = False
    """-i."""
    duration: bool = False
    """-T."""
    column: int = 40
    """-a."""
    resumed: str = " resumed>"
    """A blank followed it before strace 5.0; the halves bear numbers where they are announced."""
    begins: str = "<unfinished"
    colour: str = ""
    """A sequence before each call's name; strace 7 has them."""
    start_ns: int = EPOCH

    @property
    def tick(self) -> int:
        """The least time that the log can tell, in nanoseconds."""
        return int(10 ** (9 - self.digits))


@dataclass
class Task:
    """One task, and the row of the call that it is in."""

    tid: int
    call: Call | None = None
    at: int = 0
    row: dict[str, Any] = field(default_factory=dict)


class Log:
    """A log that is being written.

    Attributes:
        lines: the text so far.
        rows: what a reader owes, in the order in which it began.
    """

    def __init__(self, look: Look) -> None:
        """Begin an empty log."""
        self.look = look
        self.lines: list[str] = []
        self.rows: list[dict[str, Any]] = []
        self.tasks: dict[int, Task] = {}
        self.now = look.start_ns
        self._last: int | None = None
        self._elapsed = 0
        self._halves = 0

    def wait(self, ticks: int) -> None:
        """Let time pass."""
        self.now += ticks * self.look.tick

    def task(self, tid: int) -> Task:
        """Return a task, new if need be; a terminal's log says that it was taken on."""
        if tid not in self.tasks:
            if self.look.pid == "[pid]":
                self.attached(tid)
            self.tasks[tid] = Task(tid)
        return self.tasks[tid]

    def attached(self, tid: int) -> None:
        """Say that strace took a task on, on a line of its own."""
        said = f"Process {tid}{f'<{self.look.comm}>' if self.look.comm else ''} attached"
        self._row("attach", tid, time_ns=None, name="attached", args=said)
        self.lines.append(f"strace: {said}")

    def call(self, task: Task, call: Call, ticks: int = 0) -> None:
        """Write a whole call."""
        args = "".join(call.tokens)
        leader = self._leader(task.tid)
        self._row("syscall", task.tid, **_returned(call, args), duration_ns=self._took(ticks))
        self.lines.append(leader + self._returning(f"{self._name(call)}({args})", call, ticks))

    def begin(self, task: Task, call: Call, at: int, mark: str = "") -> None:
        """Write the first half of a call: its arguments up to token ``at``."""
        shown = "".join(call.tokens[:at])
        leader = self._leader(task.tid)
        task.call, task.at = call, at
        task.row = self._row(
            "syscall", task.tid, name=call.name, args=_waiting(shown), ret=None, complete=False
        )
        how = mark or self._numbered(self.look.begins, 1)
        self.lines.append(f"{leader}{self._name(call)}({shown} {how} ...>")

    def end(self, task: Task, ticks: int = 0, tid: int | None = None) -> None:
        """Write the second half; under another tid when that is what the task has become."""
        call = self._call_of(task)
        shown, rest = "".join(call.tokens[: task.at]), "".join(call.tokens[task.at :])
        leader = self._leader(task.tid if tid is None else tid)
        mark = f"<... {call.name}{self._numbered(self.look.resumed, 0)}"
        gap = " " if mark.endswith(" ") else ""
        task.row.update(_returned(call, (shown + gap + rest).strip()), complete=True)
        task.row.update(end_line=len(self.lines) + 1, duration_ns=self._took(ticks))
        self.lines.append(leader + self._returning(f"{mark}{rest})", call, ticks))

    def staged(self, task: Task, call: Call, at: int, ticks: int = 0) -> None:
        """Write a call as -f with -z does when it lets a call out: its rest without saying whose it is."""
        self.begin(task, call, at)
        shown, rest = "".join(call.tokens[:at]), "".join(call.tokens[at:])
        task.call = None
        task.row.update(_returned(call, shown + rest), complete=True)
        task.row.update(end_line=len(self.lines) + 1, duration_ns=self._took(ticks))
        self.lines.append(self._returning(f"{rest})", call, ticks))

    def let_go(self, task: Task, call: Call, at: int) -> None:
        """Write a call that strace leaves a task in, with strace's word of that on the same terminal."""
        shown = "".join(call.tokens[:at])
        begun = f"{self._leader(task.tid)}{self._name(call)}({shown}"
        place = len(self.lines) + 1
        row = self._row("syscall", task.tid, name=call.name, args=_waiting(shown), complete=False)
        row.update(end_line=place + 1)
        comm = f"<{self.look.comm}>" if self.look.comm else ""
        said = f"Process {task.tid}{comm} detached"
        self._row("detach", task.tid, time_ns=None, name="detached", args=said)
        self.lines += [f"{begun}strace: {said}", " <detached ...>"]
        del self.tasks[task.tid]

    def killed_in_call(self, task: Task) -> None:
        """Write the second half of a call that the task will not return from."""
        call = self._call_of(task)
        leader = self._leader(task.tid)
        task.row.update(complete=True, ret_text="?", end_line=len(self.lines) + 1)
        mark = self._numbered(self.look.resumed, 0).rstrip()
        self.lines.append(f"{leader}<... {call.name}{mark} <unfinished ...>) = ?")

    def never_returning(self, task: Task, call: Call, at: int) -> None:
        """Write a call that the task is killed in, when no other line came in between."""
        shown = "".join(call.tokens[:at])
        leader = self._leader(task.tid)
        self._row("syscall", task.tid, name=call.name, args=_waiting(shown), ret_text="?")
        self.lines.append(f"{leader}{self._name(call)}({shown} <unfinished ...>) = ?")

    def interrupted(self, task: Task, call: Call, at: int, new: int, goes_on: bool) -> None:
        """Write a call into whose line strace's own word of a new task falls: they share a terminal."""
        shown = "".join(call.tokens[:at])
        begun = f"{self._leader(task.tid)}{self._name(call)}({shown}"
        place = len(self.lines) + 1
        task.row = self._row("syscall", task.tid, **_returned(call, "".join(call.tokens)))
        self.attached(new)
        self.rows[-1].update(line=place, end_line=place)
        self.tasks[new] = Task(new)
        self.lines[-1] = begun + self.lines[-1]
        if goes_on:
            task.row.update(end_line=place + 1, duration_ns=self._took(1))
            self.lines.append(self._returning(f"{''.join(call.tokens[at:])})", call, 1))
        else:
            task.call, task.at = call, at
            task.row.update(args=_waiting(shown), ret=None, ret_text=None, errno=None, complete=False)
            self.rows[-1].update(end_line=place + 1)  # the call's own end is where its second half will be
            self.lines.append(f" {self._numbered(self.look.begins, 1)} ...>")

    def signal(self, task: Task, name: str, info: str | None) -> None:
        """Write a signal with its siginfo, or a stop."""
        leader = self._leader(task.tid)
        self._row("signal", task.tid, name=name, args=info, ret_text=None if info else "stopped")
        self.lines.append(leader + (f"--- {name} {info} ---" if info else f"--- stopped by {name} ---"))

    def gone(self, task: Task, status: int | str) -> None:
        """Write the end of a task: its exit status, or the signal that killed it."""
        leader = self._leader(task.tid)
        if isinstance(status, int):
            self._row("exit", task.tid, name="exited", args=None, ret=status)
            self.lines.append(f"{leader}+++ exited with {status} +++")
        else:
            signal = status.split()[0]
            self._row("exit", task.tid, name="killed", args=signal, ret_text=f"killed by {status}")
            self.lines.append(f"{leader}+++ killed by {status} +++")
        del self.tasks[task.tid]

    def superseded(self, thread: Task, leader: Task) -> None:
        """Write that a thread, which is in execve, goes on in the leader's place, and returns from there."""
        del self.tasks[thread.tid]
        before = self._leader(leader.tid)
        self._row("exec", leader.tid, name="superseded", args=str(thread.tid))
        self.lines.append(f"{before}+++ superseded by execve in pid {thread.tid} +++")
        leader.call = None
        self.end(thread, tid=leader.tid)

    def alien(self, text: str) -> None:
        """Write a line that is none of strace's: the output of a program on the same terminal."""
        self._row("unparsed", None, time_ns=None, name=None, args=text)
        self.lines.append(text)

    def note(self, name: str, text: str, before: str = "") -> None:
        """Write a line of strace's that is about no call of its own, and bears no leader."""
        self._row("note", None, time_ns=None, name=name, args=text)
        self.lines.append(before + text)

    def personality(self, task: Task) -> None:
        """Write that a task runs in another mode from now on."""
        leader, said = self._leader(task.tid), f"Process PID={task.tid} runs in 32 bit mode."
        self._row("note", task.tid, name="personality", args=said)
        self.lines.append(f"{leader}[ {said} ]")

    def _call_of(self, task: Task) -> Call:
        call, task.call = task.call, None
        assert call is not None
        return call

    def _row(self, kind: str, tid: int | None, **facts: Any) -> dict[str, Any]:
        place = len(self.lines) + 1
        known = tid if self.look.pid or kind == "attach" else None
        row = {"kind": kind, "tid": known, "line": place, "end_line": place, "time_ns": self._told()}
        nothing = {"ret": None, "ret_text": None, "errno": None, "duration_ns": None, "complete": True}
        self.rows.append({**row, **nothing, **facts})
        return self.rows[-1]

    def _name(self, call: Call) -> str:
        return f"{self.look.colour}{call.name}{RESET}" if self.look.colour else call.name

    def _numbered(self, mark: str, step: int) -> str:
        self._halves += step
        return mark.replace("#", f"#{self._halves}")

    def _returning(self, text: str, call: Call, ticks: int) -> str:
        duration = f" <{_seconds(self._took(ticks) or 0, self.look.digits)}>" if self.look.duration else ""
        return f"{text.ljust(self.look.column - 1)} = {call.ret_text}{duration}"

    def _took(self, ticks: int) -> int | None:
        return ticks * self.look.tick if self.look.duration else None

    def _leader(self, tid: int) -> str:
        look, comm = self.look, f"<{self.look.comm}>" if self.look.comm else ""
        text = ""
        if look.pid == "pid":
            text = f"{tid}{comm} " if comm else f"{tid:<5} "
        elif look.pid and len(self.tasks) > 1:
            text = f"[pid {tid:5}{comm}] "
        text += f"[{look.context}] " if look.context else ""
        text += self._time()
        text += f"[{NUMBERS.get(tid, f'{tid % 400:4}')}] " if look.number else ""
        return text + (f"[{POINTERS[tid % 2]}] " if look.pointer else "")

    def _time(self) -> str:
        """Return the time and the delta of the line that is about to be written."""
        look, text = self.look, ""
        if look.time == "-ttt":
            text = _seconds(self.now, look.digits) + " "
        elif look.time == "-t":
            text = _clock(self.now % DAY, look.digits) + " "
        if look.delta:
            since = 0 if self._last is None else self.now - self._last
            self._elapsed += since
            delta = _seconds(since, look.digits)
            whole = delta.partition(".")[0]
            delta = " " * (6 - len(whole)) + delta
            text += f"(+{delta}) " if look.time else f"{delta} "
        self._last = self.now
        return text

    def _told(self) -> int | None:
        """Return the time that the line just begun tells, as the reader counts it."""
        look = self.look
        if look.time == "-ttt":
            return self.now
        if look.time == "-t":
            return self.now - (look.start_ns - look.start_ns % DAY)
        return self._elapsed if look.delta else None


def _returned(call: Call, args: str) -> dict[str, Any]:
    return {"name": call.name, "args": args, "ret": call.ret, "ret_text": call.ret_text, "errno": call.errno}


def _waiting(shown: str) -> str:
    """Return the arguments of a half without the comma that waits for the next."""
    return shown.strip().removesuffix(",")


def _seconds(nanoseconds: int, digits: int) -> str:
    whole, rest = divmod(nanoseconds, SECOND)
    return f"{whole}.{rest:09}"[: len(str(whole)) + 1 + digits] if digits else str(whole)


def _clock(nanoseconds: int, digits: int) -> str:
    seconds, rest = divmod(nanoseconds, SECOND)
    minutes, seconds = divmod(seconds, 60)
    clock = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return f"{clock}.{rest:09}"[: 9 + digits] if digits else clock


def rows_of(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Return rows of the reader in the form of ``Log.rows``."""
    names = (
        "kind",
        "tid",
        "line",
        "end_line",
        "time_ns",
        "ret",
        "ret_text",
        "errno",
        "duration_ns",
        "complete",
    )
    return [{name: getattr(row, name) for name in (*names, "name", "args")} for row in rows]

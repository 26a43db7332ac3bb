"""The text of a trace: split calls, return column, durations, header lines.

One file holds the lines of all tasks, as strace writes them: a call that is
interrupted by another task's line is cut with `` <unfinished ...>`` and taken
up again with ``<... name resumed>`` (strace.c: printleader and its callers).
Where calls are chosen by how they end, a call's text waits for its end and is
then written in one piece, or not at all (stage_output.c).
"""

import json
from typing import Any

from tracekit.tracer.options.filters import EVERY_WORD, STATUSES, Members
from tracekit.tracer.options.layout import Layout
from tracekit.tracer.text.leader import Leaders, seconds
from tracekit.tracer.text.output import Output, UnwritableError, opened

__all__ = ["Layout", "UnwritableError", "Where", "Writer"]

_HEADER = "# tracekit"
_LAST = "end"
"""The key of the line that closes a trace."""

Where = tuple[int, int, int]
"""Where a task stands, for -n and -i: the call's number, the instruction pointer, bytes of a word."""


class _Log:
    """One file, and the line that is being written in it."""

    __slots__ = ("column", "headers", "open_tid", "output")

    def __init__(self, output: Output) -> None:
        self.output = output
        self.open_tid: int | None = None
        """The task whose call stands unfinished on the current line."""
        self.column = 0
        self.headers: list[str] = []
        """Header lines that wait for the current line to end."""

    def cut(self) -> None:
        """Stand at the beginning of a line."""
        if self.open_tid is not None:
            self.open_tid = None
            self.output.write(" <unfinished ...>\n")
        if self.headers:
            self.output.write("".join(self.headers))
            self.headers.clear()

    def close(self) -> None:
        """Write what is left, and close the file."""
        try:
            self.cut()
        finally:
            self.output.close()


class Writer:
    """Writes one trace. Times are epoch nanoseconds, durations nanoseconds."""

    def __init__(self, path: str | None, layout: Layout, status: Members[str] = EVERY_WORD) -> None:
        """Write to a private file, or to standard error when there is no path; see ``output.opened``.

        Only calls that end in a way that ``status`` has are written.

        Raises:
            UnwritableError: the file cannot be created.
        """
        self._path = path
        self._layout = layout
        self._leaders = Leaders(layout)
        self._status = status
        self._held: dict[int, str] | None = None if status.covers(STATUSES) else {}
        """The texts of calls whose end is waited for, by tid; None when nothing waits."""
        self._separate = layout.separate and path is not None
        self._shared = None if self._separate else _Log(opened(path, layout.append))
        self._logs: dict[int, _Log] = {}
        """The file of each task, when each has one."""
        self._first: int | None = None
        """The first of these tasks."""
        self._preamble: list[str] = []
        """Header lines that stand at the beginning of each of them."""

    @property
    def live(self) -> bool:
        """Whether somebody reads along: a terminal, or a program behind a pipe."""
        return self._shared is not None and self._shared.output.live

    @property
    def reader(self) -> int | None:
        """The process that reads what is written, when it is a program of ours."""
        return self._shared.output.child if self._shared else None

    def attach(self, tid: int, command: str = "") -> None:
        """A task is traced from here on.

        Raises:
            UnwritableError: its file cannot be created.
        """
        self._leaders.add(tid, command)
        if self._separate and tid not in self._logs:
            self._first = self._first or tid
            self._logs[tid] = _Log(opened(f"{self._path}.{tid}", self._layout.append))
            self._logs[tid].headers.extend(self._preamble)

    def drop(self, tid: int) -> None:
        """A task is traced no longer: it has ended, or was let go of."""
        self._leaders.remove(tid)
        if self._held:
            self._held.pop(tid, None)
        if log := self._logs.pop(tid, None):
            log.close()

    def supersede(self, former: int, leader: int) -> None:
        """A thread has called execve, and goes on under its leader's tid, in its leader's file."""
        log = self._log(former)
        if log.open_tid == former:
            log.open_tid = None
            log.output.write(f" <pid changed to {leader} ...>\n")
        if self._held:
            self._held.pop(leader, None)
        self.drop(former)

    def begin(self, tid: int, time_ns: int, text: str, where: Where | None = None) -> None:
        """Begin a call: its name, parenthesis and the arguments known at its entry."""
        if self._held is not None:
            self._held[tid] = self._leaders.of(tid, time_ns, where) + text
            return
        log = self._shared or self._log(tid)
        log.cut()
        line = self._leaders.of(tid, time_ns, where) + text
        log.output.write(line)
        log.open_tid = tid
        log.column = len(line)

    def finish(
        self,
        tid: int,
        time_ns: int,
        name: str,
        result: tuple[str, str],
        duration_ns: int | None,
        *,
        outcome: str = "successful",
        where: Where | None = None,
        dump: str = "",
    ) -> None:
        """End a call.

        Args:
            tid: whose call it is.
            time_ns: when it ended.
            name: the call.
            result: the rest of its arguments with the parenthesis, and its return value.
            duration_ns: how long it took.
            outcome: how it ended, see ``filters.STATUSES``.
            where: where the task stands, for the leader of a new line.
            dump: whole lines that follow, what was read or written.
        """
        rest, ret = result
        held = None if self._held is None else self._held.pop(tid, None)
        if self._held is not None and outcome not in self._status:
            return
        log = self._shared or self._log(tid)
        column = 0
        if held is None and log.open_tid == tid:
            line = rest
            column = log.column
        else:
            log.cut()
            line = held or f"{self._leaders.of(tid, time_ns, where)}<... {name} resumed>"
            line += rest
        log.open_tid = None
        pad = max(self._layout.return_column - column - len(line), 1)
        digits = self._layout.durations
        tail = "" if duration_ns is None or digits is None else f" <{seconds(duration_ns, digits)}>"
        log.output.write(f"{line}{' ' * pad}= {ret}{tail}\n{dump}")

    def leave_unfinished(self, tid: int, mark: str) -> None:
        """Close a line whose call has no end that we will see (``<unfinished ...>``, ``<detached ...>``)."""
        log = self._shared or self._log(tid)
        held = None if self._held is None else self._held.pop(tid, None)
        if held is not None and mark in self._status:
            log.cut()
            log.output.write(held)
        elif log.open_tid != tid:
            return
        log.open_tid = None
        log.output.write(f" <{mark} ...>\n")

    def event(self, tid: int, time_ns: int, text: str, where: Where | None = None) -> None:
        """Write a line that is no call: a signal, an exit."""
        log = self._shared or self._log(tid)
        log.cut()
        log.output.write(f"{self._leaders.of(tid, time_ns, where)}{text}\n")

    def text(self, lines: str) -> None:
        """Write whole lines that belong to no task, where all tasks share a file."""
        if self._shared and lines:
            self._shared.cut()
            self._shared.output.write(lines)

    def header(self, key: str, facts: dict[str, Any]) -> None:
        """Write a ``# tracekit KEY {json}`` line, as soon as a line begins; no call is split for it.

        The JSON is ASCII, so no name of a process can break the line. Where each task has its
        file, a line about a task stands in its file, and one about the trace in all of them; its
        last line, in the file of the first task.
        """
        if not self._layout.headers:
            return
        line = f"{_HEADER} {key} {json.dumps(facts, separators=(',', ':'))}\n"
        if self._shared:
            self._shared.headers.append(line)
        elif key == _LAST and self._first is not None:
            if self._first not in self._logs:
                self._logs[self._first] = _Log(opened(f"{self._path}.{self._first}", append=True))
            self._logs[self._first].headers.append(line)
        elif log := self._logs.get(facts.get("tid", facts.get("pid", 0))):
            log.headers.append(line)
        else:
            self._preamble.append(line)

    def flush(self) -> None:
        """Let readers of the file see everything up to here."""
        for log in self._open():
            log.output.flush()

    def close(self) -> None:
        """End the trace. What an earlier failure left in the buffer is given up."""
        for log in self._open():
            log.close()

    def _open(self) -> list[_Log]:
        return [self._shared] if self._shared else list(self._logs.values())

    def _log(self, tid: int) -> _Log:
        """The file that a task's lines go to."""
        if self._shared:
            return self._shared
        if tid not in self._logs:
            self.attach(tid)
        return self._logs[tid]

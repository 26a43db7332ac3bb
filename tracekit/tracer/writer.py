"""The text of a trace: leaders, split calls, return column, durations, header lines.

One file holds the lines of all tasks, as strace writes them: a call that is
interrupted by another task's line is cut with `` <unfinished ...>`` and taken
up again with ``<... name resumed>`` (strace.c: printleader and its callers).
"""

import contextlib
import json
import os
import stat
import sys
from dataclasses import dataclass
from typing import IO, Any

from tracekit.errors import ExitCode, TracekitError

_HEADER = "# tracekit"


@dataclass(frozen=True, slots=True)
class Layout:
    """What is printed around a call."""

    tids: bool = True
    """A tid before each line (strace's -f)."""
    durations: bool = True
    """``<0.000012>`` behind each call (-T)."""
    headers: bool = True
    """``# tracekit`` lines (left out by --plain)."""
    return_column: int = 40
    """Where ``= `` stands (-a)."""


class UnwritableError(TracekitError):
    """The trace cannot be written."""

    exit_code = ExitCode.USAGE

    def __init__(self, path: str, error: OSError) -> None:
        super().__init__(f"cannot write {path}: {error.strerror}", "choose another file with -o")


class Writer:
    """Writes one trace. Times are epoch nanoseconds, durations nanoseconds."""

    def __init__(self, path: str | None, layout: Layout) -> None:
        """Write to a private file, or to standard error when there is no path."""
        self._path = path
        self._file: IO[str] = sys.stderr if path is None else _open_private(path)
        self._failed = False
        self._layout = layout
        self._open_tid: int | None = None
        """The task whose call stands unfinished on the current line."""
        self._column = 0
        self._headers: list[str] = []
        """Header lines that wait for the current line to end."""

    def begin(self, tid: int, time_ns: int, text: str) -> None:
        """Begin a call: its name, parenthesis and the arguments known at its entry."""
        self._cut()
        line = self._leader(tid, time_ns) + text
        self._write(line)
        self._open_tid = tid
        self._column = len(line)

    def finish(
        self, tid: int, time_ns: int, name: str, result: tuple[str, str], duration_ns: int | None
    ) -> None:
        """End a call: ``result`` is the rest of its arguments with the parenthesis, and its return value."""
        rest, ret = result
        if self._open_tid == tid:
            line = rest
            column = self._column
        else:
            self._cut()
            line = f"{self._leader(tid, time_ns)}<... {name} resumed>{rest}"
            column = 0
        self._open_tid = None
        pad = max(self._layout.return_column - column - len(line), 1)
        tail = "" if duration_ns is None or not self._layout.durations else f" <{_seconds(duration_ns)}>"
        self._write(f"{line}{' ' * pad}= {ret}{tail}\n")

    def leave_unfinished(self, tid: int, mark: str) -> None:
        """Close a line whose call has no end that we will see (``<unfinished ...>``, ``<detached ...>``)."""
        if self._open_tid == tid:
            self._open_tid = None
            self._write(f" <{mark} ...>\n")

    def event(self, tid: int, time_ns: int, text: str) -> None:
        """Write a line that is no call: a signal, an exit."""
        self._cut()
        self._write(f"{self._leader(tid, time_ns)}{text}\n")

    def header(self, key: str, facts: dict[str, Any]) -> None:
        """Write a ``# tracekit KEY {json}`` line, as soon as a line begins; no call is split for it.

        The JSON is ASCII, so no name of a process can break the line.
        """
        if self._layout.headers:
            self._headers.append(f"{_HEADER} {key} {json.dumps(facts, separators=(',', ':'))}\n")

    def flush(self) -> None:
        """Let readers of the file see everything up to here."""
        if not self._failed:
            try:
                self._file.flush()
            except OSError as error:
                raise self._failure(error) from error

    def close(self) -> None:
        """End the trace. What an earlier failure left in the buffer is given up."""
        self._cut()
        try:
            self.flush()
        finally:
            if self._path is not None:
                with contextlib.suppress(OSError):
                    self._file.close()

    def _write(self, text: str) -> None:
        if not self._failed:
            try:
                self._file.write(text)
            except OSError as error:
                raise self._failure(error) from error

    def _failure(self, error: OSError) -> UnwritableError:
        """Report once; from then on nothing is written, and the tasks can be let go of in peace."""
        self._failed = True
        return UnwritableError(self._path or "standard error", error)

    def _cut(self) -> None:
        """Stand at the beginning of a line."""
        if self._open_tid is not None:
            self._open_tid = None
            self._write(" <unfinished ...>\n")
        if self._headers:
            self._write("".join(self._headers))
            self._headers.clear()

    def _leader(self, tid: int, time_ns: int) -> str:
        stamp = f"{_seconds(time_ns)} "
        return f"{tid:<5} {stamp}" if self._layout.tids else stamp


def _seconds(nanoseconds: int) -> str:
    """Return seconds with six digits behind the point, cut as strace cuts them."""
    return f"{nanoseconds // 1_000_000_000}.{nanoseconds // 1000 % 1_000_000:06}"


def _open_private(path: str) -> IO[str]:
    """Create a trace file that only its owner can read; a device or a pipe keeps the mode that it has.

    Raises:
        UnwritableError: the file cannot be created.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOCTTY, 0o600)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, 0o600)
    except OSError as error:
        raise UnwritableError(path, error) from error
    return os.fdopen(descriptor, "w", encoding="ascii", errors="backslashreplace", newline="\n")

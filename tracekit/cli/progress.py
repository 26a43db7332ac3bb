"""How far a long reading, writing or grading is, and the time left: on a terminal, after a second.

Of a trace that is being made: for how long, and how many lines it has.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

DELAY = 1.0
"""Seconds in which most work is done; a bar that comes and goes is of no use."""
MEGA = 1_000_000
CLEAR = "\r\x1b[K"
"""To the line's beginning, and all that is in it away (ECMA-48: CR, EL)."""


class Progress:
    """Shows one line on standard error while something goes on, and takes it away again.

    Nothing is shown where standard error is no terminal that can move its cursor.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        """Begin to count the time.

        Args:
            quiet: whether to show nothing at all.
        """
        self._possible = not quiet and _moves()
        self._begun = time.monotonic()
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Take the line away."""
        if self._bar:
            self._bar.stop()
        self._possible = False

    def reading(self, done: int, total: int, lines: int) -> None:
        """Show how much is read.

        Args:
            done: bytes read.
            total: bytes in all; 0 when that is not known.
            lines: lines read.
        """
        seconds = max(time.monotonic() - self._begun, 1e-3)
        parts = [f"{done / MEGA:,.0f} MB", f"{lines:,} lines", f"{lines / seconds:,.0f}/s"]
        if total and done:
            parts[0] = f"{done / MEGA:,.0f} of {total / MEGA:,.0f} MB"
            parts.append(f"{_clock(seconds * max(0, total - done) / done)} left")
        self._show("reading", done, total, ", ".join(parts))

    def writing(self, done: int, total: int) -> None:
        """Show how many events are written, of how many."""
        self._show("writing", done, total, f"{done:,} of {total:,} events")

    def counting(self, what: str, done: int, total: int, things: str) -> None:
        """Show how many of things are done, such as submissions that are graded."""
        seconds = time.monotonic() - self._begun
        left = f", {_clock(seconds * (total - done) / done)} left" if done else ""
        self._show(what, done, total, f"{done:,} of {total:,} {things}{left}")

    def _show(self, what: str, done: int, total: int, account: str) -> None:
        if not self._possible or time.monotonic() - self._begun < DELAY:
            return
        if self._bar is None:
            self._bar = _bar()
            self._bar.start()
        if self._task is None or self._bar.tasks[-1].description != what:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(what, total=total or None, account=account)
        self._bar.update(self._task, completed=min(done, total or done), account=account)


class Growth:
    """Shows one line on standard error while a trace is being made: for how long, and its lines so far."""

    def __init__(self, path: str) -> None:
        """Take the trace's file; nothing is shown before ``start``."""
        self._path = Path(path)
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to show it, every second, where there is a terminal."""
        if not _moves() or not self._path.is_file():
            return
        self._thread = threading.Thread(target=self._show, daemon=True)
        before = signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
        try:
            self._thread.start()  # it has this mask: signals are for the one who waits for tasks
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def stop(self) -> None:
        """Take the line away."""
        self._over.set()
        if self._thread:
            self._thread.join()

    def _show(self) -> None:
        begun, lines = time.monotonic(), 0
        with contextlib.suppress(OSError), self._path.open("rb") as file:
            while not self._over.wait(DELAY):
                while part := file.read(MEGA):
                    lines += part.count(b"\n")
                account = f"{_clock(time.monotonic() - begun)}, {lines:,} lines"
                sys.stderr.write(f"{CLEAR}tracing {account}; Ctrl-C ends it, and the answer follows")
                sys.stderr.flush()
            sys.stderr.write(CLEAR)
            sys.stderr.flush()


def _moves() -> bool:
    """Tell whether standard error is a terminal that can move its cursor."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


def _bar() -> "Bar":
    from rich import progress  # noqa: PLC0415 - most logs are read before it is needed
    from rich.console import Console  # noqa: PLC0415

    return progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(bar_width=None),
        progress.TaskProgressColumn(),
        progress.TextColumn("{task.fields[account]}", markup=False),
        console=Console(file=sys.stderr),
        transient=True,
        expand=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )

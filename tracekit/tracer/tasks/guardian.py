"""A process that takes a filtered program over when its tracer lets go of it, or is killed.

A call that the seccomp filter sends to the tracer fails with ENOSYS when there is none, and a
filter cannot be taken off. So a program that has one must not be without a tracer until it ends.

The guardian traces the tracer, for its end alone (PTRACE_O_TRACEEXIT): whatever kills it, it
then stands still once more, with all its tasks still in its hands. The guardian sends each task
a SIGSTOP and waits until they stand. Then it lets the tracer go. The tasks stay stopped, and
could not make a call in between; the guardian seizes them, continues them with SIGCONT and lets
every call pass until the last task has ended. A trace that ends before its program goes the same
way: the tracer asks, the guardian stops the tasks, the tracer detaches.
"""

import ctypes
import errno
import mmap
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tracekit.tracer.kernel import procfs, ptrace

if TYPE_CHECKING:
    from tracekit.tracer.kernel.facts import Machine

NAME = b"seccomp-guard"
"""What ps(1) shows of it: nobody who ends the tracer by its name (``pkill tracekit``) means the guardian."""
_STOPPING = frozenset({signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})
_STANDING = "tTDZX"
"""States of tasks that make no call: D waits inside of one (vfork), Z and X have ended."""
_REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""They are for the tracer; the guardian ends after it."""
_CALL = signal.SIGURG
"""Sent by the tracer to itself, it stops before the guardian; without one, nothing happens."""
_READY = b"1"
_LOOK_S = 0.001
_PATIENCE_S = 5
"""How long tasks may take to stop; what does not by then is taken as it is."""

# What the memory that both share says of the whole: no task has number 0.
_STATE = 0
_ASKED, _ANSWERED, _DISMISSED = 1, 2, 3

_PR_SET_NAME = 15  # linux/prctl.h
_CAP_SYS_PTRACE = 19  # linux/capability.h

_libc = ctypes.CDLL(None, use_errno=True)
_prctl = _libc.prctl
_prctl.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong)
_tgkill = _libc.tgkill
_tgkill.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int)


def obstacle(machine: "Machine") -> str | None:
    """Return why there can be no guardian here, None when there can be one."""
    if machine.tracer_pid:
        return f"process {machine.tracer_pid} traces tracekit, so no guardian can"
    if machine.yama and not machine.has(_CAP_SYS_PTRACE):
        return f"with kernel.yama.ptrace_scope={machine.yama} no guardian could take the program over"
    return None


class Guardian:
    """The tracer's side: what it tells its guardian, and asks of it."""

    def __init__(self) -> None:
        """Start the guardian of the calling thread.

        A traced process stops for every signal that is not blocked: SIGCHLD,
        which each stop of a task sends, is blocked from now on.

        Raises:
            OSError: it could not be started, or may not trace us.
        """
        self._told = mmap.mmap(-1, _most_tasks())
        self._handed_over = False
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        self._start()

    def tell(self, tid: int, *, stopped: bool) -> None:
        """Tell whether a task is in a group-stop: a program that is stopped then is left so."""
        self._told[tid] = stopped

    def hold(self) -> None:
        """Have every task stopped that is ours: from then on they can be detached.

        Raises:
            OSError: the guardian is gone, and no other could be started.
        """
        if not self._ask():
            self._start()
            self._ask()

    def collect(self) -> None:
        """Have those taken over that were detached by now."""
        self._handed_over = True
        self._ask()

    def dismiss(self) -> None:
        """Tell that there is no task of ours left; the guardian ends when it has none either."""
        self._told[_STATE] = _DISMISSED
        signal.raise_signal(_CALL)
        if not self._handed_over:
            with suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
        self.give_back()

    def give_back(self) -> None:
        """Undo what was done to signals; also in a forked child, before it runs its program."""
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def _ask(self) -> bool:
        self._told[_STATE] = _ASKED
        signal.raise_signal(_CALL)
        return self._told[_STATE] == _ANSWERED

    def _start(self) -> None:
        tracer = threading.get_native_id()
        reading, writing = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            try:
                _begin(tracer, self._told, writing)
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as answer:
            if answer.read(1) != _READY:
                raise OSError(errno.EPERM, "no guardian could be started")


def _most_tasks() -> int:
    """Return a number above every tid (proc(5))."""
    return 1 + int(Path("/proc/sys/kernel/pid_max").read_text("ascii"))


def _begin(tracer: int, told: mmap.mmap, writing: int) -> None:
    """Be a guardian; keep nothing of what the tracer had open."""
    os.setsid()
    os.chdir("/")
    _prctl(_PR_SET_NAME, NAME, 0, 0, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in _REQUESTS:
        signal.signal(number, signal.SIG_IGN)
    ptrace.watch(tracer)
    os.write(writing, _READY)
    os.closerange(0, os.sysconf("SC_OPEN_MAX"))
    for _ in range(3):
        os.open(os.devnull, os.O_RDWR)
    _Keeper(tracer, told).run()


class _Keeper:
    """The guardian's side."""

    def __init__(self, tracer: int, told: mmap.mmap) -> None:
        self._tracer = tracer
        self._told = told
        self._held: dict[int, int] = {}
        """Tasks that were told to stop and are the tracer's still: tid -> pid."""
        self._taken: dict[int, int] = {}
        """Tasks that were taken over and not continued yet."""

    def run(self) -> None:
        """Serve the tracer, and after it the tasks, until all have ended."""
        with suppress(ChildProcessError):
            while True:
                tid, status = os.waitpid(-1, ptrace.WAIT_ALL)
                if not os.WIFSTOPPED(status):
                    continue
                if tid == self._tracer:
                    self._serve_tracer(status)
                else:
                    _pass_on(tid, status)

    def _serve_tracer(self, status: int) -> None:
        asked = self._told[_STATE]
        if status >> 16 == ptrace.EVENT_EXIT:
            self._hold()
            ptrace.proceed(self._tracer)
            self._collect_all()
        elif os.WSTOPSIG(status) == _CALL and asked == _DISMISSED:
            ptrace.detach(self._tracer)
            self._collect_all()
        elif os.WSTOPSIG(status) == _CALL and asked == _ASKED:
            if not self._held:
                self._hold()
            self._collect()
            self._told[_STATE] = _ANSWERED
            ptrace.proceed(self._tracer)
        else:
            _pass_on(self._tracer, status)

    def _hold(self) -> None:
        """Stop every task of the tracer, those that are created meanwhile too."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            mine = {tid: found for tid, found in procfs.tasks() if found.tracer_pid == self._tracer}
            new = mine.keys() - self._held.keys()
            for tid in new:
                self._held[tid] = mine[tid].tgid
                _tgkill(mine[tid].tgid, tid, signal.SIGSTOP)
            if not new and all(found.state in _STANDING for found in mine.values()):
                return
            time.sleep(_LOOK_S)

    def _collect_all(self) -> None:
        """Take over all that was held, now that the tracer lets go of it: as soon as they stand."""
        deadline = time.monotonic() + _PATIENCE_S
        while self._held and time.monotonic() < deadline:
            self._collect()
            time.sleep(_LOOK_S)

    def _collect(self) -> None:
        """Take over the tasks that the tracer has let go of; continue the processes of which it has none."""
        for tid, pid in list(self._held.items()):
            status = procfs.status(tid)
            if status is not None and (status.tracer_pid or status.state not in _STANDING):
                continue
            del self._held[tid]
            with suppress(OSError):  # it has ended, or it is out of our reach
                ptrace.seize(tid, follow=True, filtered=True)
                self._taken[tid] = pid
        complete = set(self._taken.values()) - set(self._held.values())
        stopped = {pid for tid, pid in self._taken.items() if self._told[tid]}
        for pid in complete - stopped:
            with suppress(OSError):
                os.kill(pid, signal.SIGCONT)
        self._taken = {tid: pid for tid, pid in self._taken.items() if pid not in complete}


def _pass_on(tid: int, status: int) -> None:
    """Let a stopped task go on as if nobody traced it."""
    stop, event = os.WSTOPSIG(status), status >> 16
    if event == ptrace.EVENT_STOP and stop in _STOPPING:
        ptrace.listen(tid)
    else:
        ptrace.proceed(tid, 0 if event else stop)

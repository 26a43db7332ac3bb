"""How tasks come under trace: attach to running ones, or launch a program."""

import os
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tracekit.errors import NotPermittedError, TracekitError
from tracekit.syscalls.select import CallSet
from tracekit.tracer import guardian, machine, procfs, ptrace, seccomp, targets
from tracekit.tracer.task import Task, Tasks
from tracekit.tracer.waiting import Waiter

_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
"""A program that is launched gets them back as any program has them."""


@dataclass(frozen=True, slots=True)
class Sieve:
    """A seccomp filter, and who takes over what has it when we go."""

    program: bytes
    guardian: guardian.Guardian


Rescan = Callable[[], Iterable[int]]


def attach(tasks: Tasks, pids: Iterable[int], follow: bool, rescan: Rescan | None = None) -> list[str]:
    """Attach to processes, with all their threads when following; return what was refused, in words.

    Threads and children are created while we look: scan until a whole pass
    finds nothing new. ``rescan`` tells the processes that are meant by now.

    Raises:
        TracekitError: not one task could be attached to; it tells why.
    """
    meant = list(pids)
    refusals: dict[int, TracekitError] = {}
    while new := [tid for tid in _tids(meant, follow) if tid not in tasks and tid not in refusals]:
        for tid in new:
            try:
                _seize(tasks, tid, follow)
            except OSError as error:
                refusals[tid] = targets.refusal(tid, error)
        if rescan:
            meant = list({*meant, *rescan()})
    if refusals and not tasks:
        raise next(iter(refusals.values()))
    return [refusal.message for refusal in refusals.values() if isinstance(refusal, NotPermittedError)]


def _tids(pids: Iterable[int], follow: bool) -> list[int]:
    """Return each process's threads; a process without any is gone, and its own number says so later."""
    tids = (tid for pid in pids for tid in (procfs.threads(pid) if follow else ()) or [pid])
    return list(dict.fromkeys(tids))


def _seize(tasks: Tasks, tid: int, follow: bool) -> None:
    """Seize one task and ask it to stop, so that its calls are seen from now on.

    Raises:
        OSError: the kernel refuses.
    """
    try:
        ptrace.seize(tid, follow)
    except OSError:
        status = procfs.status(tid)
        if status is None or not status.is_ours:
            raise
        # A thread that one of ours created meanwhile: the kernel has attached it for us.
    else:
        ptrace.interrupt(tid)
    tasks.adopt(tid, attached=True)


def sieve(wanted: CallSet) -> Sieve | None:
    """Return a filter that stops the wanted calls, and who guards it; None where that cannot be."""
    here = machine.look()
    if seccomp.obstacle(here) or guardian.obstacle(here):
        return None
    program = seccomp.program(wanted, seccomp.RUNS[os.uname().machine])
    try:
        return Sieve(program, guardian.Guardian())
    except OSError:
        return None


def launch(
    tasks: Tasks,
    program: str,
    arguments: list[str],
    follow: bool,
    waiter: Waiter,
    *,
    sieve: Sieve | None = None,
) -> Task:
    """Start a program under trace, and under a filter if there is one; its first line will be its execve.

    The child stops itself and is seized while it stands there, so nothing is
    missed and the same rules hold for it as for a task that was attached to.
    """
    pid = os.fork()
    if not pid:
        try:
            waiter.give_back()
            for number in _IGNORED_BY_PYTHON:
                signal.signal(number, signal.SIG_DFL)
            if sieve:
                sieve.guardian.give_back()
            os.kill(os.getpid(), signal.SIGSTOP)
            if sieve:
                seccomp.install(sieve.program)
            os.execv(program, arguments)  # noqa: S606
        except OSError as error:
            os.write(2, f"tracekit: cannot run {program}: {error.strerror}\n".encode())
        finally:
            os._exit(127)
    os.waitpid(pid, os.WUNTRACED)
    task = tasks.adopt_hidden(pid)
    ptrace.seize(pid, follow, filtered=sieve is not None)
    task.filtered = sieve is not None
    os.kill(pid, signal.SIGCONT)
    return task

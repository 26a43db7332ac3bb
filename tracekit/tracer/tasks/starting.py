"""How tasks come under trace: attach to running ones, or launch a program."""

import errno
import os
import pwd
import signal
import stat
from collections.abc import Callable, Iterable
from typing import NamedTuple, NoReturn

from tracekit.errors import NotPermittedError, TracekitError
from tracekit.syscalls.select import CallSet
from tracekit.tracer.kernel import procfs, ptrace, seccomp
from tracekit.tracer.kernel.waiting import IGNORED_BY_PYTHON, Waiter
from tracekit.tracer.options.launch import Launch
from tracekit.tracer.tasks import guardian
from tracekit.tracer.tasks.aside import Place
from tracekit.tracer.tasks.task import Task, Tasks
from tracekit.tracer.text.notices import Notices

_CALM = 2
"""Passes without anything new, after which all are found."""


class Sieve(NamedTuple):
    """A seccomp filter, and who takes over what has it when we go."""

    program: bytes
    guardian: guardian.Guardian


Rescan = Callable[[], Iterable[int]]


def attach(
    tasks: Tasks,
    pids: Iterable[int],
    follow: bool,
    rescan: Rescan | None = None,
    notices: Notices | None = None,
) -> list[str]:
    """Attach to processes, with all their threads when following; return what was refused, in words.

    Threads and children are created while we look, and a folder of /proc that
    shrinks while it is read can leave out who is there: scan until two whole
    passes find nothing new. What we have seized stands still until then.
    ``rescan`` tells the processes that are meant by now.

    Raises:
        TracekitError: not one task could be attached to; it tells why.
    """
    meant = list(pids)
    refusals: dict[int, TracekitError] = {}
    calm = 0
    while calm < _CALM:
        new = [tid for tid in _tids(meant, follow) if tid not in tasks and tid not in refusals]
        calm = 0 if new else calm + 1
        for tid in new:
            try:
                _seize(tasks, tid, follow)
            except OSError as error:
                refusals[tid] = refusal(tid, error)
                if notices and tid in meant:
                    notices.refused(tid, error)
        if rescan:
            meant = list({*meant, *rescan()})
    for pid in meant if notices else ():
        if notices and pid in tasks:
            notices.attached(pid, sum(task.pid == tasks[pid].pid for task in tasks.values()))
    if refusals and not tasks:
        raise next(iter(refusals.values()))
    return [refusal.message for refusal in refusals.values() if isinstance(refusal, NotPermittedError)]


def refusal(tid: int, error: OSError) -> TracekitError:
    """Explain why a task could not be attached to, with what to do about it."""
    from tracekit.tracer import machine  # noqa: PLC0415 - it has much to import, and few traces need it

    return machine.explain(tid, error.errno or errno.EPERM, machine.look()).error()


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


def sieve(wanted: CallSet, say: Callable[[str], None] | None = None) -> Sieve | None:
    """Return a filter that stops the wanted calls, and who guards it.

    None where that cannot be: ``say`` is told why.
    """
    from tracekit.tracer.kernel import facts  # noqa: PLC0415 - see refusal

    here = facts.look()
    obstacle = seccomp.obstacle(here) or guardian.obstacle(here)
    if obstacle is None:
        program = seccomp.program(wanted, seccomp.RUNS[os.uname().machine])
        try:
            return Sieve(program, guardian.Guardian())
        except OSError as error:
            obstacle = f"no guardian could be started: {error.strerror}"
    if say:
        say(f"seccomp filter is requested but unavailable: {obstacle}")
    return None


def launch(
    tasks: Tasks,
    program: str,
    arguments: list[str],
    follow: bool,
    waiter: Waiter,
    *,
    how: Launch,
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
            if sieve:
                sieve.guardian.give_back()
            become(program, arguments, how, lambda: _stand(sieve))
        finally:
            os._exit(how.failed)
    os.waitpid(pid, os.WUNTRACED)
    task = tasks.adopt_hidden(pid)
    ptrace.seize(pid, follow, filtered=sieve is not None)
    task.filtered = sieve is not None
    os.kill(pid, signal.SIGCONT)
    return task


def take_over(tasks: Tasks, place: Place, follow: bool) -> Task:
    """Take a process that waits to become the program, as ``launch`` does with a child."""
    task = tasks.adopt_hidden(place.pid)
    ptrace.seize(place.pid, follow)
    ptrace.interrupt(place.pid)
    place.begin()
    return task


def become(program: str, arguments: list[str], how: Launch, ready: Callable[[], None]) -> NoReturn:
    """Run the program in this process, once ``ready`` has returned."""
    try:
        for number in IGNORED_BY_PYTHON:
            signal.signal(number, signal.SIG_DFL)
        if how.user is not None:
            _take_rights(how.user, program)
        ready()
        os.execve(program, arguments, how.environ(dict(os.environ)))  # noqa: S606
    except OSError as error:
        os.write(2, how.failure(program, error).encode())
    finally:
        os._exit(how.failed)


def _stand(sieve: Sieve | None) -> None:
    """Stand still until we are seized, then take the filter."""
    os.kill(os.getpid(), signal.SIGSTOP)
    if sieve:
        seccomp.install(sieve.program)


def _take_rights(user: str, program: str) -> None:
    """Take a user's rights, and those that the program's set-user-ID and set-group-ID bits give."""
    entry = pwd.getpwnam(user)
    facts = os.stat(program)
    os.initgroups(user, entry.pw_gid)
    os.setregid(entry.pw_gid, facts.st_gid if facts.st_mode & stat.S_ISGID else entry.pw_gid)
    os.setreuid(entry.pw_uid, facts.st_uid if facts.st_mode & stat.S_ISUID else entry.pw_uid)

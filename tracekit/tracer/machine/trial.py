"""Trying out what the kernel lets us do, on processes of our own.

What a seccomp filter, Yama or another security module refuses can be foretold
in part only. So it is tried, by a process that is forked for it: a filter may
kill whoever calls ptrace(2).
"""

import ctypes
import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tracekit.tracer.annotations.sockets import Sockets
from tracekit.tracer.kernel import memory, ptrace

_PATIENCE_S = 10
"""After so long the examiner gives up (alarm(2))."""
_SEEN = b"what tracekit reads"
_marker = ctypes.create_string_buffer(_SEEN)
"""A fork has it at the same address."""

WORKED = 0
FAILED = -1
"""There was no error number, and yet it did not work."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of each request: 0, an error number, -1 for another failure, None when not tried."""

    call: int | None = None
    """ptrace(2) itself reaches the kernel, whatever that answers."""
    attach: int | None = None
    """PTRACE_SEIZE of a process of ours that is not the tracer's child."""
    run: int | None = None
    """PTRACE_SEIZE of the tracer's child."""
    info: int | None = None
    """PTRACE_GET_SYSCALL_INFO (Linux 5.3)."""
    memory: int | None = None
    """process_vm_readv(2) of the traced process."""
    reading: int | None = None
    """Reading its memory as tracing does it: by that call, or word by word with PTRACE_PEEKDATA."""
    signal: int = 0
    """What killed the examiner: SIGSYS when a filter did."""


def attempt() -> Trial:
    """Trace two processes that are started for it and end with it, and return what came of that."""
    with companion() as sibling:
        reading, writing = os.pipe()
        examiner = os.fork()
        if not examiner:
            try:
                signal.alarm(_PATIENCE_S)
                _examine(sibling, lambda name, error: os.write(writing, f"{name} {error}\n".encode()))
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as lines:
            steps = {name: int(error) for name, error in map(str.split, lines)}
        return Trial(**steps, signal=_end(examiner))


def attach_error(tid: int) -> int:
    """Return with which error number the kernel would refuse to let us attach to a task, 0 if it would not.

    The task is not touched: process_vm_readv(2) is held to the same rule, the
    ptrace access mode PTRACE_MODE_ATTACH_REALCREDS, before it looks for the address.
    """
    ctypes.set_errno(0)
    memory.transfer(tid, 1, 1)
    found = ctypes.get_errno()
    return 0 if found == errno.EFAULT else found


def forbidden() -> int:
    """Return the error number with which ptrace(2) is kept from the kernel, 0 when it gets there.

    There is no task 0, so the kernel answers ESRCH. Another answer is a seccomp filter's.
    """
    found = _error(lambda: ptrace.seize(0, follow=False))
    return 0 if found == errno.ESRCH else found


def socket_error() -> str:
    """Return why the addresses of sockets are not to be had (sock_diag(7)), nothing when they are."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            described = Sockets()
            try:
                inode = os.fstat(server.fileno()).st_ino
                text = described.describe(b"/proc/self/fd/%d" % server.fileno(), inode) or ""
            finally:
                described.close()
            port = server.getsockname()[1]
    except OSError as error:
        return error.strerror or str(error)
    return "" if f"127.0.0.1:{port}" in text else "the kernel does not tell them"


@contextmanager
def companion() -> Iterator[int]:
    """Start a process that waits, and ends with the block or with us."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(writing)
            os.read(reading, 1)
        finally:
            os._exit(0)
    os.close(reading)
    try:
        yield pid
    finally:
        os.close(writing)
        _end(pid)


def _examine(sibling: int, tell: Callable[[str, int], object]) -> None:
    """Try everything and tell each result at once: what comes next may be our end."""
    tell("call", forbidden())
    tell("attach", _visit(sibling))
    with companion() as child:
        tell("run", _visit(child, tell))


def _visit(pid: int, tell: Callable[[str, int], object] = lambda _name, _error: None) -> int:
    """Seize a process, look into it while it stands, let it go; return the error number of the first."""
    if refused := _error(lambda: ptrace.seize(pid, follow=False)):
        return refused
    ptrace.interrupt(pid)
    os.waitpid(pid, ptrace.WAIT_ALL)
    tell("info", _error(lambda: ptrace.ask_syscall_info(pid)))
    tell("memory", _error(lambda: _look_into(pid, memory.transfer)))
    tell("reading", _error(lambda: _look_into(pid, memory.read)))
    ptrace.detach(pid)
    return WORKED


def _look_into(pid: int, read: Callable[[int, int, int], bytes | None]) -> None:
    """Read what we know to be there.

    Raises:
        OSError: something else came.
    """
    ctypes.set_errno(0)
    if read(pid, ctypes.addressof(_marker), len(_SEEN)) != _SEEN:
        raise OSError(ctypes.get_errno() or FAILED, "what is there was not read")


def _error(request: Callable[[], object]) -> int:
    """Return the error number of a request; what it fails with is the result that is looked for."""
    try:
        request()
    except Exception as error:  # noqa: BLE001 - python-ptrace's errors are no OSErrors
        return getattr(error, "errno", None) or FAILED
    return WORKED


def _end(pid: int) -> int:
    """Wait for a process of ours to end; return the signal that killed it, or 0."""
    with suppress(ChildProcessError):  # whoever started us may ignore SIGCHLD: then it is gone already
        _, status = os.waitpid(pid, 0)
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return 0

"""What calls do to descriptors and processes: one small function a family of calls, and the table of them."""

from collections.abc import Callable

from tracekit.analyzers.state import arguments
from tracekit.analyzers.state.annotations import tcp_addresses
from tracekit.analyzers.state.arguments import NOTHING, argument, flags_of, number
from tracekit.analyzers.state.calls import by_call
from tracekit.analyzers.state.connections import ended_ns
from tracekit.analyzers.state.forks import pidfd_of, task_made
from tracekit.analyzers.state.openfiles import UNIX, OpenFile
from tracekit.analyzers.state.state import State, returned_annotation
from tracekit.events import Array, Row, symbols
from tracekit.syscalls.families import names_of

Effect = Callable[[State, Row], None]

ENDS = (0, 1)
"""Of a pipe or a socketpair."""


RINGS = names_of("io_uring_setup")
ALWAYS_CLOSED = names_of("io_uring_setup", "landlock_create_ruleset", "mq_open")
"""Calls whose descriptor exec closes without being asked to: io_uring_setup(2), mq_open(3), ..."""


def make(state: State, row: Row, file: OpenFile, *, cloexec: bool) -> OpenFile:
    """Let the descriptor that a call returned stand for a file."""
    assert row.ret is not None
    file.opened = row
    state.install(row, row.ret, file, cloexec=cloexec, annotation=returned_annotation(row))
    return file


def other(state: State, row: Row) -> None:
    """epoll_create1, eventfd2, timerfd_create, memfd_create, ...: neither a file nor a socket."""
    make(state, row, OpenFile("other"), cloexec=_closes_on_exec(row))
    if row.name in RINGS:
        state.rings.append(row)


def ring(state: State, row: Row) -> None:
    """io_uring_enter, io_uring_register: a ring that is older than the trace."""
    if not state.rings:
        state.rings.append(row)


def socket(state: State, row: Row) -> None:
    """socket: not yet connected, or to become a listener."""
    text = row.args or ""
    file = OpenFile("socket", socket=True, outgoing="SOCK_DGRAM" in text or "SOCK_RAW" in text)
    make(state, row, file, cloexec="SOCK_CLOEXEC" in text)


def accept(state: State, row: Row) -> None:
    """accept, accept4: a client's connection."""
    listener = state.descriptors.first(row)
    local, peer = tcp_addresses(returned_annotation(row))
    peer = peer or arguments.address(argument(row, 1))
    if listener is not None and listener.local is None and peer is not None and peer.startswith(UNIX):
        listener.local = UNIX
    listening = listener.local if listener else None
    file = OpenFile("socket", local=local or _specific(listening), peer=peer, accepted=True, socket=True)
    make(state, row, file, cloexec="SOCK_CLOEXEC" in symbols(argument(row, 3)))
    assert row.ret is not None
    connection = state.connect(row, row.ret, file)
    connection.accepted = row
    connection.listen = listening or file.local
    connection.listener = state.descriptors.number(row)
    connection.ready_ns = ended_ns(row)
    state.work.leave(row.tid)


def _specific(listening: str | None) -> str | None:
    """Return a listener's address when it is also that of its connections: not a wildcard."""
    if listening is None or listening.startswith(("0.0.0.0:", "[::]:")):
        return None
    return listening


def _closes_on_exec(row: Row) -> bool:
    """Tell whether a call that takes no text of others makes a descriptor that exec closes."""
    return row.name in ALWAYS_CLOSED or "CLOEXEC" in (row.args or "").rpartition('"')[2]


def pair(state: State, row: Row) -> None:
    """pipe, pipe2, socketpair: two descriptors in an array, each the other's end."""
    values = arguments.read(row.args or "")
    array = next((value for value in values if isinstance(value, Array)), None)
    items = array.items if array else ()
    cloexec = "CLOEXEC" in (row.args or "")
    files = [OpenFile("other", opened=row) for _ in items]
    if len(files) == len(ENDS):
        files[0].end, files[1].end = files[1], files[0]
    for item, file in zip(items, files, strict=True):
        fd = number(item)
        if fd is not None:
            state.install(row, fd, file, cloexec=cloexec, annotation=arguments.annotation(item))


def duplicate(state: State, row: Row) -> None:
    """dup, dup2, dup3, fcntl(F_DUPFD): another number for the same file."""
    file = state.descriptors.first(row)
    if file is None or row.ret is None or row.ret == number(argument(row, 0)):
        return
    asked = symbols(argument(row, 1)) | symbols(argument(row, 2))
    cloexec = bool(asked & {"O_CLOEXEC", "F_DUPFD_CLOEXEC"})
    state.install(row, row.ret, file, cloexec=cloexec, annotation=returned_annotation(row))


def fcntl(state: State, row: Row) -> None:
    """fcntl: F_DUPFD makes descriptors, F_SETFD sets close-on-exec."""
    text = row.args or ""
    if row.ret is None or row.ret < 0 or ("F_DUPFD" not in text and "F_SETFD" not in text):
        return
    command = symbols(argument(row, 1))
    if command & {"F_DUPFD", "F_DUPFD_CLOEXEC"}:
        duplicate(state, row)
    elif "F_SETFD" in command:
        _set_cloexec(state, row, "FD_CLOEXEC" in symbols(argument(row, 2)))


def ioctl(state: State, row: Row) -> None:
    """FIOCLEX, FIONCLEX: set close-on-exec, or take it back (ioctl_fioclex)."""
    if row.ret == 0 and "CLEX" in (row.args or ""):
        command = symbols(argument(row, 1))
        if command & {"FIOCLEX", "FIONCLEX"}:
            _set_cloexec(state, row, "FIOCLEX" in command)


def _set_cloexec(state: State, row: Row, cloexec: bool) -> None:
    fd = state.descriptors.number(row)
    slot = None if fd is None else state.descriptors.of(row).get(fd)
    if slot is not None:
        slot.cloexec = cloexec


def close(state: State, row: Row) -> None:
    """close: the number is free, whatever the call returns (close(2)); EBADF tells that it was before."""
    fd = state.descriptors.number(row)
    if fd is None:
        return
    known = row.errno != "EBADF"
    if known:
        state.descriptors.first(row)
    state.close(state.descriptors.close(row, fd, known=known), row, known=known)


def close_range(state: State, row: Row) -> None:
    """close_range: every descriptor between two numbers; with a flag only at the next exec."""
    first, last = number(argument(row, 0)), number(argument(row, 1))
    if row.ret != 0 or first is None or last is None:
        return
    flags = symbols(argument(row, 2))
    if "CLOSE_RANGE_UNSHARE" in flags:
        state.descriptors.part(row, alone=_is_alone(state, row))
    table = state.descriptors.of(row)
    for fd in [fd for fd in table if first <= fd <= last or last < 0 <= fd - first]:
        if "CLOSE_RANGE_CLOEXEC" in flags:
            table[fd].cloexec = True
        else:
            state.close(state.descriptors.close(row, fd), row)


def bind(state: State, row: Row) -> None:
    """bind, getsockname: the near address of a socket."""
    file = state.descriptors.first(row)
    found = arguments.address(argument(row, 1))
    if file is None or found is None or row.ret != 0:
        return
    file.kind, file.local = "socket", found
    file.work_as_socket()
    if file.connection:
        file.connection.local = found


def getpeername(state: State, row: Row) -> None:
    """getpeername: the far address of a connection."""
    file = state.descriptors.first(row)
    found = arguments.address(argument(row, 1))
    if file is None or found is None or row.ret != 0:
        return
    file.kind, file.peer = "socket", file.peer or found
    file.work_as_socket()
    if file.connection:
        file.connection.client = file.connection.client or found


def connect(state: State, row: Row) -> None:
    """connect: a connection of which the process is the client; no request is read from it."""
    file = state.descriptors.first(row)
    if file is not None and not file.accepted:
        file.kind, file.socket, file.outgoing = "socket", True, True


def on_socket(state: State, row: Row) -> None:
    """listen, shutdown, setsockopt, ...: calls that work on sockets alone."""
    file = state.descriptors.first(row)
    if file is not None and row.ret is not None and row.ret >= 0:
        file.work_as_socket()


def fork(state: State, row: Row) -> None:
    """fork, vfork, clone, clone3: the new task's table, its working directory and root."""
    child, flags = task_made(row), flags_of(row)
    if child is None or flags is None:
        return
    if "CLONE_THREAD" in flags:
        state.descriptors.thread(row, child, shared="CLONE_FILES" in flags)
        state.folders.thread(state.place(row), child, shared="CLONE_FS" in flags)
        return
    state.folders.fork(state.place(row), child, shared="CLONE_FS" in flags)
    for file in state.descriptors.fork(row, child, shared="CLONE_FILES" in flags):
        state.close(file, row, known=False)
    value = pidfd_of(row) if "CLONE_PIDFD" in flags else NOTHING
    fd = number(value)
    if fd is not None and fd >= 0:
        file = OpenFile("other", opened=row, pid=child)
        state.install(row, fd, file, cloexec=True, annotation=arguments.annotation(value))


def unshare(state: State, row: Row) -> None:
    """unshare: of the table (CLONE_FILES), of the working directory and root (CLONE_FS)."""
    flags = symbols(argument(row, 0))
    if row.ret != 0:
        return
    alone = _is_alone(state, row)
    if "CLONE_FILES" in flags:
        state.descriptors.part(row, alone=alone)
    if flags & {"CLONE_FS", "CLONE_NEWUSER", "CLONE_NEWNS"}:
        state.folders.part(state.descriptors.process(row), row.tid, alone=alone)


def _is_alone(state: State, row: Row) -> bool:
    """Tell whether no other thread of a call's process was seen."""
    return row.pid is None or len(state.threads.get(row.pid, ())) < 2


def execve(state: State, row: Row) -> None:
    """execve, execveat: closes what is marked close-on-exec, and ends all other threads."""
    if row.ret == 0:
        for file in state.descriptors.exec(row):
            state.close(file, row)
        state.folders.exec(state.descriptors.process(row), row.tid)
        if row.pid in state.threads:
            state.threads[row.pid] = {row.pid}


def leave(state: State, row: Row) -> None:
    """exit: the end of a thread; exit_group, that of a process, counts when it is told."""
    if row.name == "exit":
        for file in state.descriptors.exit_thread(row):
            state.close(file, row)


MAKING: dict[str, Effect] = by_call(
    {
        "accepts": accept,
        "pair": pair,
        "dups": duplicate,
        "opens": other,
        "make a socket": socket,
    }
)
"""Calls that make a descriptor: they count from their return on, and only when they succeed."""

CHANGING: dict[str, Effect] = by_call(
    {
        "forks": fork,
        "execs": execve,
        "exits": leave,
        "binds": bind,
        "near address": bind,
        "far address": getpeername,
        "listens": on_socket,
        "on a socket": on_socket,
        "connects": connect,
        "closes": close,
        "closes_range": close_range,
        "fcntl": fcntl,
        "ioctl": ioctl,
        "share no longer": unshare,
        "ring": ring,
    }
)
"""Calls that change or use descriptors: they count from their beginning on."""

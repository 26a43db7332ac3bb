"""What calls do to descriptors and processes: one small function a family of calls, and the table of them."""

from collections.abc import Callable

from tracekit.analyzers.state import arguments, paths
from tracekit.analyzers.state.arguments import argument, named, number, symbols
from tracekit.analyzers.state.calls import by_call
from tracekit.analyzers.state.connections import ended_ns
from tracekit.analyzers.state.descriptors import OpenFile, tcp_addresses
from tracekit.analyzers.state.state import State, returned_annotation
from tracekit.events import Array, Row, Struct

Effect = Callable[[State, Row], None]


def make(state: State, row: Row, file: OpenFile, *, cloexec: bool) -> OpenFile:
    """Let the descriptor that a call returned stand for a file."""
    assert row.ret is not None
    file.opened = row
    state.descriptors.install(row, row.ret, file, cloexec=cloexec, annotation=returned_annotation(row))
    return file


def other(state: State, row: Row) -> None:
    """epoll_create1, eventfd2, timerfd_create, memfd_create, ...: neither a file nor a socket."""
    make(state, row, OpenFile("other"), cloexec="CLOEXEC" in (row.args or ""))


def socket(state: State, row: Row) -> None:
    """socket: not yet connected, or to become a listener."""
    file = OpenFile("socket", socket=True)
    make(state, row, file, cloexec="SOCK_CLOEXEC" in (row.args or ""))


def take(state: State, row: Row) -> None:
    """pidfd_getfd: what another process has; the trace need not show what that is."""
    make(state, row, OpenFile("unknown"), cloexec=True)


def accept(state: State, row: Row) -> None:
    """accept, accept4: a client's connection."""
    listener = state.descriptors.first(row)
    local, peer = tcp_addresses(returned_annotation(row))
    peer = peer or arguments.address(argument(row, 1))
    listening = listener.local if listener else None
    file = OpenFile("socket", local=local or _specific(listening), peer=peer, accepted=True, socket=True)
    make(state, row, file, cloexec="SOCK_CLOEXEC" in symbols(argument(row, 3)))
    assert row.ret is not None
    connection = state.connect(row, row.ret, file)
    connection.accepted = row
    connection.listen = listening or file.local
    connection.listener = state.descriptors.number(row)
    connection.ready_ns = ended_ns(row)
    state.focus.pop(row.tid, None)


def _specific(listening: str | None) -> str | None:
    """Return a listener's address when it is also that of its connections: not a wildcard."""
    if listening is None or listening.startswith(("0.0.0.0:", "[::]:")):
        return None
    return listening


def pair(state: State, row: Row) -> None:
    """pipe, pipe2, socketpair: two descriptors in an array."""
    values = arguments.read(row.args or "")
    array = next((value for value in values if isinstance(value, Array)), None)
    cloexec = "CLOEXEC" in (row.args or "")
    for item in array.items if array else ():
        fd = number(item)
        if fd is not None:
            file = OpenFile("other", opened=row)
            state.descriptors.install(row, fd, file, cloexec=cloexec, annotation=arguments.annotation(item))


def duplicate(state: State, row: Row) -> None:
    """dup, dup2, dup3, fcntl(F_DUPFD): another number for the same file."""
    file = state.descriptors.first(row)
    if file is None or row.ret is None or row.ret == number(argument(row, 0)):
        return
    cloexec = "CLOEXEC" in (row.args or "")
    state.descriptors.install(row, row.ret, file, cloexec=cloexec, annotation=returned_annotation(row))


def fcntl(state: State, row: Row) -> None:
    """fcntl: F_DUPFD makes descriptors, F_SETFD sets close-on-exec."""
    text = row.args or ""
    if "F_DUPFD" not in text and "F_SETFD" not in text:
        return
    command = symbols(argument(row, 1))
    if command & {"F_DUPFD", "F_DUPFD_CLOEXEC"}:
        duplicate(state, row)
    elif "F_SETFD" in command:
        fd = number(argument(row, 0))
        slot = state.descriptors.table(state.descriptors.process(row)).get(-1 if fd is None else fd)
        if slot:
            slot.cloexec = "FD_CLOEXEC" in symbols(argument(row, 2))


def close(state: State, row: Row) -> None:
    """close: the number is free, whatever the call returns but EBADF (close(2))."""
    fd = state.descriptors.number(row)
    if fd is not None and row.errno != "EBADF":
        state.descriptors.first(row)
        state.close(state.descriptors.close(row, fd), row)


def close_range(state: State, row: Row) -> None:
    """close_range: every descriptor between two numbers; with a flag only at the next exec."""
    first, last = number(argument(row, 0)), number(argument(row, 1))
    if row.ret != 0 or first is None or last is None:
        return
    table = state.descriptors.table(state.descriptors.process(row))
    for fd in [fd for fd in table if first <= fd <= last]:
        if "CLOSE_RANGE_CLOEXEC" in (row.args or ""):
            table[fd].cloexec = True
        else:
            state.close(state.descriptors.close(row, fd), row)


def bind(state: State, row: Row) -> None:
    """bind, getsockname: the near address of a socket."""
    file = state.descriptors.first(row)
    found = arguments.address(argument(row, 1))
    if file is None or found is None or row.ret != 0:
        return
    file.kind, file.socket, file.local = "socket", True, found
    if file.connection:
        file.connection.local = found
        file.connection.is_socket = True


def getpeername(state: State, row: Row) -> None:
    """getpeername: the far address of a connection."""
    file = state.descriptors.first(row)
    found = arguments.address(argument(row, 1))
    if file is None or found is None or row.ret != 0:
        return
    file.kind, file.socket, file.peer = "socket", True, file.peer or found
    if file.connection:
        file.connection.client = file.connection.client or found
        file.connection.is_socket = True


def connect(state: State, row: Row) -> None:
    """connect: a connection of which the process is the client; no request is read from it."""
    file = state.descriptors.first(row)
    if file is not None and not file.accepted:
        file.kind, file.socket = "other", True


def on_socket(state: State, row: Row) -> None:
    """listen, shutdown, setsockopt, ...: calls that work on sockets alone."""
    file = state.descriptors.first(row)
    if file is not None and row.ret is not None and row.ret >= 0:
        file.socket = True
        if file.kind == "unknown":
            file.kind = "socket"
        if file.connection:
            file.connection.is_socket = True


def fork(state: State, row: Row) -> None:
    """fork, vfork, clone, clone3: the new task's table, and its working directory."""
    child = row.ret
    if not child or child < 0:
        return
    flags = symbols(named(row, "flags"))
    if "CLONE_THREAD" in flags:
        return
    parent = state.descriptors.process(row)
    state.descriptors.fork(row, child, shared="CLONE_FILES" in flags)
    if parent in state.folders:
        state.folders[child] = state.folders[parent]


def execve(state: State, row: Row) -> None:
    """execve, execveat: closes what is marked close-on-exec."""
    if row.ret == 0:
        for file in state.descriptors.exec(row):
            state.close(file, row)


def chdir(state: State, row: Row) -> None:
    """chdir: the folder that relative names begin at, for the whole process."""
    name = arguments.path(argument(row, 0))
    if row.ret == 0 and name is not None:
        folder = paths.resolve(name, state.folder(row))
        if folder.startswith("/"):
            state.folders[state.descriptors.process(row)] = folder


def fchdir(state: State, row: Row) -> None:
    """fchdir: the same by a descriptor."""
    file = state.descriptors.first(row)
    if row.ret != 0 or file is None:
        return
    if file.path:
        state.folders[state.descriptors.process(row)] = file.path
    else:
        state.folders.pop(state.descriptors.process(row), None)


def epoll_ctl(state: State, row: Row) -> None:
    """epoll_ctl: which data word stands for which descriptor."""
    epoll = state.descriptors.first(row)
    operation = symbols(argument(row, 1))
    fd, event = number(argument(row, 2)), argument(row, 3)
    if row.ret != 0 or epoll is None or fd is None or not isinstance(event, Struct):
        return
    file = state.descriptors.at(row, fd, arguments.annotation(argument(row, 2)))
    data = event.get("data")
    word = number(data.get("u64") or arguments.NOTHING) if isinstance(data, Struct) else None
    if word is not None and not operation & {"EPOLL_CTL_DEL"}:
        state.polled.setdefault(epoll, {})[word] = file


def epoll_wait(state: State, row: Row) -> None:
    """epoll_wait: the connections that are ready to be read."""
    state.focus.pop(row.tid, None)
    epoll = state.descriptors.first(row)
    if epoll is None or not row.ret or row.ret < 0:
        return
    events = argument(row, 1)
    registered = state.polled.get(epoll, {})
    for event in events.items if isinstance(events, Array) else ():
        data = event.get("data") if isinstance(event, Struct) else None
        word = number(data.get("u64") or arguments.NOTHING) if isinstance(data, Struct) else None
        file = registered.get(-1 if word is None else word)
        if file and file.connection:
            file.connection.ready_ns = ended_ns(row)


def poll(state: State, row: Row) -> None:
    """poll, ppoll: the same for the descriptors that it lists; with one, it is the one that is ready."""
    polled = argument(row, 0)
    if row.ret != 1 or not isinstance(polled, Array) or len(polled.items) != 1:
        return
    entry = polled.items[0]
    value = entry.get("fd") if isinstance(entry, Struct) else None
    fd = number(value) if value is not None else None
    if value is None or fd is None or fd < 0:
        return
    file = state.descriptors.at(row, fd, arguments.annotation(value))
    if file.connection:
        file.connection.ready_ns = ended_ns(row)


MAKING: dict[str, Effect] = by_call(
    {
        "accepts": accept,
        "pair": pair,
        "dups": duplicate,
        "opens": other,
        "make a socket": socket,
        "take a descriptor": take,
    }
)
"""Calls that make a descriptor: they count from their return on, and only when they succeed."""

CHANGING: dict[str, Effect] = by_call(
    {
        "forks": fork,
        "execs": execve,
        "binds": bind,
        "near address": bind,
        "far address": getpeername,
        "listens": on_socket,
        "on a socket": on_socket,
        "connects": connect,
        "wait of epoll": epoll_wait,
        "epoll_ctl": epoll_ctl,
        "poll": poll,
        "closes": close,
        "closes_range": close_range,
        "fcntl": fcntl,
        "chdirs": chdir,
        "fchdir": fchdir,
    }
)
"""Calls that change or use descriptors: they count from their beginning on."""

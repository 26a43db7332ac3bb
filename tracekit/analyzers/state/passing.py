"""Descriptors that come from another process: over unix sockets (unix(7)), or by pidfd_getfd(2).

What comes out of a socket is the same open file that was put into its other end. Where the trace shows
which end belongs to which (socketpair, or -yy), they come in the order in which they were sent; else they
are known only when no others are on their way.
"""

import re
from collections import deque
from collections.abc import Iterable

from tracekit.analyzers.state import arguments
from tracekit.analyzers.state.arguments import NOTHING, argument, number
from tracekit.analyzers.state.calls import by_call
from tracekit.analyzers.state.effects import Effect, make
from tracekit.analyzers.state.openfiles import OpenFile
from tracekit.analyzers.state.state import State
from tracekit.events import Array, Change, Name, Row, Struct, Value, symbols
from tracekit.syscalls.families import names_of

RIGHTS = "SCM_RIGHTS"
SENDING = names_of("sendmsg", "sendmmsg")
RECEIVING = names_of("recvmsg", "recvmmsg")
ENDS = re.compile(r"UNIX[\w-]*:\[(\d+)->(\d+)")
"""A unix socket that is connected, with the inodes of both ends (-yy)."""


def passes(row: Row) -> bool:
    """Tell whether a call receives descriptors, so that it counts from its return on."""
    return row.name in RECEIVING and RIGHTS in (row.args or "") and (row.ret or -1) >= 0


def rights(state: State, row: Row) -> None:
    """sendmsg, recvmsg and their like with msg_control: descriptors go, or have come."""
    text = row.args or ""
    if RIGHTS not in text or row.ret is None or row.ret < 0:
        return
    file = state.descriptors.first(row)
    if file is None:
        return
    flags = symbols(argument(row, 3 if "mmsg" in (row.name or "") else 2))
    for message in _messages(argument(row, 1), row.ret):
        group = list(_descriptors(message))
        if group and row.name in SENDING:
            _send(state, row, file, group)
        elif group:
            said = symbols(message.get("msg_flags") or NOTHING)
            _receive(state, row, file, group, flags | said)


def _messages(value: Value, count: int) -> Iterable[Struct]:
    """Yield the msghdr of a call, or those of the messages that sendmmsg and recvmmsg have moved."""
    if isinstance(value, Array):
        for item in value.items[:count]:
            header = item.get("msg_hdr") if isinstance(item, Struct) else None
            if isinstance(header, Struct):
                yield header
    elif isinstance(value, Struct):
        yield value


def _descriptors(message: Struct) -> Iterable[Value]:
    """Yield the descriptors in a message's control data."""
    control = message.get("msg_control") or NOTHING
    if isinstance(control, Change):
        control = control.after
    for item in control.items if isinstance(control, Array) else ():
        if isinstance(item, Struct) and item.get("cmsg_type") == Name(RIGHTS):
            data = item.get("cmsg_data")
            yield from data.items if isinstance(data, Array) else ()


def _send(state: State, row: Row, file: OpenFile, group: list[Value]) -> None:
    fds = [(fd, arguments.annotation(value)) for value in group if (fd := number(value)) is not None]
    files = [state.descriptors.at(row, fd, annotation) for fd, annotation in fds]
    for sent in files:
        sent.references += 1
    queue = _queue(state, _other_end(state, row, file))
    queue.append(files)


def _receive(state: State, row: Row, file: OpenFile, group: list[Value], flags: frozenset[str]) -> None:
    """Let the numbers that came stand for what was sent; MSG_PEEK leaves it there for the next."""
    sent = _sent(state, row, file, len(group), flags)
    for place, value in enumerate(group):
        fd, annotation = number(value), arguments.annotation(value)
        if fd is None or fd < 0:
            continue
        came = sent[place] if sent else state.descriptors.sockets.named(annotation)
        state.install(row, fd, came, cloexec="MSG_CMSG_CLOEXEC" in flags, annotation=annotation)
        _note(state, row, came)
    for each in sent if "MSG_PEEK" not in flags else ():
        state.close(state.descriptors.release(each), row)


def _sent(state: State, row: Row, file: OpenFile, count: int, flags: frozenset[str]) -> list[OpenFile]:
    """Return what was sent with a message of which so many descriptors came; empty when that is not known.

    For what the receiver has no room, the kernel closes, and says so: MSG_CTRUNC (recv(2), unix(7)).
    """
    other = _other_end(state, row, file)
    queue = _queue(state, None if other is None and not file.passed else file)
    if not queue or (queue is state.adrift and len(queue) > 1):
        return []
    sent = queue[0]
    if count != len(sent) and not ("MSG_CTRUNC" in flags and count < len(sent)):
        return []
    return sent if "MSG_PEEK" in flags else queue.popleft()


def _note(state: State, row: Row, file: OpenFile) -> None:
    """Note by which call a connection came to another process."""
    if file.connection is not None:
        state.service.care(file.connection).passed = row


def _queue(state: State, end: OpenFile | None) -> "deque[list[OpenFile]]":
    """Return what is on its way to an end; or all that is on its way to ends that the trace does not show."""
    if end is None:
        return state.adrift
    if end.passed is None:
        end.passed = deque()
    return end.passed


def _other_end(state: State, row: Row, file: OpenFile) -> OpenFile | None:
    """Return the other end of a unix socket, as far as the trace tells which it is."""
    if file.end is None and (found := ENDS.match(arguments.annotation(argument(row, 0)))):
        file.end = state.descriptors.sockets.numbered(found[2])
        file.end.end = file.end.end or file
    return file.end


def pidfd_open(state: State, row: Row) -> None:
    """pidfd_open: a descriptor that stands for a process."""
    make(state, row, OpenFile("other", pid=number(argument(row, 0))), cloexec=True)


def pidfd_getfd(state: State, row: Row) -> None:
    """pidfd_getfd: the file that another process has; where the trace does not show which, an unknown one."""
    pidfd, fd = state.descriptors.first(row), number(argument(row, 1))
    table = state.descriptors.tables.get(pidfd.pid) if pidfd and pidfd.pid is not None else None
    slot = None if fd is None or table is None else table.get(fd)
    assert row.ret is not None
    if slot is None:
        make(state, row, OpenFile("unknown"), cloexec=True)
    else:
        state.install(row, row.ret, slot.file, cloexec=True)
        _note(state, row, slot.file)


PASSING: dict[str, Effect] = by_call({"name a process": pidfd_open, "take a descriptor": pidfd_getfd})
RIGHTS_IN: dict[str, Effect] = dict.fromkeys(SENDING | RECEIVING, rights)

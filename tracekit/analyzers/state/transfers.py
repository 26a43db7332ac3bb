"""Bytes that calls move: from and to files, and what is read from connections and written to them."""

import re

from tracekit.analyzers.http.messages import TOKEN
from tracekit.analyzers.state import arguments
from tracekit.analyzers.state.arguments import NOTHING, argument, number
from tracekit.analyzers.state.calls import by_call
from tracekit.analyzers.state.effects import Effect
from tracekit.analyzers.state.exchange import answered, asked, connection_of
from tracekit.analyzers.state.openfiles import OpenFile
from tracekit.analyzers.state.state import State
from tracekit.events import Array, Row, Struct, Value, symbols
from tracekit.syscalls.families import names_of

MOVED = 1
"""The argument of every read and write that holds what is moved."""
ON_SOCKETS = names_of("recvfrom", "recvmsg", "sendto", "sendmsg", "recvmmsg", "sendmmsg")
MAPPED = re.compile(r"[^,]+, (\d+), [^,]+, ([^,]+), (\d+)")
"""The length, the flags and the descriptor of a mmap; without a file it has -1 there."""
MESSAGES = names_of("recvmsg")
DATAGRAMS = names_of("recvfrom")
METHOD = re.compile(rb"(?=[A-Z])" + TOKEN + rb"(?: |\Z)")
"""What a request begins with, as far as it is shown."""


def read(state: State, row: Row) -> None:
    """A read: from a file it counts, from a connection it is looked into for requests."""
    file = state.descriptors.first(row)
    if file is None or row.ret is None or row.ret < 0:
        return
    if row.name in ON_SOCKETS:
        file.work_as_socket()
    if row.name in ON_SOCKETS and _is_a_look(row):
        return
    if row.ret == 0:
        _end_of_input(state, row, file)
        return
    file.bytes_read += row.ret
    if file.kind == "file":
        state.took(row, file)
    if _is_between_threads(file):
        state.work.readers.setdefault(file, set()).add(row.tid)
    if file.outgoing or file.kind in ("file", "other"):
        return
    fresh = file.connection is None
    pieces = arguments.moved(row)
    if fresh and (not _may_begin(pieces[0][0] if pieces else b"") or _is_datagram(row)):
        return
    asked(state, row, connection_of(state, row, file), pieces)


def _is_a_look(row: Row) -> bool:
    """Tell whether a receive leaves the bytes where they are, or asks for errors alone (recv(2)).

    The client's text may say MSG_PEEK, too: the flags decide.
    """
    text = row.args or ""
    if "MSG_PEEK" not in text and "MSG_ERRQUEUE" not in text:
        return False
    place = 2 if row.name in MESSAGES else 3
    return bool(symbols(argument(row, place)) & {"MSG_PEEK", "MSG_ERRQUEUE"})


def _is_datagram(row: Row) -> bool:
    """Tell whether a receive says who sent what it took: on a connection it says nothing (recv(2))."""
    return row.name in DATAGRAMS and arguments.address(argument(row, 4)) is not None


def _is_between_threads(file: OpenFile) -> bool:
    """Tell whether threads may tell each other something by a file: a pipe, an eventfd, a socket."""
    return file.kind in ("other", "unknown") or file.outgoing


def _may_begin(data: bytes) -> bool:
    """Tell whether bytes can begin a request: on a descriptor of unknown origin much else is read.

    What databases say begins with capitals, too, and what servers answer with what is no method (HTTP/1.1).
    """
    return METHOD.match(data) is not None


def _end_of_input(state: State, row: Row, file: OpenFile) -> None:
    """The client has no more to say: its connection is not what the thread works on any longer."""
    request = state.work.focus.get(row.tid)
    if file.connection and request and request.answered:
        state.work.leave(row.tid, file.connection)


def write(state: State, row: Row) -> None:
    """A write: to a file it counts, to a connection it is looked into for responses."""
    file = state.descriptors.first(row)
    if file is None or not row.ret or row.ret < 0:
        return
    if row.name in ON_SOCKETS:
        file.work_as_socket()
    file.bytes_written += row.ret
    if _is_between_threads(file):
        state.work.writers.setdefault(file, set()).add(row.tid)
    if file.connection is not None:
        answered(state, row, file.connection, arguments.moved(row))


def read_several(state: State, row: Row) -> None:
    """recvmmsg: several messages at once; on a connection of TCP they follow one another."""
    file = state.descriptors.first(row)
    if file is None or file.kind == "file" or file.outgoing or not row.ret or row.ret < 0 or _is_a_look(row):
        return
    file.work_as_socket()
    pieces = _several(argument(row, MOVED), row.ret)
    file.bytes_read += sum(size for _, size in pieces)
    if pieces and (file.connection is not None or _may_begin(pieces[0][0])):
        asked(state, row, connection_of(state, row, file), pieces)


def write_several(state: State, row: Row) -> None:
    """sendmmsg: several messages at once."""
    file = state.descriptors.first(row)
    if file is None or not row.ret or row.ret < 0:
        return
    file.work_as_socket()
    pieces = _several(argument(row, MOVED), row.ret)
    file.bytes_written += sum(size for _, size in pieces)
    if file.connection is not None:
        answered(state, row, file.connection, pieces)


def _several(value: Value, count: int) -> list[tuple[bytes, int]]:
    """Return the pieces of the first so many messages of an array."""
    pieces = []
    for message in value.items[:count] if isinstance(value, Array) else ():
        length = number(message.get("msg_len") or NOTHING) if isinstance(message, Struct) else None
        header = message.get("msg_hdr") if isinstance(message, Struct) else None
        if length and header is not None:
            pieces += arguments.pieces(arguments.buffers(header), length)
    return pieces


def send_file(state: State, row: Row) -> None:
    """sendfile: from a file (second argument) to a connection (first)."""
    target, source = state.descriptors.first(row), argument(row, 1)
    fd = number(source)
    if target is not None and fd is not None and row.ret and row.ret > 0:
        _from(state, row, state.descriptors.at(row, fd, arguments.annotation(source)))
        _arrived(state, row, target)


def splice(state: State, row: Row) -> None:
    """splice, copy_file_range: from the first descriptor to the third."""
    source = state.descriptors.first(row)
    out = argument(row, 2)
    fd = number(out)
    if source is not None and fd is not None and fd >= 0 and row.ret and row.ret > 0:
        _from(state, row, source)
        _arrived(state, row, state.descriptors.at(row, fd, arguments.annotation(out)))


def _from(state: State, row: Row, source: OpenFile) -> None:
    """Count bytes that were taken without being shown; of a connection they may be those of a body."""
    source.bytes_read += row.ret or 0
    state.took(row, source)
    if source.connection is not None:
        asked(state, row, source.connection, [(b"", row.ret or 0)])


def _arrived(state: State, row: Row, target: OpenFile) -> None:
    """Count bytes whose content no trace shows."""
    assert row.ret is not None
    target.bytes_written += row.ret
    if target.connection is not None:
        answered(state, row, target.connection, [(b"", row.ret)])


def read_at(state: State, row: Row) -> None:
    """Pread and its like: files alone have offsets; preadv2 takes -1 for one, and so sockets (readv(2))."""
    file = state.descriptors.first(row)
    if file is not None and file.kind == "socket":
        read(state, row)
    elif file is not None and row.ret and row.ret > 0:
        _from(state, row, file)


def write_at(state: State, row: Row) -> None:
    """Pwrite and its like."""
    file = state.descriptors.first(row)
    if file is not None and file.kind == "socket":
        write(state, row)
    elif file is not None and row.ret and row.ret > 0:
        file.bytes_written += row.ret


def mmap(state: State, row: Row) -> None:
    """Mmap of a file: how httpd reads what it sends."""
    text = row.args or ""
    found = MAPPED.match(text)
    if found is None or "MAP_ANON" in found[2] or row.errno is not None:
        return
    fd = int(found[3])
    file = state.descriptors.shown(row, fd, found.end()) or state.descriptors.at(
        row, fd, arguments.annotation(argument(row, 4))
    )
    file.bytes_mapped += int(found[1])
    state.took(row, file)


MOVING: dict[str, Effect] = by_call(
    {
        "read": read,
        "read several": read_several,
        "read at": read_at,
        "write": write,
        "write several": write_several,
        "write at": write_at,
        "sendfile": send_file,
        "splice": splice,
        "mmap": mmap,
    }
)

"""Columns that are computed from the stored ones when they are asked for; see ``schema.DERIVED``."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any

from tracekit.events.schema import Row
from tracekit.stream import parse_arguments, parse_return
from tracekit.stream.annotation import read_annotation
from tracekit.stream.values import Array, Descriptor, Field, Integer, String, Struct, Value
from tracekit.syscalls.table import by_name

MOVES = {
    *("read", "readv", "pread64", "preadv", "preadv2", "recv", "recvfrom", "recvmsg"),
    *("write", "writev", "pwrite64", "pwritev", "pwritev2", "send", "sendto", "sendmsg"),
    *("sendfile", "sendfile64", "splice", "tee", "copy_file_range"),
}
"""Calls that return how many bytes they moved (read(2), write(2), send(2), sendfile(2), splice(2))."""
FD_KINDS = {"fd", "dirfd"}


def fd(row: Row) -> int | None:
    """Return the descriptor that a call works on, or that it returned when its arguments have none.

    Which argument that is the table of calls says: a pid looks the same, also with its command (-Y).
    """
    call = by_name().get(row.name or "")
    at = _fd_argument(row.name or "")
    values = parse_arguments(row.args or "")
    value = values[at] if at is not None and at < len(values) else None
    match value.value if isinstance(value, Field) else value:
        case Descriptor(number) if number is not None:
            return number
        case Integer(number) if 0 <= number < 1 << 31:
            return number
    returned = parse_return(row.ret_text).descriptor if row.ret_text else None
    return returned.number if returned and (call is None or call.form.returns in FD_KINDS) else None


@cache
def _fd_argument(name: str) -> int | None:
    """Return the place of a call's first descriptor; the first of all for a call that is not known."""
    call = by_name().get(name)
    kinds = [argument.kind for argument in call.form.arguments] if call else ["fd"]
    return next((place for place, kind in enumerate(kinds) if kind in FD_KINDS), None)


def path(row: Row) -> str | None:
    """Return the path that a call names, made absolute by the directory it is relative to."""
    values = parse_arguments(row.args or "")
    folder = _folder(values[0]) if values else None
    for value in values[:2]:
        if isinstance(value, String) and value.data and row.name not in MOVES:
            named = os.fsdecode(value.data)
            return named if named.startswith("/") or folder is None else os.path.join(folder, named)  # noqa: PTH118
    return folder


def peer(row: Row) -> str | None:
    """Return the far end of the connection that a call works on, or made."""
    returned = parse_return(row.ret_text).descriptor if row.ret_text else None
    for value in (returned, _first(row)):
        if isinstance(value, Descriptor) and (found := read_annotation(value.annotation).peer):
            return found
    return None


def moved(row: Row) -> int | None:
    """Return how many bytes a call of the read or write family moved."""
    return row.ret if row.name in MOVES and row.ret is not None and row.ret >= 0 else None


def string(row: Row) -> bytes | None:
    """Return the first string among the arguments: what was read or written, or a name."""
    return _string(list(parse_arguments(row.args or "")))


def arguments(row: Row) -> tuple[Value, ...] | None:
    """Return the arguments as typed values; None where none were printed."""
    return None if row.args is None else parse_arguments(row.args)


def _first(row: Row) -> Value | None:
    values = parse_arguments(row.args or "") if row.kind == "syscall" else ()
    return values[0] if values else None


def _folder(value: Value) -> str | None:
    match value:
        case Descriptor(_, annotation):
            return read_annotation(annotation).path
    return None


def _string(values: list[Value]) -> bytes | None:
    """Search in the order in which strace printed; buffers of writev(2), sendmsg(2) count as one."""
    for value in values:
        match value:
            case String(data):
                return data
            case Array(items) if items and all(isinstance(item, Struct) for item in items):
                bases = [item.get("iov_base") for item in items if isinstance(item, Struct)]
                parts = [base.data for base in bases if isinstance(base, String)]
                if parts:
                    return b"".join(parts)
            case Struct() if (buffers := value.get("msg_iov")) is not None:
                return _string([buffers])
    return None


DERIVATIONS: dict[str, Callable[[Row], Any]] = {
    "fd": fd,
    "path": path,
    "peer": peer,
    "bytes": moved,
    "string": string,
    "arguments": arguments,
}

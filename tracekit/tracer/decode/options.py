"""Socket options: the value of setsockopt(2) and getsockopt(2)."""

import struct
from typing import Final

from tracekit.syscalls import constants, errno_name
from tracekit.tracer.decode.registry import captures, kinds
from tracekit.tracer.decode.scalars import U32, signed32
from tracekit.tracer.decode.text import counted
from tracekit.tracer.decode.view import View, pointer

_SOCKET, _NETLINK = 1, 270  # SOL_SOCKET, SOL_NETLINK
_INT: Final = 4
_SO_ERROR: Final = 4
_SO_LINGER: Final = 13
_SO_PEERCRED: Final = 17

#: Options of SOL_SOCKET whose value may be anything; all others there are numbers.
_NO_NUMBERS: Final = frozenset(
    [
        "SO_TYPE",
        "SO_RCVTIMEO_OLD",
        "SO_SNDTIMEO_OLD",
        "SO_SECURITY_AUTHENTICATION",
        "SO_SECURITY_ENCRYPTION_TRANSPORT",
        "SO_SECURITY_ENCRYPTION_NETWORK",
        "SO_BINDTODEVICE",
        "SO_PEERNAME",
        "SO_PEERSEC",
        "SO_PROTOCOL",
        "SO_DOMAIN",
        "SO_MAX_PACING_RATE",
        "SO_BPF_EXTENSIONS",
        "SO_ATTACH_BPF",
        "SO_ATTACH_REUSEPORT_EBPF",
        "SO_MEMINFO",
        "SO_COOKIE",
        "SO_PEERGROUPS",
        "SO_TXTIME",
        "SO_BINDTOIFINDEX",
        "SO_RCVTIMEO_NEW",
        "SO_SNDTIMEO_NEW",
        "SO_NETNS_COOKIE",
        "SO_BUF_LOCK",
        "SO_ATTACH_FILTER",
        "SO_ATTACH_REUSEPORT_CBPF",
    ]
)
#: Structures: (option, direction) -> the names of their numbers of 32 bits.
_LINGER: Final = ("l_onoff", "l_linger")
_CREDENTIALS: Final = ("pid", "uid", "gid")


def _is_number(level: int, option: int) -> bool:
    """Whether the kernel's man pages know this option as an int, whatever length is given."""
    if level == _SOCKET:
        name = constants("sockopt_1").names.get(option)
        return name is not None and name not in _NO_NUMBERS
    return level == _NETLINK


def _set(view: View, where: int) -> str:
    """Setsockopt's value."""
    level, option, size = view.args[1] & U32, view.args[2] & U32, signed32(view.args[4])
    if size < 0:
        return pointer(where)
    if level == _SOCKET and option == _SO_LINGER:
        return _members(view, where, size, _LINGER) if size >= _INT * len(_LINGER) else pointer(where)
    if _is_number(level, option) and option not in {_SO_ERROR, _SO_PEERCRED}:
        return _number(view, where) if size >= _INT else pointer(where)
    return _number(view, where) if size == _INT else counted(view, where, size)


def _get(view: View, where: int) -> str:
    """Getsockopt's value, as far as the kernel filled it in."""
    level, option = view.args[1] & U32, view.args[2] & U32
    size = _length(view)
    if view.failed or size is None or size <= 0:
        return pointer(where)
    if level == _SOCKET and option in {_SO_LINGER, _SO_PEERCRED}:
        return _members(view, where, size, _LINGER if option == _SO_LINGER else _CREDENTIALS)
    if _is_number(level, option):
        return (
            _error(view, where)
            if option == _SO_ERROR and size >= _INT
            else _number(view, where, size if level == _SOCKET else _INT)
        )
    return _number(view, where) if size == _INT else counted(view, where, size)


def _number(view: View, where: int, size: int = _INT) -> str:
    """``[1]``; a value shorter than an int as its bytes."""
    if size < _INT:
        return counted(view, where, size, 2)
    data = view.fetch(where, _INT)
    return pointer(where) if data is None else f"[{int.from_bytes(data, 'little', signed=True)}]"


def _error(view: View, where: int) -> str:
    """SO_ERROR's value by its name: ``[ECONNREFUSED]``."""
    text = _number(view, where)
    name = errno_name(int(text.strip("[]"))) if text.startswith("[") else None
    return f"[{name}]" if name else text


def _members(view: View, where: int, size: int, names: tuple[str, ...]) -> str:
    """A structure of numbers, as many of them as there are bytes for."""
    count = min(len(names), size // _INT)
    data = view.fetch(where, count * _INT)
    if data is None:
        return pointer(where)
    values = struct.unpack(f"<{count}i", data)
    shown = [
        f"{name}={view.names.task(value) if name == 'pid' else value}"
        for name, value in zip(names, values, strict=False)
    ]
    if count < len(names) and size % _INT:
        shown.append(f"{names[count]}={counted(view, where + count * _INT, size % _INT, 2)}")
    return "{" + ", ".join(shown) + "}"


def _length(view: View) -> int | None:
    """The option's length as it is now."""
    data = view.task.read(view.args[4], _INT) if view.args[4] else b""
    return int.from_bytes(data, "little", signed=True) if len(data) == _INT else None


def _length_text(view: View, where: int) -> str:
    before, after = view.call.saved.get(4), _length(view)
    if before is None or after is None:
        return pointer(where)
    return f"[{after}]" if view.failed or before == after else f"[{before} => {after}]"


kinds({"sockopt_in": _set, "sockopt_out": _get, "sockopt_length": _length_text})
captures({"sockopt_length": lambda view, _where: _length(view)})

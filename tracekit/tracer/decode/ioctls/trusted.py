"""Trusted execution environments (<linux/tee.h>): requests in a buffer that a structure points at."""

import struct
from collections.abc import Callable
from typing import Final

from tracekit.tracer.decode.ioctls.exchange import (
    ARROW,
    braced,
    full_array,
    keep,
    kept,
    members,
)
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import families, kinds, printer_of
from tracekit.tracer.decode.structs import array_text, layouts
from tracekit.tracer.decode.view import Printer, View, pointer

_BUFFER: Final = struct.Struct("<QQ")  # struct tee_ioctl_buf_data
_MOST: Final = 1024  # TEE_MAX_ARG_SIZE
_PARAMETER: Final = struct.Struct("<QQQQ")  # struct tee_ioctl_param
_META: Final = 0x100  # TEE_IOCTL_PARAM_ATTR_META
_REFERENCES: Final = frozenset([5, 6, 7])  # TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT, ...
_OPTEE: Final = 1  # TEE_IMPL_ID_OPTEE
#: Logins whose clnt_uuid says nothing, and those where it is a group (TEE_IOCTL_LOGIN_PUBLIC, ...).
_PLAIN_LOGINS, _GROUP_LOGINS = frozenset([0, 1, 4, 5]), frozenset([2, 6])
_LOGIN_AT: Final = 32  # clnt_login in struct tee_ioctl_open_session_arg, behind the two UUIDs


def _version(view: View, address: int) -> str:
    data = view.fetch(address, 12)
    if data is None:
        return pointer(address)
    maker, own, general = struct.unpack("<III", data)
    return braced(
        [
            f"impl_id={view.spell('tee_impl_ids', maker)}",
            f"gen_caps={view.spell('tee_gen_caps', general)}",
            f"impl_caps={view.spell('tee_optee_caps', own) if maker == _OPTEE else hexadecimal(own)}",
        ]
    )


def _find(view: View, address: int, name: str) -> tuple[int, bytes, str] | str:
    """The buffer's length, the request in it and its parameters; or what is printed when there is none.

    The number of parameters is the last member of every request, and has to be right at entry.
    """
    data = view.fetch(address, _BUFFER.size)
    if data is None:
        return pointer(address)
    where, length = _BUFFER.unpack(data)
    size = layouts(name)[view.abi].packing.size
    request = view.task.read(where, size) if size <= length <= _MOST else b""
    count = int.from_bytes(request[-4:], "little")
    wrong = not view.exiting and size + _PARAMETER.size * count != length
    if len(request) < size or wrong:
        return f"{{buf_len={length}, buf_ptr={pointer(where)}}}"
    start = where + size if count else 0
    return length, request, array_text(view, start, count, _PARAMETER.size, _parameter)


def _parameter(view: View, data: bytes) -> str:
    kind, *three = _PARAMETER.unpack(data)
    meta = "|TEE_IOCTL_PARAM_ATTR_META" if kind & _META else ""
    shown = [f"attr={view.spell('tee_param_attr_types', kind & ~_META)}{meta}"]
    a, b, c = (hexadecimal(value) for value in three)
    if kind in _REFERENCES:
        shown += [f"shm_offs={a}", f"size={b}", f"shm_id={three[2]}"]
    elif kind:
        shown += [f"a={a}", f"b={b}", f"c={c}"]
    return braced(shown)


def _asks(name: str) -> Printer:
    """A request: its members of the row ``name_in``, and its parameters."""
    more = _MORE.get(name)

    def printer(view: View, address: int) -> str:
        found = _find(view, address, name)
        if isinstance(found, str):
            return found
        length, request, parameters = found
        keep(view, length)
        shown = members(view, f"{name}_in", request)
        if more is not None:
            shown[2:2] = more(view, request)
        return f"{{buf_len={length}, buf_ptr={braced([*shown, f'params={parameters}'])}"

    return printer


def _answers(name: str) -> Printer:
    """What came of it: members of the row ``name_out``, and the parameters."""

    def printer(view: View, address: int) -> str | None:
        if kept(view) is None:
            return None
        if view.failed:
            return "}"
        found = _find(view, address, name)
        if isinstance(found, str):
            return ARROW + found
        _, request, parameters = found
        shown = members(view, f"{name}_out", request)
        return f"{ARROW}{braced([*shown, f'params={parameters}'])}}}"

    return printer


def _client(view: View, request: bytes) -> list[str]:
    """Who opens a session, as far as its login says that there is something to say."""
    login = int.from_bytes(request[_LOGIN_AT : _LOGIN_AT + 4], "little")
    uuid = request[_LOGIN_AT // 2 : _LOGIN_AT]
    if login in _PLAIN_LOGINS:
        return []
    if login in _GROUP_LOGINS:
        return [f"clnt_uuid={printer_of('uid')(view, int.from_bytes(uuid[:4], 'little'))}"]
    return [f"clnt_uuid={full_array(view, uuid, 'xB')}"]


_MORE: Final[dict[str, Callable[[View, bytes], list[str]]]] = {"tee_open_session": _client}


def uuid_text(_view: View, data: bytes) -> str:
    """Sixteen bytes as RFC 4122 writes them."""
    text = data.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


kinds({"*tee_version": _version, "uuid": uuid_text})
families({"tee_asks": _asks, "tee_answers": _answers})

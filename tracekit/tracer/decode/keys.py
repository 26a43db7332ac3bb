"""Keys and keyrings: what keyctl(2) takes and gives back (<linux/keyctl.h>)."""

import struct
from typing import Final

from tracekit.syscalls import packings
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import families, kinds, of_registers
from tracekit.tracer.decode.scalars import U32
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import counted, number, quoted, string
from tracekit.tracer.decode.view import Printer, View, pointer

_DH_PARAMS: Final = struct.Struct("<III")
_KDF_PARAMS: Final = packings("PPI32s")
_PKEY_QUERY: Final = struct.Struct("<IIHHHH40s")
_PKEY_PARAMS: Final = struct.Struct("<III28s")


def key(view: View, value: int) -> str:
    """A key's serial number, or one of the special keyrings."""
    return view.spell("keyring", value & U32)


def _spare(data: bytes) -> list[str]:
    """Members for later use, when they are anything but zeros."""
    if not any(data):
        return []
    words = struct.unpack(f"<{len(data) // 4}I", data)
    return [f"__spare=[{', '.join(map(hexadecimal, words))}]"]


def _filled(size: str) -> Printer:
    """What the kernel gave, of which the return value says how much there is, even beyond the buffer."""
    length = number(size)
    return lambda view, where: counted(view, where, min(view.ret, length(view)))


def _text(size: str) -> Printer:
    """The same of a text, whose NUL is not printed."""
    length = number(size)

    def printer(view: View, where: int) -> str:
        there = min(view.ret, length(view))
        limit = view.options.string_limit
        data = view.fetch(where, min(there, limit)) if there else (None if view.failed or not where else b"")
        if data is None:
            return pointer(where)
        cut = there > limit and not data.endswith(b"\0")
        return quoted(data.removesuffix(b"\0"), view.options.hex_strings) + ("..." if cut else "")

    return printer


def _dh_params(view: View, where: int) -> str:
    """The keys of a Diffie-Hellman computation."""
    data = view.fetch(where, _DH_PARAMS.size)
    if data is None:
        return pointer(where)
    private, prime, base = (key(view, one) for one in _DH_PARAMS.unpack(data))
    return f"{{private={private}, prime={prime}, base={base}}}"


def _kdf_params(view: View, where: int) -> str:
    """How a key is derived from the result of one."""
    packing = _KDF_PARAMS[view.abi]
    data = view.fetch(where, packing.size)
    if data is None:
        return pointer(where)
    name, info, size, spare = packing.unpack(data)
    shown = [
        f"hashname={string(view, name)}",
        f"otherinfo={counted(view, info, size) if size else pointer(info)}",
        f"otherinfolen={size}",
    ]
    return "{" + ", ".join([*shown, *_spare(spare)]) + "}"


def _pkey_query(view: View, where: int) -> str:
    """What can be done with an asymmetric key."""
    data = view.fetch(where, _PKEY_QUERY.size)
    if data is None:
        return pointer(where)
    operations, *sizes, spare = _PKEY_QUERY.unpack(data)
    names = ("key_size", "max_data_size", "max_sig_size", "max_enc_size", "max_dec_size")
    shown = [f"supported_ops={view.spell('pkey_ops', operations)}"]
    shown += [f"{name}={size}" for name, size in zip(names, sizes, strict=True)]
    return "{" + ", ".join([*shown, *_spare(spare)]) + "}"


def _pkey_params(second: str) -> Printer:
    """A key, and the sizes of what goes in, and of what comes out or goes in too."""

    def printer(view: View, where: int) -> str:
        data = view.fetch(where, _PKEY_PARAMS.size)
        if data is None:
            return pointer(where)
        serial, in_size, size, spare = _PKEY_PARAMS.unpack(data)
        shown = [f"key_id={key(view, serial)}", f"in_len={in_size}", f"{second}={size}"]
        return "{" + ", ".join([*shown, *_spare(spare)]) + "}"

    return printer


def _pkey_data(member: str) -> Printer:
    """Bytes of which a member of the parameters, argument 1, says how many there are."""
    at = int(member)

    def printer(view: View, where: int) -> str:
        data = view.fetch(view.args[1], _PKEY_PARAMS.size)
        return pointer(where) if data is None else counted(view, where, _PKEY_PARAMS.unpack(data)[at])

    return printer


def _capabilities(view: View, where: int) -> str:
    """What this kernel can do with keys: a byte of flags after the other."""
    shown: list[str] = []

    def one(view: View, data: bytes) -> str:
        flags, at = data[0], len(shown)
        shown.append(view.spell(f"key_capabilities{at}", flags) if at < 2 else hexadecimal(flags))
        return shown[at]

    return array_text(view, where, min(view.args[2], view.ret), 1, one)


kinds(
    {
        "key": key,
        "dh_params": _dh_params,
        "kdf_params": _kdf_params,
        "pkey_query": _pkey_query,
        "key_abilities": _capabilities,
    }
)
families({"key_bytes": _filled, "key_text": _text, "pkey_params": _pkey_params, "pkey_data": _pkey_data})
of_registers("key")

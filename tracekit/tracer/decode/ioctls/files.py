"""Files and what they lie on: extents, deduplication, labels, loop devices, userfaultfd, namespaces."""

import struct
from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.ioctls.exchange import (
    ARROW,
    braced,
    fetch_struct,
    full_array,
    keep,
    kept,
    members,
    peek_struct,
    values,
    whole,
)
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import kinds, printer_of
from tracekit.tracer.decode.scalars import U32, device
from tracekit.tracer.decode.structs import array_text, layouts
from tracekit.tracer.decode.text import quoted
from tracekit.tracer.decode.view import Printer, View, pointer

_LABEL: Final = 256  # FSLABEL_MAX, <linux/fs.h>
_FIEMAP: Final = 32  # where fm_extents begins, <linux/fiemap.h>
_DEDUPE: Final = 24  # where the files of FIDEDUPERANGE begin, <linux/fs.h>
_SHOWN: Final = 2  # so many of them without -v
_WIDE: Final = 8  # bytes of a word
_KEY: Final = 32  # LO_KEY_SIZE, <linux/loop.h>


def _label(view: View, address: int) -> str:
    data = view.fetch(address, _LABEL)
    return pointer(address) if data is None else printer_of("member_text")(view, data) or ""


def _fiemap_in(view: View, address: int) -> str:
    keep(view, fetch_struct(view, "fiemap", address))
    return printer_of("*fiemap")(view, address) or ""


def _fiemap_out(view: View, address: int) -> str | None:
    """How many extents there are; with -v, they themselves."""
    if kept(view) is None or view.failed:
        return None
    data = fetch_struct(view, "fiemap_mapped", address)
    if data is None:
        return ARROW + pointer(address)
    shown = members(view, "fiemap_mapped", data)
    if view.options.verbose:
        one = layouts("fiemap_extent")[view.abi]
        count = int(values(view, "fiemap_mapped", data)[1])
        extents = array_text(view, address + _FIEMAP, count, one.packing.size, one.text)
        return ARROW + braced([*shown, f"fm_extents={extents}"])
    return ARROW + braced([*shown, "..."])


def _dedupe_in(view: View, address: int) -> str:
    data = fetch_struct(view, "dedupe_range", address)
    if data is None:
        return pointer(address)
    files = _files(view, address, data, "dedupe_info")
    if whole(files):
        keep(view, data)
    return braced([*members(view, "dedupe_range", data), f"info={files}"])


def _dedupe_out(view: View, address: int) -> str | None:
    if kept(view) is None or view.failed:
        return None
    data = fetch_struct(view, "dedupe_range", address)
    if data is None:
        return ARROW + pointer(address)
    return f"{ARROW}{{info={_files(view, address, data, 'dedupe_result')}}}"


def _files(view: View, address: int, data: bytes, name: str) -> str:
    """The files of FIDEDUPERANGE; without -v not more than two."""
    one = layouts(name)[view.abi]
    count = int(values(view, "dedupe_range", data)[2])
    few = count if view.options.verbose else min(count, _SHOWN)
    text = array_text(view, address + _DEDUPE, few, one.packing.size, one.text)
    if few == count or not text.endswith("}]"):
        return text
    following = address + _DEDUPE + few * one.packing.size
    unreadable = view.fetch(following, one.packing.size) is None
    return f"{text[:-1]}, ...{f' /* {pointer(following)} */' if unreadable else ''}]"


def _api_in(view: View, address: int) -> str:
    data = fetch_struct(view, "uffdio_api", address)
    if data is None:
        return pointer(address)
    keep(view, values(view, "uffdio_api", data)[1])
    return "{" + ", ".join(members(view, "uffdio_api", data))


def _api_out(view: View, address: int) -> str | None:
    """Which of the features there are, and which requests."""
    before = kept(view)
    if before is None:
        return None
    data = None if view.failed else peek_struct(view, "uffdio_features", address)
    if data is None:
        return "}"
    changed = values(view, "uffdio_features", data)[0] != before
    features = ARROW + ", ".join(members(view, "uffdio_features", data)) if changed else ""
    return f"{features}, {', '.join(members(view, 'uffdio_ioctls', data))}}}"


def _loop_info(view: View, address: int) -> str:
    """What LOOP_GET_STATUS tells, in words of the ABI; the key only where there is encryption, or with -v."""
    layout = _LOOP_INFO[view.abi.word]
    data = view.fetch(address, layout.size)
    if data is None:
        return pointer(address)
    number, dev, inode, rdev, offset, kind, key_size, flags, name, key, init, reserved = layout.unpack(data)
    all_of_it = view.options.verbose
    shown = [f"lo_number={number}"]
    if all_of_it:
        shown += [f"lo_device={device(view, dev)}", f"lo_inode={inode}", f"lo_rdevice={device(view, rdev)}"]
    shown.append(f"lo_offset={hexadecimal(offset)}")
    if all_of_it or kind:
        shown += [f"lo_encrypt_type={view.spell('loop_encryption', kind)}", f"lo_encrypt_key_size={key_size}"]
    shown.append(f"lo_flags={view.spell('loop_flags', flags)}")
    shown.append(f"lo_name={printer_of('member_text')(view, name)}")
    if all_of_it or kind:
        shown.append(f"lo_encrypt_key={_key(view, key, key_size)}")
    if all_of_it:
        shown.append(f"lo_init={full_array(view, init, 'xQ' if view.abi.word == 8 else 'xI')}")
        shown.append(f"reserved={full_array(view, reserved, 'xB')}")
    return braced(shown if all_of_it else [*shown, "..."])


_LOOP_INFO: Final = {
    8: struct.Struct("<i4xQQQIIII64s32s16s4s4x"),
    4: struct.Struct("<iH2xIH2xIIII64s32s8s4s"),
}
_LOOP_INFO64: Final = struct.Struct("<QQQQQIIII64s64s32s16s")


def _key(view: View, key: bytes, size: int) -> str:
    return quoted(key[: min(size, _KEY)], view.options.hex_strings)


def _loop_info64(view: View, data: bytes) -> str:
    dev, inode, rdev, offset, limit, number, kind, key_size, flags, name, crypt, key, init = (
        _LOOP_INFO64.unpack(data)
    )
    all_of_it, text = view.options.verbose, printer_of("member_text")
    shown = []
    if all_of_it:
        shown += [f"lo_device={device(view, dev)}", f"lo_inode={inode}", f"lo_rdevice={device(view, rdev)}"]
    shown.append(f"lo_offset={hexadecimal(offset)}")
    if all_of_it:
        shown.append(f"lo_sizelimit={limit}")
    shown.append(f"lo_number={number}")
    if all_of_it or kind:
        shown += [f"lo_encrypt_type={view.spell('loop_encryption', kind)}", f"lo_encrypt_key_size={key_size}"]
    shown += [f"lo_flags={view.spell('loop_flags', flags)}", f"lo_file_name={text(view, name)}"]
    if all_of_it or kind:
        shown += [f"lo_crypt_name={text(view, crypt)}", f"lo_encrypt_key={_key(view, key, key_size)}"]
    if all_of_it:
        shown.append(f"lo_init={full_array(view, init, 'xQ')}")
    return braced(shown if all_of_it else [*shown, "..."])


def _pointer_to_info64(view: View, address: int) -> str:
    data = view.fetch(address, _LOOP_INFO64.size)
    return pointer(address) if data is None else _loop_info64(view, data)


def _loop_config(view: View, address: int) -> str:
    data = view.fetch(address, 8 + _LOOP_INFO64.size + 64)
    if data is None:
        return pointer(address)
    fd, block_size = struct.unpack_from("<II", data)
    info, reserved = data[8 : 8 + _LOOP_INFO64.size], data[8 + _LOOP_INFO64.size :]
    shown = [f"fd={printer_of('fd')(view, fd)}", f"block_size={block_size}"]
    shown.append(f"info={_loop_info64(view, info)}")
    if any(reserved):
        shown.append(f"__reserved={full_array(view, reserved, 'xQ')}")
    return braced(shown)


def _namespace_type() -> Printer:
    """The kind of a namespace as a return value, with its name in parentheses."""

    def printer(view: View, value: int) -> str:
        name = constants("setns_flags").names.get(value & U32)
        return view.names.noted(str(value), name)

    return printer


kinds(
    {
        "fslabel": _label,
        "fiemap_in": _fiemap_in,
        "fiemap_out": _fiemap_out,
        "dedupe_in": _dedupe_in,
        "dedupe_out": _dedupe_out,
        "uffdio_api_in": _api_in,
        "uffdio_api_out": _api_out,
        "*loop_info": _loop_info,
        "*loop_info64": _pointer_to_info64,
        "*loop_config": _loop_config,
        "return_namespace_type": _namespace_type(),
    }
)

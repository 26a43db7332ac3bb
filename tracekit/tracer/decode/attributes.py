"""What is known about a file: stat, statx, its type and permissions, its times."""

import struct
import time
from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import families, fetches, kinds
from tracekit.tracer.decode.scalars import U32, device, octal, user_id
from tracekit.tracer.decode.structs import layouts
from tracekit.tracer.decode.view import Printer, View, pointer

_S_IFMT: Final = 0o170000
_S_IFCHR: Final = 0o020000
_S_IFBLK: Final = 0o060000
_MODE_BITS: Final = ((0o4000, "S_ISUID"), (0o2000, "S_ISGID"), (0o1000, "S_ISVTX"))

_NANOSECONDS: Final = ("atime", "atime_nsec", "mtime", "mtime_nsec", "ctime", "ctime_nsec")
_MEMBERS: Final = ("dev", "ino", "mode", "nlink", "uid", "gid", "rdev", "size", "blksize", "blocks")

#: struct stat of <asm/stat.h>: x86 packs it in its own way, newer machines share <asm-generic/stat.h>.
_STAT: Final = {
    "x86_64": (
        struct.Struct("<QQQIII4xQQQQqQqQqQ24x"),
        ("dev", "ino", "nlink", "mode", *_MEMBERS[4:], *_NANOSECONDS),
    ),
    "aarch64": (struct.Struct("<QQIIIIQ8xQI4xQqQqQqQ8x"), (*_MEMBERS, *_NANOSECONDS)),
    "i386": (struct.Struct("<IIHHHHIIIIiIiIiI8x"), (*_MEMBERS, *_NANOSECONDS)),
}
#: Those that only i386 has: stat64 with the inode behind all else, and the oldest without nanoseconds.
_STAT64: Final = (
    struct.Struct("<Q8xIIIIQ4xQIQiIiIiIQ"),
    ("dev", *_MEMBERS[2:], *_NANOSECONDS, "ino"),
)
_OLD_STAT: Final = (struct.Struct("<HHHHHHH2xIiii"), (*_MEMBERS[:8], *_NANOSECONDS[::2]))
_ST_VALID: Final = 0x20  # the flags are there, <linux/statfs.h>
_STATFS64_SIZE: Final = 84  # <asm/statfs.h> of i386
_TIMES: Final = ("atime", "mtime", "ctime")
_STATX_TIMES: Final = (("a", 64, 0x20), ("b", 80, 0x800), ("c", 96, 0x80), ("m", 112, 0x40))


def file_mode(view: View, value: int) -> str:
    """A file's type and permissions: ``S_IFREG|S_ISUID|0755``; of an unknown type just the number."""
    kind = value & _S_IFMT
    name = constants("file_type").names.get(kind)
    if kind and name is None:
        return octal(value)
    bits = [text for bit, text in _MODE_BITS if value & bit]
    text = "|".join([*([name] if name else []), *bits, octal(value & ~(_S_IFMT | 0o7000))])
    return view.names.word(octal(value), text)


def _node_mode(view: View, value: int) -> str:
    return file_mode(view, value & 0xFFFF)


def _node_device(mode: str) -> Printer:
    """Mknod's device, there only for a device."""
    index = int(mode)

    def printer(view: View, value: int) -> str | None:
        return device(view, value & U32) if view.args[index] & _S_IFMT in {_S_IFCHR, _S_IFBLK} else None

    return printer


def _stat(view: View, address: int) -> str:
    return _stat_text(view, address, _STAT[view.call.arch])


def _stat_text(view: View, address: int, layout: tuple[struct.Struct, tuple[str, ...]]) -> str:
    """One of the structures of stat(2); a member that the layout does not have prints as 0."""
    packing, names = layout
    data = view.fetch(address, packing.size)
    if data is None:
        return pointer(address)
    of = dict(zip(names, packing.unpack(data), strict=True))
    special = of["mode"] & _S_IFMT in {_S_IFCHR, _S_IFBLK}
    mode = f"st_mode={file_mode(view, of['mode'])}"
    last = f"st_rdev={device(view, of['rdev'])}" if special else f"st_size={of['size']}"
    if not view.options.verbose:
        return f"{{{mode}, {last}, ...}}"
    shown = [f"st_dev={device(view, of['dev'])}", f"st_ino={of['ino']}", mode]
    shown += [f"st_{name}={of.get(name, 0)}" for name in ("nlink", "uid", "gid", "blksize", "blocks")]
    shown.append(last)
    for name in _TIMES:
        seconds, nanoseconds = of[name], of.get(f"{name}_nsec")
        shown.append(f"st_{name}={seconds}{moment(seconds, nanoseconds or 0)}")
        if nanoseconds is not None:
            shown.append(f"st_{name}_nsec={nanoseconds}")
    return "{" + ", ".join(shown) + "}"


def moment(seconds: int, nanoseconds: int = 0, digits: int = 9) -> str:
    """A comment with the date: `` /* 2026-11-23T04:35:52.480846467+0000 */``; nothing for 0."""
    if (not seconds and not nanoseconds) or not 0 <= nanoseconds < 10**digits:
        return ""
    text = moment_text(seconds, f".{nanoseconds:0{digits}d}" if nanoseconds else "")
    return f" /* {text} */" if text else ""


def moment_text(seconds: int, fraction: str = "") -> str:
    """Local date and time; empty when no calendar goes that far."""
    try:
        day = time.localtime(seconds)
    except (OverflowError, OSError, ValueError):
        return ""
    hours, minutes = divmod(abs(day.tm_gmtoff) // 60, 60)
    zone = f"{'-' if day.tm_gmtoff < 0 else '+'}{hours:02d}{minutes:02d}"
    date = f"{day.tm_year}-{day.tm_mon:02d}-{day.tm_mday:02d}"
    return f"{date}T{day.tm_hour:02d}:{day.tm_min:02d}:{day.tm_sec:02d}{fraction}{zone}"


def _statx(view: View, where: int) -> str:
    """Struct statx of <linux/stat.h>: what its mask says is there; most of it with -v only."""
    data = view.fetch(where, 256)
    if data is None:
        return pointer(where)
    mask, blksize, attributes, nlink, uid, gid, mode = struct.unpack_from("<IIQIIIH", data)
    inode, size, blocks, supported = struct.unpack_from("<QQQQ", data, 32)
    major, minor, dev_major, dev_minor, mount, align, offset_align = struct.unpack_from("<IIIIQII", data, 128)
    everything = view.options.verbose
    members = (
        (f"stx_mask={view.spell('statx_mask', mask)}", True),
        (f"stx_blksize={blksize}", everything),
        (f"stx_attributes={view.spell('statx_attributes', attributes)}", True),
        (f"stx_nlink={nlink}", everything and mask & 0x4),
        (f"stx_uid={user_id(uid)}", everything and mask & 0x8),
        (f"stx_gid={user_id(gid)}", everything and mask & 0x10),
        (f"stx_mode={file_mode(view, mode)}", mask & 0x3),
        (f"stx_ino={inode}", everything and mask & 0x100),
        (f"stx_size={size}", mask & 0x200),
        (f"stx_blocks={blocks}", everything and mask & 0x400),
        (f"stx_attributes_mask={view.spell('statx_attributes', supported)}", everything),
        *((_stamp(name, data, at), everything and mask & bit) for name, at, bit in _STATX_TIMES),
        (f"stx_rdev_major={major}", everything),
        (f"stx_rdev_minor={minor}", everything),
        (f"stx_dev_major={dev_major}", everything),
        (f"stx_dev_minor={dev_minor}", everything),
        (f"stx_mnt_id={hexadecimal(mount)}", everything and mask & 0x1000),
        (f"stx_dio_mem_align={align}", everything and mask & 0x2000),
        (f"stx_dio_offset_align={offset_align}", everything and mask & 0x2000),
        ("...", not everything),
    )
    return "{" + ", ".join(text for text, shown in members if shown) + "}"


def _stamp(name: str, data: bytes, at: int) -> str:
    seconds, nanoseconds = struct.unpack_from("<qI", data, at)
    return f"stx_{name}time={{tv_sec={seconds}, tv_nsec={nanoseconds}}}{moment(seconds, nanoseconds)}"


def _statx_flags(view: View, value: int) -> str:
    sync, rest = value & 0x6000, value & U32 & ~0x6000
    shown = view.spell("statx_sync", sync) if sync or view.names.style != "raw" else ""  # as strace has it
    return shown + view.names.more("at_flags", rest)


def _fsid(view: View, value: bytes) -> str:
    """A file system's id: two numbers, or as many as -s lets through."""
    numbers = [hexadecimal(one) for one in struct.unpack("<II", value)]
    limit = len(numbers) if view.options.verbose else view.options.string_limit
    dots = ["..."] if limit < len(numbers) else []
    return f"{{val=[{', '.join(numbers[:limit] + dots)}]}}"


def _statfs(name: str) -> Printer:
    """What is known of a file system; old kernels do not tell its flags."""

    def printer(view: View, where: int) -> str:
        one = layouts(name)[view.abi]
        data = view.fetch(where, one.packing.size)
        if data is None:
            return pointer(where)
        shown = one.members(view, data)
        told = one.packing.unpack(data)[-1] & _ST_VALID
        return f"{{{', '.join(shown if told else shown[:-1])}}}"

    return printer


def _sized_statfs(size: str) -> Printer:
    """statfs64(2)'s structure, which the kernel fills in only when it is told the right size."""
    index = int(size)
    inner = _statfs("statfs64")
    return lambda view, where: inner(view, where) if view.args[index] == _STATFS64_SIZE else pointer(where)


kinds(
    {
        "*stat": _stat,
        "*stat64": lambda view, address: _stat_text(view, address, _STAT64),
        "*oldstat": lambda view, address: _stat_text(view, address, _OLD_STAT),
        "*statx": _statx,
        "*statfs": _statfs("statfs"),
        "statx_flags": _statx_flags,
        "file_mode": file_mode,
        "mknod_mode": _node_mode,
        "fsid": _fsid,
    }
)
fetches({"*stat": lambda: lambda view, address: view.fetch(address, _STAT[view.call.arch][0].size) or b""})
families({"mknod_dev": _node_device, "sized_statfs": _sized_statfs})

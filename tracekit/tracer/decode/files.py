"""Descriptors, files and directories."""

import struct
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.scalars import U32, bare_names, device, names_of, octal, signed32, spell
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import number, quoted
from tracekit.tracer.decode.view import Printer, View, pointer

AT_FDCWD: Final = -100  # <linux/fcntl.h>
O_CREAT: Final = 0x40
O_TMPFILE: Final = 0x400000
_MANY: Final = 65536  # NGROUPS_MAX, <linux/limits.h>
_S_IFMT: Final = 0o170000
_S_IFCHR: Final = 0o020000
_S_IFBLK: Final = 0o060000
_MODE_BITS: Final = ((0o4000, "S_ISUID"), (0o2000, "S_ISGID"), (0o1000, "S_ISVTX"))

#: struct stat of <asm/stat.h>: x86-64 packs it in its own way, newer machines share <asm-generic/stat.h>.
_STAT: Final = {
    "x86_64": (
        struct.Struct("<QQQIII4xQqqqqQqQqQ24x"),
        ("dev", "ino", "nlink", "mode", "uid", "gid", "rdev", "size", "blksize", "blocks"),
    ),
    "aarch64": (
        struct.Struct("<QQIIIIQ8xqi4xqqQqQqQ8x"),
        ("dev", "ino", "mode", "nlink", "uid", "gid", "rdev", "size", "blksize", "blocks"),
    ),
}
_STATX_TIMES: Final = (("a", 64, 0x20), ("b", 80, 0x800), ("c", 96, 0x80), ("m", 112, 0x40))


def fd(view: View, value: int) -> str:
    """A descriptor with what it stands for: ``3</etc/passwd>``."""
    value = signed32(value)
    return f"{value}{view.task.describe(value)}" if view.options.annotate and value >= 0 else str(value)


def dirfd(view: View, value: int) -> str:
    """A directory's descriptor, or the working directory."""
    if signed32(value) != AT_FDCWD:
        return fd(view, value)
    return f"AT_FDCWD{view.task.cwd()}" if view.options.annotate else "AT_FDCWD"


_open_texts: Final[dict[int, str]] = {}


def open_flags(_view: View, value: int) -> str:
    """``O_RDWR|O_CREAT``: the access mode is a number of two bits, the rest are flags."""
    return open_flags64(_view, value & U32)


def open_flags64(_view: View, value: int) -> str:
    """The same for openat2(2), which looks at 64 bits."""
    text = _open_texts.get(value)
    if text is None:
        if len(_open_texts) > 4096:
            _open_texts.clear()
        rest = value & ~3
        more = bare_names("creation_flags", rest) if rest else ""
        text = spell("access_modes", value & 3) + (f"|{more}" if more else "")
        _open_texts[value] = text
    return text


def _open_mode(flags: str) -> Printer:
    """The mode of a new file, there only when the flags say that there may be one."""
    index = int(flags)
    return lambda view, value: octal(value & 0xFFFF) if view.args[index] & (O_CREAT | O_TMPFILE) else None


def file_mode(_view: View, value: int) -> str:
    """A file's type and permissions: ``S_IFREG|S_ISUID|0755``; of an unknown type just the number."""
    kind = value & _S_IFMT
    name = constants("file_type").names.get(kind)
    if kind and name is None:
        return octal(value)
    bits = [text for bit, text in _MODE_BITS if value & bit]
    return "|".join([*([name] if name else []), *bits, octal(value & ~(_S_IFMT | 0o7000))])


def _node_mode(_view: View, value: int) -> str:
    return file_mode(_view, value & 0xFFFF)


def _node_device(mode: str) -> Printer:
    """Mknod's device, there only for a device."""
    index = int(mode)

    def printer(view: View, value: int) -> str | None:
        return device(value & U32) if view.args[index] & _S_IFMT in {_S_IFCHR, _S_IFBLK} else None

    return printer


def _stat(view: View, address: int) -> str:
    packing, names = _STAT[view.call.arch]
    data = view.fetch(address, packing.size)
    if data is None:
        return pointer(address)
    values = packing.unpack(data)
    of = dict(zip(names, values, strict=False))
    mode = of["mode"]
    special = mode & _S_IFMT in {_S_IFCHR, _S_IFBLK}
    last = f"st_rdev={device(of['rdev'])}" if special else f"st_size={of['size']}"
    if not view.options.verbose:
        return f"{{st_mode={file_mode(view, mode)}, {last}, ...}}"
    times = "".join(
        f", st_{name}time={values[at]}{moment(values[at], values[at + 1])}, st_{name}time_nsec={values[at + 1]}"
        for name, at in (("a", 10), ("m", 12), ("c", 14))
    )
    return (
        f"{{st_dev={device(of['dev'])}, st_ino={of['ino']}, st_mode={file_mode(view, mode)}, st_nlink={of['nlink']}"
        f", st_uid={of['uid']}, st_gid={of['gid']}, st_blksize={of['blksize']}, st_blocks={of['blocks']}, {last}{times}}}"
    )


def moment(seconds: int, nanoseconds: int = 0, digits: int = 9) -> str:
    """A comment with the date: `` /* 2026-11-23T04:35:52.480846467+0000 */``; nothing for 0."""
    if (not seconds and not nanoseconds) or not 0 <= nanoseconds < 10**digits:
        return ""
    text = moment_text(seconds, f".{nanoseconds:0{digits}d}" if nanoseconds else "")
    return f" /* {text} */" if text else ""


def moment_text(seconds: int, fraction: str = "") -> str:
    """Local date and time; empty when no calendar goes that far."""
    try:
        day = datetime.fromtimestamp(seconds, UTC).astimezone()
    except (OverflowError, OSError, ValueError):
        return ""
    return f"{day:%Y-%m-%dT%H:%M:%S}{fraction}{day:%z}"


def _entries(heads: str) -> Printer:
    """What getdents64(2) and getdents(2) filled in: how many entries, or with -v each of them."""
    head = struct.Struct(heads)
    old = heads == "<QQH"

    def printer(view: View, address: int) -> str:
        size = view.ret
        if view.failed or not address:
            return pointer(address)
        data = view.fetch(address, size) if size else b""
        if data is None:
            return pointer(address)
        found, rest = _split_entries(data, head)
        if not view.options.verbose:
            more = "+" if rest else ""
            return f"{pointer(address)} /* {len(found)}{more} entr{'y' if len(found) == 1 else 'ies'} */"
        return "[" + ", ".join(_entry(one, head, old=old) for one in found) + "]"

    return printer


def _split_entries(data: bytes, head: struct.Struct) -> tuple[list[bytes], bytes]:
    """Cut directory entries apart; what does not look like one is left over."""
    entries = []
    at = 0
    while at + head.size <= len(data):
        length = int.from_bytes(data[at + 16 : at + 18], "little")
        if length < head.size or at + length > len(data):
            break
        entries.append(data[at : at + length])
        at += length
    return entries, data[at:]


def _entry(entry: bytes, head: struct.Struct, *, old: bool) -> str:
    inode, offset, length, *kind = head.unpack_from(entry)
    name = quoted(entry[head.size :].split(b"\0")[0])
    kind_text = spell("dent_type", entry[-1] if old else kind[0])
    if old:
        return f"{{d_ino={inode}, d_off={offset}, d_reclen={length}, d_name={name}, d_type={kind_text}}}"
    return f"{{d_ino={inode}, d_off={offset}, d_reclen={length}, d_type={kind_text}, d_name={name}}}"


def _fd_pair(view: View, address: int) -> str:
    """Two new descriptors: ``[3, 4]``."""
    return array_text(view, address, 2, 4, lambda v, data: fd(v, int.from_bytes(data, "little")))


def _offset(view: View, address: int) -> str:
    """A pointer to a file offset: ``[100]``."""
    data = view.fetch(address, 8)
    return pointer(address) if data is None else f"[{int.from_bytes(data, 'little', signed=True)}]"


def _offset_change(view: View, address: int) -> str:
    """Where an offset that was printed at entry is now: `` => [200]``."""
    after = _offset(view, address) if view.ret else ""
    return f" => {after}" if after.startswith("[") else ""


def _fsid(_view: View, value: bytes) -> str:
    """A file system's id: two numbers."""
    one, other = struct.unpack("<II", value)
    return f"{{val=[{one:#x}, {other:#x}]}}"


def _statx_flags(_view: View, value: int) -> str:
    rest = value & U32 & ~0x6000
    sync = (
        spell("statx_sync", value & 0x6000)
        if value & 0x6000 != 0x6000
        else "AT_STATX_FORCE_SYNC|AT_STATX_DONT_SYNC"
    )
    return sync + ("|" + bare_names("at_flags", rest) if rest else "")


def _fanotify_init(_view: View, value: int) -> str:
    rest = value & U32 & ~0xC
    more = "|" + bare_names("fanotify_init_rest", rest) if rest else ""
    return spell("fanotify_class", value & 0xC) + more


def array_of(element: str, count: str) -> Printer:
    """An array of numbers of 32 bits."""
    from tracekit.tracer.decode.registry import printer_of  # noqa: PLC0415

    one = printer_of(element)
    length: Callable[[View], int] = number(count)

    def printer(view: View, address: int) -> str:
        many = signed32(length(view))
        if not 0 <= many <= _MANY:
            return pointer(address)
        return array_text(
            view,
            address,
            many,
            4,
            lambda v, data: one(v, int.from_bytes(data, "little")) or "",
        )

    return printer


def _statx(view: View, where: int) -> str:
    """struct statx of <linux/stat.h>: what its mask says is there; most of it with -v only."""
    data = view.fetch(where, 256)
    if data is None:
        return pointer(where)
    mask, blksize, attributes, nlink, uid, gid, mode = struct.unpack_from("<IIQIIIH", data)
    inode, size, blocks, supported = struct.unpack_from("<QQQQ", data, 32)
    major, minor, dev_major, dev_minor = struct.unpack_from("<IIII", data, 128)
    everything = view.options.verbose
    members = (
        (f"stx_mask={spell('statx_mask', mask)}", True),
        (f"stx_blksize={blksize}", everything),
        (f"stx_attributes={spell('statx_attributes', attributes)}", True),
        (f"stx_nlink={nlink}", everything and mask & 0x4),
        (f"stx_uid={uid}", everything and mask & 0x8),
        (f"stx_gid={gid}", everything and mask & 0x10),
        (f"stx_mode={file_mode(view, mode)}", mask & 0x3),
        (f"stx_ino={inode}", everything and mask & 0x100),
        (f"stx_size={size}", mask & 0x200),
        (f"stx_blocks={blocks}", everything and mask & 0x400),
        (f"stx_attributes_mask={spell('statx_attributes', supported)}", everything),
        *((_stamp(name, data, at), everything and mask & bit) for name, at, bit in _STATX_TIMES),
        (f"stx_rdev_major={major}", everything),
        (f"stx_rdev_minor={minor}", everything),
        (f"stx_dev_major={dev_major}", everything),
        (f"stx_dev_minor={dev_minor}", everything),
        ("...", not everything),
    )
    return "{" + ", ".join(text for text, shown in members if shown) + "}"


def _stamp(name: str, data: bytes, at: int) -> str:
    seconds, nanoseconds = struct.unpack_from("<qI", data, at)
    return f"stx_{name}time={{tv_sec={seconds}, tv_nsec={nanoseconds}}}{moment(seconds, nanoseconds)}"


kinds(
    {
        "*statx": _statx,
        "fd": fd,
        "dirfd": dirfd,
        "open_flags": open_flags,
        "open_flags64": open_flags64,
        "file_mode": file_mode,
        "mknod_mode": _node_mode,
        "*stat": _stat,
        "dents": _entries("<QqHB"),
        "dents_old": _entries("<QQH"),
        "fd_pair": _fd_pair,
        "offset": _offset,
        "offset_change": _offset_change,
        "statx_flags": _statx_flags,
        "how_mode": lambda _view, value: octal(value),
        "fs_type": lambda _view, value: constants("fs_type").names.get(value) or hex(value),
        "fsid": _fsid,
        "fanotify_init_flags": _fanotify_init,
    }
)
families({"open_mode": _open_mode, "mknod_dev": _node_device, "array": array_of})

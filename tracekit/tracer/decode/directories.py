"""Entries of directories, as getdents64(2), getdents(2) and readdir(2) fill them in."""

import struct
from collections.abc import Mapping
from typing import Final, NamedTuple

from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.scalars import U32
from tracekit.tracer.decode.text import counted, quoted, string
from tracekit.tracer.decode.view import MOST, Printer, View, pointer

#: Struct linux_dirent and linux_dirent64 up to the name (getdents(2)), by the size of a word.
_OLD_HEADS: Final = {8: struct.Struct("<QQH"), 4: struct.Struct("<IIH")}
_HEADS: Final = dict.fromkeys((4, 8), struct.Struct("<QQHB"))
_NAME_MAX: Final = 256  # bytes of a name that are looked at


class _Block(NamedTuple):
    """What the kernel wrote, as far as it can be read."""

    view: View
    address: int
    data: bytes
    size: int
    head: struct.Struct
    old: bool

    def walk(self) -> tuple[list[str], int, int]:
        """The entries as text (without -v, what is wrong with each), their number, bytes behind them."""
        shown: list[str] = []
        count, at, left = 0, 0, self.size
        while True:
            if left < self.head.size:
                if left and self.view.options.verbose:
                    shown.append(counted(self.view, self.address + at, left, 2))
                return shown, count, left
            if at + self.head.size > len(self.data):
                shown.append(f"... /* {pointer(self.address + at)} */")
                return shown, count, left
            length, note, following = self._length(at, left)
            text, whole = self._entry(at, length, note) if self.view.options.verbose else (note, True)
            shown.append(text)
            count += 1
            if not following:
                return shown, count, 0 if length == left else left - length
            if not whole:
                return [*shown, "..."], count, left - length
            at, left = at + length, left - length

    def _length(self, at: int, left: int) -> tuple[int, str, bool]:
        """How long an entry is, what is wrong with that, and whether another one may follow."""
        length = self.head.unpack_from(self.data, at)[2]
        if length > left:
            return left, f" /* {length - left} bytes overflow */", False
        if length < self.head.size:
            return self.head.size, f" /* {self.head.size - length} bytes underflow */", False
        return length, "", length < left

    def _entry(self, at: int, length: int, note: str) -> tuple[str, bool]:
        """One entry, and whether all of it could be read."""
        inode, offset, told, *kind = self.head.unpack_from(self.data, at)
        shown = [f"d_ino={inode}", f"d_off={offset}", f"d_reclen={told}{note}"]
        at, room = at + self.head.size, length - self.head.size
        whole = True
        if not self.old:
            shown.append(f"d_type={self.view.spell('dent_type', kind[0])}")
        elif room:
            room -= 1
        if room:
            name = self._name(at, min(room, _NAME_MAX) - 1)
            whole = name.startswith('"')
            shown.append(f"d_name={name}")
        if self.old and length > self.head.size:
            whole = whole and at + room < len(self.data)
            known = self.view.spell("dent_type", self.data[at + room]) if at + room < len(self.data) else ""
            shown.append(f"d_type={known or pointer(self.address + at + room)}")
        return f"{{{', '.join(shown)}}}", whole

    def _name(self, at: int, limit: int) -> str:
        data = self.data[at : at + limit + 1]
        text, end, _ = data.partition(b"\0")
        if not end and len(data) <= limit:
            return pointer(self.address + at)
        return quoted(text[:limit], self.view.options.hex_strings) + ("" if end else "...")


def _entries(heads: Mapping[int, struct.Struct], *, old: bool) -> Printer:
    """How many entries were filled in, or with -v each of them."""

    def printer(view: View, address: int) -> str:
        if view.failed or view.options.opaque or not 0 <= view.ret <= view.args[2] & U32:
            return pointer(address)
        size = min(view.ret, MOST)
        block = _Block(view, address, view.readable(address, size), size, heads[view.abi.word], old)
        shown, count, left = block.walk()
        if not view.options.verbose:
            notes = "".join(shown[:count]).replace("/* ", "/* d_reclen ")
            return f"{pointer(address)}{notes} /* {count}{'+' if left else ''} entries */"
        if not count and left:
            return shown[0].removeprefix("... /* ").removesuffix(" */")
        return f"[{', '.join(shown)}]"

    return printer


def _only_entry(view: View, address: int) -> str:
    """readdir(2)'s one entry; nothing was written when there was no more."""
    head = _OLD_HEADS[view.abi.word]
    data = view.fetch(address, head.size + 2) if view.ret else None
    if data is None:
        return pointer(address)
    inode, offset, length = head.unpack_from(data)
    name = string(view, address + head.size, min(length, _NAME_MAX))
    return f"{{d_ino={inode}, d_off={offset}, d_reclen={length}, d_name={name}}}"


kinds(
    {
        "dents": _entries(_HEADS, old=False),
        "dents_old": _entries(_OLD_HEADS, old=True),
        "dirent": _only_entry,
        "readdir_count": lambda _view, value: None if value & U32 == 1 else str(value & U32),
    }
)

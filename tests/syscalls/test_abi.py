"""Layouts of structures against the compiler's own: ctypes for this machine, and with i386's alignment."""

import ctypes
import re
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracekit.syscalls import ABIS, packing, struct_rows

Type = type[Any]
_NATIVE_TYPES = (
    *(ctypes.c_byte, ctypes.c_ubyte, ctypes.c_short, ctypes.c_ushort, ctypes.c_int, ctypes.c_uint),
    *(ctypes.c_longlong, ctypes.c_ulonglong, ctypes.c_long, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_size_t),
)
NATIVE: dict[str, Type] = dict(zip("bBhHiIqQlLPN", _NATIVE_TYPES, strict=True))
I386_TYPES: dict[str, Type] = NATIVE | {"l": ctypes.c_int} | dict.fromkeys("LPN", ctypes.c_uint)
I386, X86_64 = ABIS["i386"], ABIS["x86_64"]
ITEM = re.compile(r"(\d*)([a-zA-Z])|\{([^}]*)\}")


def compiled(letters: str, types: dict[str, Type], pack: int) -> type[ctypes.Structure]:
    """The structure as ctypes lays it out, with members aligned to no more than ``pack``."""
    members: list[Type] = []
    for count, letter, inner in ITEM.findall(letters):
        number = int(count or 1)
        if inner:
            members.append(compiled(inner, types, pack))
        elif letter == "W":
            members.append(ctypes.c_char * (8 if pack == 8 else 0))
        elif not number:  # nothing but its alignment
            members.append(types[letter] * 0)
        elif letter in "sx":
            members.append(ctypes.c_char * number)
        elif letter == "T":  # where longs are narrow, another one holds the upper half
            members += [types["L"]] * (number if pack == 8 else 2 * number)
        else:
            members += [types["L" if letter == "w" else letter]] * number
    fields = [(f"m{at}", kind) for at, kind in enumerate(members)]
    return type("Structure", (ctypes.Structure,), {"_pack_": pack, "_fields_": fields})


@pytest.mark.parametrize("name", struct_rows())
@pytest.mark.skipif(sys.maxsize < 1 << 32, reason="ctypes knows the layouts of the machine that it runs on")
def test_structures_are_as_long_as_the_compiler_has_them(name: str) -> None:
    letters = struct_rows()[name].letters
    assert packing(letters, X86_64).size == ctypes.sizeof(compiled(letters, NATIVE, 8))
    assert packing(letters, I386).size == ctypes.sizeof(compiled(letters, I386_TYPES, 4))


@given(st.lists(st.sampled_from(sorted(NATIVE)), min_size=1, max_size=12))
def test_members_stand_where_the_compiler_puts_them(members: list[str]) -> None:
    letters = "".join(members)
    layout = compiled(letters, I386_TYPES, 4)
    numbers = [at + 1 for at in range(len(members))]
    assert packing(letters, I386).pack(*numbers) == bytes(layout(*numbers))


def test_a_structure_inside_is_its_bytes() -> None:
    inside, number = packing("i{hQ}h", I386).unpack(bytes(range(20)))[1:]
    assert inside == bytes(range(4, 16))
    assert number == 0x1110
    assert packing("i{hQ}h", X86_64).size == 32


@pytest.mark.parametrize(("name", "i386", "x86_64"), [("timex", 128, 208), ("timex64", 208, 208)])
def test_lengths_that_linux_headers_have(name: str, i386: int, x86_64: int) -> None:
    """The sizes of struct timex and struct __kernel_timex, <linux/timex.h>."""
    letters = struct_rows()[name].letters
    assert (packing(letters, I386).size, packing(letters, X86_64).size) == (i386, x86_64)

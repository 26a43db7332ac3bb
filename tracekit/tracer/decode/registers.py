"""Registers of a traced program as ptrace(2) shows them: by name, and by their place in struct user."""

import bisect
import struct
from collections.abc import Iterator, Mapping
from typing import Final

from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.view import View, pointer

NT_PRSTATUS, NT_FPREGSET = 1, 2  # <linux/elf.h>

_WIDE: Final = """
r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base
ds es fs gs
"""
_NARROW: Final = "ebx ecx edx esi edi ebp eax xds xes xfs xgs orig_eax eip xcs eflags esp xss"
#: struct user_regs_struct, <sys/user.h>, by the size of a word.
_REGISTERS: Final[Mapping[int, list[str]]] = {8: _WIDE.split(), 4: _NARROW.split()}
#: struct user_fpregs_struct, <sys/user.h>: names with their letters (struct(3)), "32I" for an array.
_FP_REGISTERS: Final[Mapping[int, list[tuple[str, str]]]] = {
    8: [
        *((name, "H") for name in ("cwd", "swd", "ftw", "fop")),
        *((name, "Q") for name in ("rip", "rdp")),
        *((name, "I") for name in ("mxcsr", "mxcr_mask")),
        *(("st_space", "32I"), ("xmm_space", "64I"), ("padding", "24I")),
    ],
    4: [*((name, "I") for name in ("cwd", "swd", "twd", "fip", "fcs", "foo", "fos")), ("st_space", "20I")],
}

_IN_FRONT: Final = "R15 R14 R13 R12 RBP RBX R11 R10 R9 R8 RAX RCX RDX RSI RDI ORIG_RAX RIP CS EFL RSP SS"
#: struct user of x86_64, <sys/user.h>: what PTRACE_PEEKUSER reads, by its offset.
_IN_USER: Final[Mapping[int, str]] = {
    **{8 * at: f"8*{name}" for at, name in enumerate(_IN_FRONT.split())},
    **{
        at: f"offsetof(struct user, {name})"
        for at, name in (
            *((216, "u_fpvalid"), (224, "i387"), (736, "u_tsize"), (744, "u_dsize"), (752, "u_ssize")),
            *((760, "start_code"), (768, "start_stack"), (776, "signal"), (792, "u_ar0")),
            *((800, "u_fpstate"), (808, "magic"), (816, "u_comm"), (848, "u_debugreg")),
        )
    },
    912: "sizeof(struct user)",
}
_OFFSETS: Final = sorted(_IN_USER)


def user_offset(view: View, value: int) -> str:
    """A place in struct user by name: ``8*RIP``, ``8*SS+8``."""
    at = _OFFSETS[bisect.bisect_right(_OFFSETS, value) - 1]
    beyond = at == _OFFSETS[-1] < value
    more = f"+{value - at}" if value > at else ""
    return view.names.word(pointer(value), None if beyond else _IN_USER[at] + more)


def register_set(view: View, where: int, size: int, kind: int) -> str:
    """Registers of one kind (NT_...), as many as ``size`` bytes hold; others by their address."""
    word = view.abi.word
    if kind == NT_PRSTATUS:
        members = [(name, "Q" if word == 8 else "I") for name in _REGISTERS[word]]
    elif kind == NT_FPREGSET:
        members = _FP_REGISTERS[word]
    else:
        return pointer(where)
    known = min(size, struct.calcsize("<" + "".join(letters for _, letters in members)))
    data = view.fetch(where, known) if size and size % word == 0 else None
    if data is None:
        return pointer(where)
    shown = list(_members(view, data, members))
    return "{" + ", ".join([*shown, *(["..."] if size > known else [])]) + "}"


def _members(view: View, data: bytes, members: list[tuple[str, str]]) -> Iterator[str]:
    at = 0
    for name, letters in members:
        size = struct.calcsize(f"<{letters}")
        part = data[at : at + size]
        at += size
        if len(letters) == 1 and len(part) == size:
            yield f"{name}={hexadecimal(int.from_bytes(part, 'little'))}"
        elif part and len(letters) > 1:
            yield f"{name}={_words(view, part)}"


def _words(view: View, data: bytes) -> str:
    """An array of words, of which -s shows some."""
    words = [hexadecimal(word) for word in struct.unpack(f"<{len(data) // 4}I", data)]
    limit = len(words) if view.options.verbose else view.options.string_limit
    return f"[{', '.join([*words[:limit], *(['...'] if len(words) > limit else [])])}]"

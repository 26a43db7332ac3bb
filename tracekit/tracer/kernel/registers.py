"""Changing a stopped task's call: its number at the entry, its result at the exit.

On x86_64 both stand in ``struct user`` (sys/user.h), in the same place for
32-bit programs. On aarch64 (linux/elf.h, asm/ptrace.h) the number is a set of
registers of its own, and the result is the first of the general ones.
"""

import os
import struct
from typing import Final

from tracekit.tracer.kernel import ptrace

_WORD: Final = 8
_ORIG_RAX: Final = 15 * _WORD
_RAX: Final = 10 * _WORD

_NT_PRSTATUS: Final = 1
_NT_ARM_SYSTEM_CALL: Final = 0x404
_USER_PT_REGS: Final = 34 * _WORD
"""sizeof(struct user_pt_regs): x0 to x30, sp, pc, pstate."""

_MASK: Final = 2**64 - 1


def set_number(tid: int, number: int) -> bool:
    """Let a task at a call's entry make another call, or none (-1). False when it is gone."""
    if os.uname().machine == "aarch64":
        return ptrace.write_registers(tid, _NT_ARM_SYSTEM_CALL, struct.pack("=i", number))
    return ptrace.write_user(tid, _ORIG_RAX, number & _MASK)


def set_result(tid: int, value: int) -> bool:
    """Set what a call returns to a task at the call's exit. False when it is gone."""
    if os.uname().machine == "aarch64":
        general = ptrace.read_registers(tid, _NT_PRSTATUS, _USER_PT_REGS)
        first = struct.pack("=Q", value & _MASK)
        return general is not None and ptrace.write_registers(tid, _NT_PRSTATUS, first + general[_WORD:])
    return ptrace.write_user(tid, _RAX, value & _MASK)

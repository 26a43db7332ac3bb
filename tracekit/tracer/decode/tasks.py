"""Processes and threads: exit statuses, personalities, capabilities."""

import struct
from typing import Final

from tracekit.tracer.decode.names import Names
from tracekit.tracer.decode.registry import kinds, printer_of
from tracekit.tracer.decode.scalars import U32
from tracekit.tracer.decode.signals import signal_name
from tracekit.tracer.decode.view import View, pointer

_OWNER: Final = struct.Struct("<ii")
_OWNERS: Final = ("tid", "tgid", "pgid")  # F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP: asm-generic/fcntl.h
_CAP_HEAD: Final = struct.Struct("<Ii")
_CAP_WIDE: Final = (0x20071026, 0x20080522)  # versions 2 and 3, <linux/capability.h>


def wait_status(names: Names, status: int) -> str:
    """The status of wait(2) in the words of its macros: ``{WIFEXITED(s) && WEXITSTATUS(s) == 0}``."""
    event, status = status >> 16, status & 0xFFFF
    low, high = status & 0x7F, status >> 8
    if status == 0xFFFF:
        text, rest = "{WIFCONTINUED(s)}", 0
    elif low == 0:
        text, rest = f"{{WIFEXITED(s) && WEXITSTATUS(s) == {high}}}", status & 0x80
    elif status & 0xFF == 0x7F:
        text, rest = f"{{WIFSTOPPED(s) && WSTOPSIG(s) == {_stop_signal(high)}}}", 0
    else:
        core = " && WCOREDUMP(s)" if status & 0x80 else ""
        text, rest = f"{{WIFSIGNALED(s) && WTERMSIG(s) == {signal_name(low)}{core}}}", status & 0xFF00
    if event:
        text += f"|{names.spell('ptrace_event', event)}<<16"
    return f"{text}|{rest:#x}" if rest else text


def _stop_signal(number: int) -> str:
    """The signal of a stop; a tracer's stops at system calls have bit 7 set (ptrace(2))."""
    return f"{signal_name(number & 0x7F)} | 0x80" if number & 0x80 else signal_name(number)


def _status_at(view: View, where: int) -> str:
    """wait4's status; when no child was found nothing was written."""
    data = view.fetch(where, 4) if view.ret else None
    return pointer(where) if data is None else f"[{wait_status(view.names, int.from_bytes(data, 'little'))}]"


def _wait_usage(view: View, where: int) -> str:
    return (printer_of("*rusage")(view, where) or "") if view.ret else pointer(where)


def _personality(view: View, value: int) -> str:
    value &= U32
    if value == U32:
        return "0xffffffff"
    flags = value & ~0xFF
    base = view.spell("personality_base", value & 0xFF)
    return base + view.names.more("personality_flags", flags)


def _capabilities(view: View, low: int, high: int) -> str:
    """``1<<CAP_CHOWN|1<<CAP_BPF``: the first 32 in one word, those above in another."""
    shown = [view.spell("cap_low", low)] if low or not high else []
    return "|".join([*shown, *([view.spell("cap_high", high)] if high else [])])


def _cap_data(view: View, where: int) -> str:
    """Three capability sets, in one or two halves by the version of the header in argument 0."""
    look = view.fetch if view.exiting else view.readable  # at entry the header itself has been looked at
    head = look(view.args[0], _CAP_HEAD.size)
    if head is None or len(head) < _CAP_HEAD.size:
        return pointer(where)
    halves = 2 if _CAP_HEAD.unpack(head)[0] in _CAP_WIDE else 1
    data = view.fetch(where, 12 * halves)
    if data is None:
        return pointer(where)
    words = struct.unpack(f"<{3 * halves}I", data)
    sets = [_capabilities(view, words[at], words[at + 3] if halves == 2 else 0) for at in range(3)]
    names = ("effective", "permitted", "inheritable")
    return "{" + ", ".join(f"{name}={one}" for name, one in zip(names, sets, strict=True)) + "}"


def _owner(view: View, where: int) -> str:
    """Who gets the signals of a descriptor, struct f_owner_ex: its type says what its number is."""
    data = view.fetch(where, _OWNER.size)
    if data is None:
        return pointer(where)
    kind, number = _OWNER.unpack(data)
    shown = view.names.task(number, _OWNERS[kind]) if 0 <= kind < len(_OWNERS) else str(number)
    return f"{{type={view.spell('owner_type', kind & U32)}, pid={shown}}}"


kinds(
    {
        "owner": _owner,
        "return_personality": lambda view, value: (
            f"{hex(value) if value else '0'} ({_personality(view, value)})"
        ),
        "wait_status": _status_at,
        "wait_usage": _wait_usage,
        "personality": _personality,
        "cap_data": _cap_data,
    }
)

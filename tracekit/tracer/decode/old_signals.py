"""Signals as the calls before the rt_ ones have them, with sets of one word; and returns from handlers."""

import struct
from typing import Final

from tracekit.syscalls import packings
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.signals import action_text, handler_name, handler_text, set_text, signal_set
from tracekit.tracer.decode.view import View, pointer

_OLD_ACTION: Final = packings("PLLP")  # struct old_sigaction, <asm/signal.h>

#: Where uc_sigmask stands from the stack pointer on, in the frame of rt_sigreturn (<asm/ucontext.h>):
#: behind uc_flags, uc_link, uc_stack and the registers; on i386 behind the handler's arguments too.
_RT_MASK_AT: Final = {"x86_64": 296, "i386": 248}
#: i386's older frame: oldmask in struct sigcontext, and the other half behind the struct _fpstate.
_MASK: Final = struct.Struct("<80xI4x624xI")


def _word_set(view: View, value: int) -> str:
    """A set that is a number itself."""
    return set_text(view.names, value & view.abi.mask, view.abi.word)


def _old_action(view: View, where: int) -> str:
    packing = _OLD_ACTION[view.abi]
    data = view.fetch(where, packing.size)
    if data is None:
        return pointer(where)
    handler, mask, flags, restorer = packing.unpack(data)
    return action_text(view.names, handler, _word_set(view, mask), flags, restorer)


def _rt_sigreturn(view: View, _value: int) -> str | None:
    """The mask that a handler's return brings back, from the frame on the stack."""
    at = _RT_MASK_AT.get(view.call.arch)
    if at is None or not view.call.stack:
        return None
    where = view.call.stack + at
    data = view.fetch(where, 8)
    mask = pointer(where) if data is None else set_text(view.names, int.from_bytes(data, "little"))
    return f"{{mask={mask}}}"


def _sigreturn(view: View, _value: int) -> str | None:
    """The same for handlers that were put up without SA_SIGINFO."""
    data = view.fetch(view.call.stack, _MASK.size)
    if data is None:
        return pointer(view.call.stack) if view.call.stack else None
    low, high = _MASK.unpack(data)
    return f"{{mask={set_text(view.names, high << 32 | low)}}}"


def _note(label: str, view: View, value: int) -> str:
    return f"{hexadecimal(value)} ({label}{_word_set(view, value)})"


def _old_handler(_view: View, value: int) -> str:
    number = hexadecimal(value)
    name = handler_name(value)
    return f"{number} ({name})" if name else number


kinds(
    {
        "sigreturn": _rt_sigreturn,
        "sigreturn_word": _sigreturn,
        "*old_sigaction": _old_action,
        "word_set": _word_set,
        "sigset_word": lambda view, where: signal_set(view, where, view.abi.word),
        "handler": lambda view, value: handler_text(view.names, value & view.abi.mask),
        "return_handler": _old_handler,
        "return_mask": lambda view, value: _note("mask ", view, value),
        "return_old_mask": lambda view, value: _note("old mask ", view, value),
    }
)

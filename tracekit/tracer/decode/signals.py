"""Signals: names, sets, dispositions, events."""

from typing import Final

from tracekit.syscalls import constants, packings
from tracekit.tracer.decode.names import Names, hexadecimal
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.scalars import U32, U64, signed32
from tracekit.tracer.decode.text import number
from tracekit.tracer.decode.view import Printer, View, pointer

#: strace reads a mask of 64 bytes, of which the kernel knows 8: with less memory it prints the address.
_SIGACTION: Final = packings("PLP8s56x")
_HANDLERS: Final = {0: "SIG_DFL", 1: "SIG_IGN", U64: "SIG_ERR"}
_SA_RESTORER: Final = 0x04000000
_MOST_SETS: Final = 4096  # texts that are kept: sets come from the traced program
_SET_SIZE: Final = 8  # the kernel takes no other; its older calls take a set of one word
_SIGEVENT: Final = packings("PiiPP")
_SIGEV_SIGNAL, _SIGEV_THREAD, _SIGEV_THREAD_ID = 0, 2, 4  # <asm-generic/siginfo.h>

SIGNALS: Final = constants("signal").names


def signal(view: View, value: int) -> str:
    """A signal's name, or its number when it has none."""
    return styled_signal(view.names, signed32(value))


def styled_signal(names: Names, number: int) -> str:
    """The same in the style that is asked for."""
    return names.word(str(number), SIGNALS.get(number))


def signal_name(number: int) -> str:
    """A signal's name in every style: for the lines about signals, and for wait(2)'s statuses."""
    return SIGNALS.get(number) or str(number)


def set_text(names: Names, mask: int, size: int = 8) -> str:
    """A signal set, ``[INT CHLD]``; from two thirds of all on what is missing, ``~[KILL STOP]``."""
    bits = size * 8
    inverted = mask.bit_count() >= bits * 2 // 3
    if inverted:
        mask = ~mask & ((1 << bits) - 1)
    members = [names.word(str(at + 1), _set_name(at + 1)) for at in range(bits) if mask >> at & 1]
    return f"{'~' if inverted else ''}[{' '.join(members)}]"


def _set_name(number: int) -> str:
    name = SIGNALS.get(number)
    return name.removeprefix("SIG") if name else str(number)


_set_texts: Final[dict[tuple[str, bytes], str]] = {}


def signal_set(view: View, where: int, size: int, least: int = 0) -> str:
    """The set behind a pointer; what is smaller than a word, or than ``least``, is no set."""
    if not (least or view.abi.word) <= size <= _SET_SIZE:
        return pointer(where)
    data = view.fetch(where, size)
    if data is None:
        return pointer(where)
    style = view.names.style
    text = _set_texts.get((style, data))
    if text is None:
        if len(_set_texts) > _MOST_SETS:
            _set_texts.clear()
        mask = int.from_bytes(data, "little")
        text = _set_texts[style, data] = set_text(view.names, mask, -(-size // 4) * 4)
    return text


def _sigset(size: str) -> Printer:
    length = number(size)
    return lambda view, where: signal_set(view, where, length(view))


def _pending(size: str) -> Printer:
    """The same where the kernel fills any part of a set (rt_sigpending)."""
    length = number(size)
    return lambda view, where: signal_set(view, where, length(view), 1)


def _sigaction(view: View, where: int) -> str:
    """The kernel's struct sigaction; the restorer only where the flags say that there is one."""
    packing = _SIGACTION[view.abi]
    data = view.fetch(where, packing.size)
    if data is None:
        return pointer(where)
    handler, flags, restorer, mask = packing.unpack(data)
    members = set_text(view.names, int.from_bytes(mask, "little"))
    return action_text(view.names, handler, members, flags, restorer)


def handler_name(handler: int) -> str | None:
    """What is to be done with a signal when that is no function: ``SIG_IGN``."""
    return _HANDLERS.get(handler)


def handler_text(names: Names, handler: int) -> str:
    """The same, or the address of a function."""
    return names.word(hexadecimal(handler), handler_name(handler))


def action_text(names: Names, handler: int, mask: str, flags: int, restorer: int) -> str:
    """The members of a struct sigaction, of the older one too."""
    shown = [
        f"sa_handler={handler_text(names, handler)}",
        f"sa_mask={mask}",
        f"sa_flags={names.spell('sigaction_flags', flags)}",
    ]
    if flags & _SA_RESTORER:
        shown.append(f"sa_restorer={pointer(restorer)}")
    return "{" + ", ".join(shown) + "}"


def _sigevent(view: View, where: int) -> str:
    """How a timer or a queue tells of itself: sigevent(7), with what each way of it has."""
    packing = _SIGEVENT[view.abi]
    data = view.fetch(where, packing.size)
    if data is None:
        return pointer(where)
    value, signo, notify, first, second = packing.unpack_from(data)
    has_signal = notify in (_SIGEV_SIGNAL, _SIGEV_THREAD, _SIGEV_THREAD_ID)
    sival = f"{{sival_int={signed32(value)}, sival_ptr={pointer(value)}}}"
    shown = [f"sigev_value={sival}"] if value else []
    shown.append(f"sigev_signo={signal(view, signo) if has_signal else signo & U32}")
    shown.append(f"sigev_notify={view.spell('sigev_notify', notify & U32)}")
    if notify == _SIGEV_THREAD_ID:
        shown.append(f"sigev_notify_thread_id={signed32(first)}")
    if notify == _SIGEV_THREAD:
        shown.append(f"sigev_notify_function={pointer(first)}")
        shown.append(f"sigev_notify_attributes={pointer(second)}")
    return "{" + ", ".join(shown) + "}"


def _restarted(view: View, _value: int) -> str:
    """The kernel goes on with a call that a signal interrupted; which one only the tracer can know."""
    return f"<... resuming interrupted {view.call.resumes or 'system call'} ...>"


kinds(
    {
        "restarted": _restarted,
        "signal": signal,
        "*sigaction": _sigaction,
        "*sigevent": _sigevent,
    }
)
families({"sigset": _sigset, "pending_set": _pending})

"""Settings of a process: what prctl(2) and arch_prctl(2) take and give back."""

from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.names import WORDS, hexadecimal
from tracekit.tracer.decode.registry import kinds, of_registers
from tracekit.tracer.decode.scalars import U32, signed32
from tracekit.tracer.decode.signals import signal
from tracekit.tracer.decode.text import quoted
from tracekit.tracer.decode.view import Printer, View, pointer

_TASK_COMM_LEN: Final = 16  # <linux/sched.h>
_MOST_SIGNALS: Final = 128  # what is beyond is no signal on any machine
_ANY_PTRACER: Final = -1
# <linux/prctl.h>
_LENGTH_MASK: Final = 0xFFFF  # PR_SVE_VL_LEN_MASK, PR_SME_VL_LEN_MASK
_TAGGED: Final = 1
_MTE_TCF: Final = 6
_MTE_TAGS: Final = 0xFFFF << 3
_MTE_TAG_SHIFT: Final = 3
_STORE_BYPASS: Final = range(3)  # the features whose state has names


def _death_signal(view: View, value: int) -> str:
    return str(value) if value > _MOST_SIGNALS else signal(view, value)


def _ptracer(view: View, value: int) -> str:
    if signed32(value) == _ANY_PTRACER:
        return view.names.word("-1", "PR_SET_PTRACER_ANY")
    return view.names.task(signed32(value))


def _task_name(size: int) -> Printer:
    """A thread's name, of which at most ``size`` bytes are looked at."""

    def printer(view: View, where: int) -> str:
        shown = min(size, view.options.string_limit)
        wanted = min(size, view.options.string_limit + 1)
        data = view.text(where, wanted)
        text, end, _ = data.partition(b"\0")
        if not end and len(data) < wanted:
            return pointer(where)
        return quoted(text[:shown], view.options.hex_strings) + ("" if end else "...")

    return printer


def _vector_length(flags: str, value: int) -> str | None:
    """``PR_SVE_VL_INHERIT|0x40``: what is to be done, and a length in bytes; None for a length alone."""
    above = value & ~_LENGTH_MASK
    return f"{WORDS.spell(flags, above)}|{hexadecimal(value & _LENGTH_MASK)}" if above else None


def _vector(flags: str) -> Printer:
    return lambda view, value: view.names.word(hexadecimal(value), _vector_length(flags, value))


def _vector_note(flags: str) -> Printer:
    return lambda view, value: view.names.noted(hexadecimal(value), _vector_length(flags, value))


def _tags(value: int) -> str:
    """``PR_TAGGED_ADDR_ENABLE|PR_MTE_TCF_SYNC|0x1<<PR_MTE_TAG_SHIFT``: whether, how, which tags."""
    shown = [WORDS.spell("pr_tagged_addr", value & _TAGGED), WORDS.spell("pr_mte_tcf", value & _MTE_TCF)]
    tags, rest = value & _MTE_TAGS, value & ~(_TAGGED | _MTE_TCF | _MTE_TAGS)
    if tags:
        shown.append(f"{tags >> _MTE_TAG_SHIFT:#x}<<PR_MTE_TAG_SHIFT")
    if rest:
        shown.append(hex(rest))
    return "|".join(shown)


def _flags_note(name: str, *, of_zero: bool = False) -> Printer:
    """A return value with its flags beside it; 0 alone unless it has a name that counts."""

    def printer(view: View, value: int) -> str:
        words = view.names.aside(name, value) if value or of_zero else None
        return view.names.noted(hexadecimal(value), words)

    return printer


def _name_note(name: str) -> Printer:
    """A return value with its name beside it, in every style."""

    def printer(_view: View, value: int) -> str:
        word = constants(name).names.get(value)
        return f"{value} ({word})" if word else str(value)

    return printer


def _speculation(view: View, value: int) -> str:
    """How a feature that may leak is set; of features without a name, the number."""
    if view.args[1] not in _STORE_BYPASS:
        return str(value)
    return view.names.noted(hexadecimal(value), view.names.aside("pr_spec_get", value))


def _pid_kind(view: View, value: int) -> str:
    """What a pid is that of: a number with its name, for the names are the kernel's own."""
    return view.names.explained("pid_type", value & U32)


def _xfeatures(view: View, where: int) -> str:
    """The parts of the processor's state that may be used, behind a pointer."""
    data = view.fetch(where, 8)
    if data is None:
        return pointer(where)
    return f"[{view.names.explained('xfeature_mask', int.from_bytes(data, 'little'))}]"


kinds(
    {
        "death_signal": _death_signal,
        "ptracer": _ptracer,
        "task_name": _task_name(_TASK_COMM_LEN - 1),
        "own_task_name": _task_name(_TASK_COMM_LEN),
        "sve_length": _vector("pr_sve_flags"),
        "sme_length": _vector("pr_sme_flags"),
        "tagged_addresses": lambda view, value: view.names.word(hexadecimal(value), _tags(value)),
        "pid_kind": _pid_kind,
        "xfeature": lambda view, value: view.names.explained("xfeature", value),
        "xfeatures": _xfeatures,
        "return_sve_length": _vector_note("pr_sve_flags"),
        "return_sme_length": _vector_note("pr_sme_flags"),
        "return_tagged_addresses": lambda view, value: view.names.noted(hexadecimal(value), _tags(value)),
        "return_suid_dump": _name_note("suid_dump"),
        "return_pr_mce_kill_policy": _name_note("pr_mce_kill_policy"),
        "return_securebits": _flags_note("securebits"),
        "return_pr_fp_mode": _flags_note("pr_fp_mode"),
        "return_pr_pac_enabled_keys": _flags_note("pr_pac_enabled_keys", of_zero=True),
        "return_xfeatures": _flags_note("xfeature_mask"),
        "return_speculation": _speculation,
    }
)
of_registers(
    "death_signal", "ptracer", "sve_length", "sme_length", "tagged_addresses", "pid_kind", "xfeature"
)

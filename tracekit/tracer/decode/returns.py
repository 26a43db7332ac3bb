"""Return values: numbers, addresses, descriptors, errors, and the notes beside them."""

from typing import Final

from tracekit.syscalls import RESTART_CODES, constants, errno_name, errno_text
from tracekit.tracer.decode.attributes import moment_text
from tracekit.tracer.decode.files import open_words
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import kinds, printer_of
from tracekit.tracer.decode.scalars import octal
from tracekit.tracer.decode.signals import SIGNALS
from tracekit.tracer.decode.view import Printer, View

_error_texts: Final[dict[int, str]] = {}


def error_text(code: int) -> str:
    """A failure: ``-1 ENOENT (No such file or directory)``, or a restart, whose return nobody sees."""
    text = _error_texts.get(code)
    if text is None:
        text = _error_texts[code] = _spell_error(code)
    return text


def _spell_error(code: int) -> str:
    name = errno_name(code)
    if code in RESTART_CODES:
        return f"? {name} ({errno_text(code)})"
    return f"-1 {name} ({errno_text(code)})" if name else f"-1 (errno {code})"


def _flags_note(word: str, table: str) -> Printer:
    def printer(view: View, value: int) -> str:
        return f"{value:#x} ({word} {view.names.bare(table, value)})" if value else "0"

    return printer


def _open_flags_note(_view: View, value: int) -> str:
    return f"{hexadecimal(value)} (flags {open_words(value)})"


def _named_note(table: str) -> Printer:
    """A value whose name stands in parentheses, when it has one."""

    def printer(_view: View, value: int) -> str:
        name = constants(table).names.get(value)
        number = hex(value) if value else "0"
        return f"{number} ({name})" if name else number

    return printer


def _signal_note(_view: View, value: int) -> str:
    return f"{value} ({SIGNALS[value]})" if value in SIGNALS else str(value)


def _time_state(view: View, value: int) -> str:
    """adjtimex(2)'s state of the clock, beside the structure if that could be read."""
    syscall = view.call.syscall
    name = constants("timex_state").names.get(value)
    if syscall is None or name is None:
        return str(value)
    last = syscall.form.arguments[-1]
    text = printer_of(last.kind)(view, view.args[last.index]) or ""
    return f"{value} ({name})" if text.startswith("{") else str(value)


def _clock_note(_view: View, value: int) -> str:
    """time(2)'s seconds with their date."""
    return f"{value} ({moment_text(value)})" if value else "0"


def _receive_note(view: View, value: int) -> str:
    """recvmmsg(2): out of time, or what was left of it."""
    if not value:
        return "0 (Timeout)"
    syscall = view.call.syscall
    if syscall is None or not view.args[4] or view.options.opaque:
        return str(value)
    return f"{value} (left {printer_of(syscall.form.arguments[4].kind)(view, view.args[4])})"


kinds(
    {
        "return_address": lambda _view, value: hex(value) if value else "0",
        "return_octal": lambda _view, value: octal(value),
        "return_fd_flags": _flags_note("flags", "fd_flags"),
        "return_open_flags": _open_flags_note,
        "return_seals": _flags_note("seals", "seal_flags"),
        "return_lease": _named_note("lock_type"),
        "return_signal": _signal_note,
        "return_adjtimex": _time_state,
        "return_date": _clock_note,
        "return_recvmmsg": _receive_note,
    }
)

"""Calls that are not decoded: strace's ``-e raw=`` (syscall.c: printargs)."""

import os
from functools import cache
from typing import Final

from tracekit.syscalls import RESTART_CODES, Argument, Syscall, errno_name
from tracekit.tracer.decode.returns import error_text
from tracekit.tracer.decode.view import Call

_REGISTERS = 6
_REGISTER = (1 << 64) - 1
_NOT_PASSED: Final = {"sigreturn", "sigreturn_word", "restarted"}
"""Kinds of what is shown as an argument and stands in no register."""


def raw_entry(call: Call) -> str:
    """The call's name and its arguments as hexadecimal numbers, without the closing parenthesis."""
    count = _count(call.syscall) if call.syscall else _REGISTERS
    return f"{call.name}({', '.join(hexadecimal(one) for one in call.passed or call.args[:count])}"


def raw_return(call: Call) -> str:
    """What it returned, an interruption as the number that it is; decimal when the call is not known."""
    if call.is_error:
        code = -call.ret
        if call.syscall and code in RESTART_CODES:
            return f"-1 {errno_name(code)} ({os.strerror(code)})"
        return error_text(code)
    return hexadecimal(call.ret & _REGISTER) if call.syscall else str(call.ret)


def hexadecimal(value: int) -> str:
    """A number as C's ``%#lx`` prints it."""
    return hex(value) if value else "0"


@cache
def _count(syscall: Syscall) -> int:
    """How many arguments a call has, with any of its commands."""
    forms = [syscall.form, *(syscall.commands.forms.values() if syscall.commands else ())]
    passed = (one for form in forms for one in form.arguments if one.kind not in _NOT_PASSED)
    return max((_last(one) + 1 for one in passed), default=0)


def _last(argument: Argument) -> int:
    """The last register that an argument stands in: of two that are one number, the high half's."""
    wide = argument.kind.startswith("wide")
    return max(argument.index, int(argument.parameters[0])) if wide else argument.index

"""Doing at a call's stops what an injection asks for, and saying so behind the call (syscall.c of strace)."""

import os
from collections.abc import Callable

from tracekit.syscalls import ABIS, calls
from tracekit.tracer.decode import Call
from tracekit.tracer.kernel import registers
from tracekit.tracer.kernel.numbers import folder
from tracekit.tracer.tampering.inject import Injection, Pokes, Rules, Tampering
from tracekit.tracer.tasks.task import Task

_NO_CALL = -1
"""The number of no call: the kernel makes none and leaves -ENOSYS in the result's register."""
_ALL_BITS = 2**64 - 1
_FAILED = "Failed to tamper with process"


class Tamper:
    """Applies rules to the calls of all tasks; each task (thread) counts its own calls."""

    def __init__(self, rules: Rules, say: Callable[[str], None]) -> None:
        """``say`` what could not be done."""
        self._rules = rules
        self._say = say

    def enter(self, task: Task, call: Call) -> None:
        """Begin with a call that stands at its entry, if it is one that is meant.

        None that no table has is ever meant, whatever the set: so strace has it.
        """
        injection = self._rules.find(call.arch, call.number) if call.syscall else None
        if injection is None:
            return
        key = call.arch, call.number
        task.injected[key] += 1
        if not injection.due(task.injected[key]):
            return
        task.tampering = tampering = Tampering(injection)
        task.pause_ns = injection.delay_enter or 0
        if injection.replaces:
            tampering.replaced = registers.set_number(task.tid, _substitute(injection, call.arch))
        self._poke(tampering, task, call, injection.poke_enter)

    def leave(self, task: Task, call: Call) -> str:
        """End with a call that stands at its exit: it then returns what it is to return. Say so."""
        tampering, task.tampering = task.tampering, None
        if tampering is None:
            return ""
        injection = tampering.injection
        self._poke(tampering, task, call, injection.poke_exit)
        task.pause_ns = injection.delay_exit or 0
        if tampering.replaced:
            self._replace_result(task.tid, call, injection)
        return tampering.note

    def _replace_result(self, tid: int, call: Call, injection: Injection) -> None:
        if call.is_error is not (injection.syscall is None):
            self._say(f"{_FAILED} {tid}: unexpectedly got {_outcome(call)}")
            return
        call.is_error = injection.error is not None
        call.ret = -injection.error if injection.error is not None else injection.retval or 0
        registers.set_result(tid, call.ret)
        if not call.is_error:
            call.ret &= ABIS[call.arch].mask

    def _poke(self, tampering: Tampering, task: Task, call: Call, pokes: Pokes | None) -> None:
        """Overwrite what arguments point to."""
        tid = task.tid
        count = 1 + max((one.index for one in call.syscall.form.arguments), default=-1) if call.syscall else 6
        for argument, data in (pokes or {}).items():
            if argument >= count:
                self._say(
                    f"poke_tcb: {_FAILED} {tid}: requested to tamper with argument #{argument + 1},"
                    f" but system call '{call.name}' has only {count} arguments"
                )
                continue
            written = _write(tid, call.args[argument], data)
            if not written:
                self._say(f"poke_tcb: {_FAILED} {tid}: couldn't poke")
                continue
            tampering.poked = True
            task.pages.clear()
            if written < len(data):
                place = f"@{call.args[argument]:#x}"
                self._say(f"upoken: pid:{tid} short write ({written} < {len(data)}) {place}")


def _substitute(injection: Injection, arch: str) -> int:
    """Return the number of the call that is made instead."""
    numbers = (number for number, call in calls(arch).items() if call.name == injection.syscall)
    return next(numbers, _NO_CALL)


def _outcome(call: Call) -> str:
    value, error = (-1, -call.ret) if call.is_error else (call.ret, 0)
    return f"{'' if call.is_error else 'no '}error (return value {value & _ALL_BITS:#x}, error {error})"


def _write(tid: int, address: int, data: bytes) -> int:
    """Write into a stopped task's memory, read-only pages included (proc(5)); return how much."""
    try:
        descriptor = os.open(f"{folder(tid)}/mem", os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        return os.pwrite(descriptor, data, address)
    except (OSError, OverflowError):
        return 0
    finally:
        os.close(descriptor)

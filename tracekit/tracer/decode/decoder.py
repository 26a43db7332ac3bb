"""The decoder: one plan a call, made from its row of the table, and followed at each stop."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tracekit.syscalls import ABIS, Abi, Argument, Form, Syscall, calls
from tracekit.tracer.decode.registry import Capture, capture_of, printer_of, return_printer_of
from tracekit.tracer.decode.returns import error_text
from tracekit.tracer.decode.scalars import U32
from tracekit.tracer.decode.signals import siginfo_text
from tracekit.tracer.decode.view import Call, Options, Printer, Task, View

#: What stands before an argument, its printer, its register.
_Item = tuple[str, Printer, int]

#: Kinds that are as wide as a register and have a sign: what they are where a register has 32 bits.
_NARROW: Final = {"long": "int"}


@dataclass(frozen=True, slots=True)
class _Plan:
    """A form of a call with its printers looked up."""

    at_entry: tuple[_Item, ...]
    at_exit: tuple[_Item, ...]
    captures: tuple[tuple[Capture, int], ...]
    comma: str
    """What the entry ends with when more arguments come at exit."""
    returns: Printer


@dataclass(frozen=True, slots=True)
class _Choice:
    """A call's plan, or one plan a command."""

    name: str
    usual: _Plan
    index: int
    mask: int
    plans: Mapping[int, _Plan]


@dataclass(frozen=True, slots=True)
class _Dialect:
    """One ABI: what printers see of its calls, and the plans of those that came so far."""

    view: View
    choices: dict[Syscall, _Choice]


class Decoder:
    """Calls to text; one for a whole trace, for tasks that stop one at a time.

    Args:
        options: how much is printed of each argument.
        arch: whose plans are made at once; another architecture's, as its calls come.
    """

    def __init__(self, options: Options, arch: str = "x86_64") -> None:
        """Make every plan now, so that a stop costs no more than following one."""
        self.options = options
        self.arch = arch
        self._dialects = {name: _Dialect(View(options, abi), {}) for name, abi in ABIS.items()}
        self._dialects[arch].choices.update(
            (call, _choice(call, ABIS[arch])) for call in calls(arch).values()
        )

    def entering(self, call: Call, task: Task) -> str:
        """The call's name and the arguments that are known at its entry.

        ``read(3</etc/passwd>, `` when more comes at exit, else all arguments
        without the closing parenthesis.
        """
        if call.syscall is None:
            return f"{call.name}({', '.join(hex(one) if one else '0' for one in call.args)}"
        view, name, plan = self._plan(call)
        view.show(call, task, exiting=False)
        args = call.args
        shown = [name, "("]
        for before, printer, index in plan.at_entry:
            text = printer(view, args[index])
            if text is not None:
                shown.append(before + text)
        shown.append(plan.comma)
        for capture, index in plan.captures:
            call.saved[index] = capture(view, args[index])
        return "".join(shown)

    def exiting(self, call: Call, task: Task) -> tuple[str, str]:
        """The rest of the arguments with the closing parenthesis, and the return value without ``= ``."""
        if call.syscall is None:
            return ")", error_text(-call.ret) if call.is_error else str(call.ret)
        view, _, plan = self._plan(call)
        view.show(call, task, exiting=True)
        args = call.args
        shown = []
        for before, printer, index in plan.at_exit:
            text = printer(view, args[index])
            if text is not None:
                shown.append(before + text)
        shown.append(")")
        result = error_text(-call.ret) if call.is_error else plan.returns(view, call.ret)
        return "".join(shown), result or ""

    def unfinished(self, call: Call) -> str:
        """What stands for the rest of a call whose task ends in it, as ``exiting`` gives it for others."""
        if call.syscall is not None and self._plan(call)[2].at_exit:
            return " <unfinished ...>)"
        return ")"

    def signal(self, siginfo: bytes) -> str:
        """A signal's name and its siginfo_t (128 raw bytes): ``SIGCHLD {si_signo=SIGCHLD, ...}``."""
        return siginfo_text(siginfo, named=True)

    def _plan(self, call: Call) -> tuple[View, str, _Plan]:
        """What a call's printers see, its name, and its plan."""
        assert call.syscall is not None
        dialect = self._dialects[call.arch]
        choice = dialect.choices.get(call.syscall)
        if choice is None:  # the first of its kind on another architecture
            choice = dialect.choices[call.syscall] = _choice(call.syscall, dialect.view.abi)
        if not choice.plans:
            return dialect.view, choice.name, choice.usual
        plan = choice.plans.get(call.args[choice.index] & choice.mask, choice.usual)
        return dialect.view, choice.name, plan


def _choice(call: Syscall, abi: Abi) -> _Choice:
    """The plans of one call."""
    usual = _plan(call.form, abi)
    if call.commands is None:
        return _Choice(call.name, usual, 0, 0, {})
    before = call.form.arguments[: call.commands.index + 1]
    plans = {
        command: _plan(form if form.whole else Form((*before, *form.arguments), form.returns), abi)
        for command, form in call.commands.forms.items()
    }
    return _Choice(call.name, usual, call.commands.index, call.commands.mask, plans)


def _plan(form: Form, abi: Abi) -> _Plan:
    """Look up the printers of a form."""
    narrow = _NARROW if abi.word == 4 else {}
    arguments = [replace(one, kind=narrow.get(one.kind, one.kind)) for one in form.arguments]
    early = [one for one in arguments if not one.at_exit]
    late = [one for one in arguments if one.at_exit]
    captures = ((_capture(one), one.index) for one in arguments)
    own_comma = not late or late[0].joins_late or late[0].glued or not early
    return _Plan(
        at_entry=tuple(_item(one, first=at == 0) for at, one in enumerate(early)),
        at_exit=tuple(_item(one, first=at == 0) for at, one in enumerate(late)),
        captures=tuple((capture, index) for capture, index in captures if capture is not None),
        comma="" if own_comma else ", ",
        returns=_narrow_return(form.returns) if narrow else return_printer_of(form.returns),
    )


def _narrow_return(kind: str) -> Printer:
    """A printer for a return value of 32 bits, whose upper half says nothing."""
    wide = return_printer_of(kind)
    return lambda view, value: wide(view, value & U32)


def _capture(argument: Argument) -> Capture | None:
    """What has to be remembered of an argument at entry, if anything."""
    if argument.early:
        return printer_of(argument.kind, argument.parameters)
    return capture_of(argument.kind)


def _remembered(index: int) -> Printer:
    """A printer for what was printed at entry and only shows at exit."""
    return lambda view, _value: str(view.call.saved.get(index, ""))


def _item(argument: Argument, *, first: bool) -> _Item:
    comma = "" if argument.glued or (first and not argument.joins_late) else ", "
    label = f"{argument.label}=" if argument.label else ""
    if argument.early:
        return comma + label, _remembered(argument.index), argument.index
    return comma + label, printer_of(argument.kind, argument.parameters), argument.index

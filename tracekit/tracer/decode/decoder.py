"""The decoder: one plan a call, made from its row of the table, and followed at each stop."""

from collections.abc import Mapping
from dataclasses import dataclass

from tracekit.syscalls import Argument, Form, Syscall, calls
from tracekit.tracer.decode.registry import Capture, capture_of, printer_of, return_printer_of
from tracekit.tracer.decode.returns import error_text
from tracekit.tracer.decode.signals import siginfo_text
from tracekit.tracer.decode.view import Call, Options, Printer, Task, View

#: What stands before an argument, its printer, its register.
_Item = tuple[str, Printer, int]


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


class Decoder:
    """Calls to text; one for a whole trace, for tasks that stop one at a time.

    Args:
        options: how much is printed of each argument.
        arch: whose numbers count for calls that say nothing else.
    """

    def __init__(self, options: Options, arch: str = "x86_64") -> None:
        """Make every plan now, so that a stop costs no more than following one."""
        self.options = options
        self.arch = arch
        self._view = View(options)
        self._choices = {call.name: _choice(call) for call in calls(arch).values()}

    def entering(self, call: Call, task: Task) -> str:
        """The call's name and the arguments that are known at its entry.

        ``read(3</etc/passwd>, `` when more comes at exit, else all arguments
        without the closing parenthesis.
        """
        if call.syscall is None:
            return f"{call.name}({', '.join(hex(one) if one else '0' for one in call.args)}"
        choice, plan = self._plan(call)
        view = self._view
        view.show(call, task, exiting=False)
        args = call.args
        shown = [choice.name, "("]
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
        view = self._view
        view.show(call, task, exiting=True)
        if call.syscall is None:
            return ")", error_text(-call.ret) if call.is_error else str(call.ret)
        _, plan = self._plan(call)
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
        if call.syscall is not None and self._plan(call)[1].at_exit:
            return " <unfinished ...>)"
        return ")"

    def signal(self, siginfo: bytes) -> str:
        """A signal's name and its siginfo_t (128 raw bytes): ``SIGCHLD {si_signo=SIGCHLD, ...}``."""
        return siginfo_text(siginfo, named=True)

    def _plan(self, call: Call) -> tuple[_Choice, _Plan]:
        choice = self._choices.get(call.syscall.name) if call.syscall else None
        if choice is None:  # another architecture's call: the same row, made into a plan now
            assert call.syscall is not None
            choice = self._choices[call.syscall.name] = _choice(call.syscall)
        if not choice.plans:
            return choice, choice.usual
        return choice, choice.plans.get(call.args[choice.index] & choice.mask, choice.usual)


def _choice(call: Syscall) -> _Choice:
    """The plans of one call."""
    usual = _plan(call.form)
    if call.commands is None:
        return _Choice(call.name, usual, 0, 0, {})
    before = call.form.arguments[: call.commands.index + 1]
    plans = {
        command: _plan(form if form.whole else Form((*before, *form.arguments), form.returns))
        for command, form in call.commands.forms.items()
    }
    return _Choice(call.name, usual, call.commands.index, call.commands.mask, plans)


def _plan(form: Form) -> _Plan:
    """Look up the printers of a form."""
    early = [one for one in form.arguments if not one.at_exit]
    late = [one for one in form.arguments if one.at_exit]
    captures = ((_capture(one), one.index) for one in form.arguments)
    own_comma = not late or late[0].joins_late or late[0].glued or not early
    return _Plan(
        at_entry=tuple(_item(one, first=at == 0) for at, one in enumerate(early)),
        at_exit=tuple(_item(one, first=at == 0) for at, one in enumerate(late)),
        captures=tuple((capture, index) for capture, index in captures if capture is not None),
        comma="" if own_comma else ", ",
        returns=return_printer_of(form.returns),
    )


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

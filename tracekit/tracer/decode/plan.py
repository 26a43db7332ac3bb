"""Plans: what of a call is taken down while it stands at a stop, and how it is printed later.

A traced task waits while we look at it, so a stop takes no more than what cannot be had
later: memory, and what a descriptor stands for. Registers need nothing. Most memory is
taken as bytes, and printed when no task waits; what hangs together in deeper ways (arrays
of vectors, messages) and everything that asks /proc is printed at the stop.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tracekit.syscalls import Argument, Commands, Form, Syscall
from tracekit.tracer.decode.registry import (
    Capture,
    capture_of,
    fetcher_of,
    needs_no_task,
    printer_of,
    return_printer_of,
)
from tracekit.tracer.decode.scalars import U32
from tracekit.tracer.decode.view import Call, Piece, Printer, View

Item = tuple[str, Printer, int]
"""What stands before an argument, its printer, its register."""
Step = tuple[Callable[[View, int], Any], int]
"""What is done at a stop, with which register; its result goes to ``Call.taken``."""

_WIDE: Final = 8  # bytes of a word
_NARROW: Final = {"long": "int"}
"""Kinds that are as wide as a register and have a sign: what they are where a register has 32 bits."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One form of a call, for programs of one ABI."""

    name: str
    view: View
    entry_steps: tuple[Step, ...]
    exit_steps: tuple[Step, ...]
    captures: tuple[tuple[Capture, int], ...]
    at_entry: tuple[Item, ...]
    at_exit: tuple[Item, ...]
    comma: str
    """What the entry ends with when more arguments come at exit."""
    returns: Printer
    returns_at_stop: bool
    """The return value is printed at the stop: it is a descriptor, say."""
    if_asked: tuple[int, ...]
    """Arguments that nothing may be found at."""
    unasked: "Plan | None"
    """The plan for when that is so: everything is printed at entry."""
    takes_at_entry: bool = field(init=False)
    takes_at_exit: bool = field(init=False)
    """Whether there is anything to do at the stops at all."""

    def __post_init__(self) -> None:
        """See what there is to do."""
        object.__setattr__(self, "takes_at_entry", bool(self.entry_steps or self.captures))
        object.__setattr__(self, "takes_at_exit", bool(self.exit_steps or self.returns_at_stop))

    def settled(self, call: Call) -> "Plan":
        """The plan that a call keeps, once it is known what was found at its arguments."""
        found = all(call.saved[index] is not None for index in self.if_asked)
        return self.unasked if self.unasked and not found else self


class Choice:
    """A call's plan, or one plan a command: of the many commands, those that come get one."""

    __slots__ = ("_call", "_commands", "_plans", "_usual", "_view")

    def __init__(self, call: Syscall, view: View) -> None:
        """The choice for programs of the view's ABI."""
        self._call = call
        self._view = view
        self._commands = call.commands
        self._usual = _plan(call.name, call.form, view)
        self._plans: dict[int, Plan] = {}

    def of(self, args: Sequence[int]) -> Plan:
        """The plan for these registers."""
        commands = self._commands
        if commands is None:
            return self._usual
        command = args[commands.index] & commands.mask
        return self._plans.get(command) or self._new(command, commands)

    def _new(self, command: int, commands: Commands) -> Plan:
        """The plan for a command that comes for the first time, or has no form of its own."""
        narrow = self._view.abi.word < _WIDE
        form = (commands.narrow_forms if narrow else commands.forms).get(command)
        if form is None:
            return self._usual
        if not form.whole:
            before = self._call.form.arguments[: commands.index + 1]
            form = Form((*before, *form.arguments), form.returns)
        plan = self._plans[command] = _plan(self._call.name, form, self._view)
        return plan


def _plan(name: str, form: Form, view: View) -> Plan:
    narrow = _NARROW if view.abi.word == 4 else {}
    arguments = [replace(one, kind=narrow.get(one.kind, one.kind)) for one in form.arguments]
    early = [one for one in arguments if not one.at_exit]
    late = [one for one in arguments if one.at_exit]
    asked = tuple(one.index for one in arguments if one.if_asked)
    at_once = form._replace(arguments=tuple(_unasked(one) for one in arguments if not one.glued))
    captures = ((_capture(one), one.index) for one in arguments)
    own_comma = not late or late[0].joins_late or late[0].glued or not early
    steps: list[Step] = []
    at_entry = tuple(_item(one, at == 0, steps) for at, one in enumerate(early))
    entered = len(steps)
    at_exit = tuple(_item(one, at == 0, steps) for at, one in enumerate(late))
    return Plan(
        name=name,
        view=view,
        entry_steps=tuple(steps[:entered]),
        exit_steps=tuple(steps[entered:]),
        captures=tuple((capture, index) for capture, index in captures if capture is not None),
        at_entry=at_entry,
        at_exit=at_exit,
        comma="" if own_comma else ", ",
        returns=_narrow_return(form.returns) if narrow else return_printer_of(form.returns),
        returns_at_stop=not needs_no_task(f"return_{form.returns}", form.returns),
        if_asked=asked,
        unasked=_plan(name, at_once, view) if asked else None,
    )


def _unasked(argument: Argument) -> Argument:
    """An argument printed at entry; one that was to be printed at exit from memory as an address."""
    if not argument.at_exit:
        return argument
    kind, parameters = argument.kind, argument.parameters
    if not needs_no_task(kind):
        kind, parameters = "address", ()
    return Argument(kind, argument.index, parameters)


def _narrow_return(kind: str) -> Printer:
    """A printer for a return value of 32 bits, whose upper half says nothing."""
    wide = return_printer_of(kind)
    return lambda view, value: wide(view, value & U32)


def _capture(argument: Argument) -> Capture | None:
    """What has to be remembered of an argument at entry, if anything."""
    if argument.early:
        return printer_of(argument.kind, argument.parameters)
    return capture_of(argument.kind)


def _item(argument: Argument, first: bool, steps: list[Step]) -> Item:
    """How an argument is printed; what it needs at the stop is added to the steps."""
    comma = "" if argument.glued or (first and not argument.joins_late) else ", "
    label = f"{argument.label}=" if argument.label else ""
    return comma + label, _later(argument, steps), argument.index


def _later(argument: Argument, steps: list[Step]) -> Printer:
    """A printer that needs the task no more."""
    if argument.early:
        return _remembered(argument.index)
    printer = printer_of(argument.kind, argument.parameters)
    if needs_no_task(argument.kind):
        return printer
    slot = len(steps)
    fetch = fetcher_of(argument.kind, argument.parameters)
    if fetch is None:
        steps.append((printer, argument.index))
        return lambda view, _value: view.call.taken[slot]
    steps.append((_piece(fetch), argument.index))
    return _printed_from(slot, printer)


def _remembered(index: int) -> Printer:
    """A printer for what was printed at entry and only shows at exit."""
    return lambda view, _value: str(view.call.saved.get(index, ""))


def _piece(fetch: Callable[[View, int], bytes]) -> Callable[[View, int], Piece]:
    return lambda view, address: Piece(address, fetch(view, address))


def _printed_from(slot: int, printer: Printer) -> Printer:
    """A printer that finds in the piece that was taken what it would have read from the task."""

    def show(view: View, value: int) -> str | None:
        view.task = view.call.taken[slot]
        return printer(view, value)

    return show

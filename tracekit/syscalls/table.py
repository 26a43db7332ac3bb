"""The system calls of Linux: one row a call, read from ``calls.tbl``, ``commands.tbl`` and ``ioctls.tbl``.

The form of these tables stands at their head. A row says what a call takes, what it
gives back and what it does to descriptors and tasks, so that a new call is a new row.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Final, NamedTuple

from tracekit.errors import UsageError
from tracekit.syscalls.abi import ABIS
from tracekit.syscalls.constants import constant_sets, constants

ARCHITECTURES: Final = tuple(ABIS)

_NARROW: Final = "_32"  # behind the name of a constant set: as it is where longs have 32 bits
_HERE: Final = Path(__file__).parent
_ARGUMENT: Final = re.compile(
    r"(?P<mark>~?\?|[>+~^]?)(?:(?P<label>\w+)=)?(?P<kind>\*?\w+)(?:\((?P<parameters>[\w,*]+)\))?(?:@(?P<index>\d))?"
)
_EFFECT: Final = re.compile(r"(?P<verb>\w+)(?:\((?P<operands>[\d,]+)\))?")


@dataclass(frozen=True, slots=True)
class Argument:
    """One printed argument of a call."""

    kind: str
    """What it is: ``fd``, ``path``, a constant set's name, ``*timespec`` for a pointer to a structure."""
    index: int
    """Which of the six argument registers it comes from, 0 to 5."""
    parameters: tuple[str, ...] = ()
    """What the kind has to look at: argument numbers, or ``ret`` for the return value."""
    at_exit: bool = False
    """Known, and printed, only when the call returns."""
    joins_late: bool = False
    """The comma before it belongs to the exit too."""
    early: bool = False
    """Printed at exit as it was at entry."""
    glued: bool = False
    """No comma before it at all: it goes on with the argument before it."""
    if_asked: bool = False
    """Printed at exit if anything is found at it at entry, else everything is printed at entry."""
    label: str = ""
    """Printed before it, with ``=``: ``child_stack``."""


class Effect(NamedTuple):
    """What a call that succeeds does to descriptors or tasks: ``closes`` argument 0, ``opens`` its return."""

    verb: str
    operands: tuple[int, ...] = ()


class Form(NamedTuple):
    """How a call looks: its arguments, its return value and what it does."""

    arguments: tuple[Argument, ...]
    returns: str = ""
    """The kind of the return value; empty for a plain decimal number."""
    effects: tuple[Effect, ...] = ()
    whole: bool = True
    """False for a command's form that holds only what stands after the command."""


@dataclass(frozen=True)
class Commands:
    """The forms of a call that depend on a command argument, as fcntl(2)'s do; read when they are asked."""

    index: int
    """Which argument holds the command."""
    mask: int
    """The bits of that argument that the command's number stands in."""
    rows: tuple[tuple[str, str], ...]
    """Rows of the tables, each with the constant set that has its commands; later ones count more."""

    @cached_property
    def forms(self) -> Mapping[int, Form]:
        """The forms by the number of their command."""
        return self._numbered("")

    @cached_property
    def narrow_forms(self) -> Mapping[int, Form]:
        """The same where longs have 32 bits: numbers that have a size in them may be others there."""
        return self._numbered(_NARROW)

    def _numbered(self, variant: str) -> dict[int, Form]:
        """The forms by the numbers of the rows' sets, unless a set of this variant has another one."""
        unit = self.mask & -self.mask  # the lowest of the bits that the number stands in
        return {
            command * unit: form
            for names, row in self.rows
            for command, form in _read_row(row, self.index, names, names + variant)
        }


@dataclass(frozen=True, eq=False)
class Syscall:
    """One system call, as it is on the architectures that have a number here.

    There are hundreds, and a trace meets few: a form is read when it is asked for.
    """

    name: str
    numbers: Mapping[str, int]
    """Architecture -> number; an architecture without the call is left out."""
    classes: frozenset[str]
    """strace's classes: ``file`` for ``-e trace=%file``."""
    text: str = field(repr=False)
    """Its form as the table has it."""
    commands: Commands | None = None
    same_as: str = ""
    """The call that it is under another name, its printed arguments alike as far as both go."""

    @cached_property
    def form(self) -> Form:
        """What it takes, gives back and does."""
        return read_form(self.text)


@cache
def rows() -> tuple[Syscall, ...]:
    """Every row of the table: a call that is not the same everywhere has several."""
    commands = _read_commands(*((_HERE / name).read_text("ascii") for name in ("commands.tbl", "ioctls.tbl")))
    lines = (_HERE / "calls.tbl").read_text("ascii").splitlines()
    return tuple(_read_call(line, commands) for line in lines if line and not line.startswith("#"))


@cache
def by_name() -> Mapping[str, Syscall]:
    """Every system call of any architecture by its name; the first row of those that have several."""
    named: dict[str, Syscall] = {}
    for call in rows():
        named.setdefault(call.name, call)
    return named


@cache
def calls(arch: str = "x86_64") -> Mapping[int, Syscall]:
    """The system calls of an architecture by their number.

    Raises:
        UsageError: the architecture is none of ``ARCHITECTURES``.
    """
    if arch not in ARCHITECTURES:
        raise UsageError(f"unknown architecture: {arch}", f"known are {', '.join(ARCHITECTURES)}")
    return {call.numbers[arch]: call for call in rows() if arch in call.numbers}


def _read_call(line: str, commands: Mapping[str, Commands]) -> Syscall:
    columns = 2 + len(ARCHITECTURES)
    name, *numbers, classes = line.split(maxsplit=columns)[:columns]
    text, _, same_as = "".join(line.split(maxsplit=columns)[columns:]).partition("= ")
    return Syscall(
        name=name,
        numbers={
            arch: int(number) for arch, number in zip(ARCHITECTURES, numbers, strict=True) if number != "-"
        },
        classes=frozenset(() if classes == "-" else classes.split(",")),
        text=text,
        commands=commands.get(name),
        same_as=same_as,
    )


def read_form(text: str, first: int = 0) -> Form:
    """Read ``arguments -> returns ; effects``; the first argument has this number."""
    rest, _, effects = text.partition(";")
    arguments, _, returns = rest.partition("->")
    return Form(
        arguments=tuple(_read_arguments(arguments.split(), first)),
        returns=returns.strip(),
        effects=tuple(_read_effect(effect) for effect in effects.split()),
    )


def _read_arguments(items: list[str], first: int) -> Iterator[Argument]:
    """The arguments of a row; what follows one that is printed at exit is printed at exit too."""
    at_exit = False
    for position, item in enumerate(items, first):
        match = _ARGUMENT.fullmatch(item)
        if match is None:
            raise ValueError(f"no argument: {item}")
        at_exit = at_exit or bool(match["mark"])
        yield Argument(
            kind=match["kind"],
            index=int(match["index"]) if match["index"] else position,
            parameters=tuple((match["parameters"] or "").split(",")) if match["parameters"] else (),
            at_exit=at_exit,
            joins_late=match["mark"] == "+",
            early=match["mark"] == "^",
            glued=match["mark"].startswith("~"),
            if_asked=match["mark"].endswith("?"),
            label=match["label"] or "",
        )


def _read_effect(item: str) -> Effect:
    match = _EFFECT.fullmatch(item)
    if match is None:
        raise ValueError(f"no effect: {item}")
    return Effect(match["verb"], tuple(int(one) for one in (match["operands"] or "").split(",") if one))


def _read_commands(*texts: str) -> dict[str, Commands]:
    """The calls of the tables: a heading ``[calls argument set mask]``, then rows ``COMMANDS : form``."""
    found: dict[str, Commands] = {}
    lines = (line for text in texts for line in [*text.splitlines(), ""] if not line.startswith("#"))
    for block in "\n".join(lines).split("\n\n"):
        heading, *rows = block.strip().splitlines() or [""]
        if not heading:
            continue
        names, index, commands, mask = heading.strip("[]").split()
        for name in names.split(","):
            before = found[name].rows if name in found else ()
            found[name] = Commands(int(index), int(mask, 0), (*before, *((commands, row) for row in rows)))
    return found


def _read_row(row: str, index: int, *sets: str) -> Iterator[tuple[int, Form]]:
    """The form of one row, by the number of each of its commands; the last set that has a name counts."""
    commands, _, form = row.partition(":")
    whole = form.startswith("=")
    read = read_form(form.removeprefix("="), 0 if whole else index + 1)._replace(whole=whole)
    known = [constants(one).aliases for one in sets if one in constant_sets()]
    for command in commands.split():
        numbers = [values[command] for values in known if command in values]
        yield numbers[-1] if numbers else int(command, 0), read

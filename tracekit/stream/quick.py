"""Arguments of the frequent shapes without the parser: names, numbers, strings, descriptors, structs, arrays.

The tokens are the grammar's terminals. Whatever is not one of these shapes, and
spaced as strace spaces it, is left to the grammar; a property test holds the two
to the same values. Nothing here goes back, or calls itself.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from tracekit.stream import builders
from tracekit.stream.terminals import pattern
from tracekit.stream.values import Array, Change, Field, Flags, Function, Unknown, Value

SIMPLE: dict[str | None, Callable[[str], Value]] = {
    "string": builders.string,
    "descriptor": builders.descriptor,
    "name": builders.name,
    "integer": builders.integer,
    "named_flags": builders.flags,
    "numbered_flags": builders.flags,
    "cut": Unknown,
}


@cache
def tokens() -> re.Pattern[str]:
    """Return the expression of one token; the last group that matched names its kind."""
    name, number = pattern("NAME"), pattern("NUMBER")
    more = rf"(?>(?:\|(?:{name}|{number}))+)"
    return re.compile(
        rf"(?P<next>, )|(?P<string>{pattern('STRING')})|(?P<descriptor>{pattern('DESCRIPTOR')})"
        rf"|(?P<name>{name})(?:(?P<label>=(?!=))|(?P<function>\()|(?P<named_flags>{more}))?"
        rf"|(?P<integer>{number})(?P<numbered_flags>{more})?"
        rf"|(?P<open>[{{\[])|(?P<close>[}}\])])|(?P<change> => )|(?P<comment> {pattern('COMMENT')})"
        r"|(?P<cut>\.\.\.)|(?P<other>(?s:.))"
    )


CLOSING = {"{": "}", "[": "]"}


class UnusualShapeError(Exception):
    """A shape that only the grammar knows."""


class Frame:
    """A list of values up to its closing bracket: arguments, members, items.

    A value comes in parts: its name, what it was before, and itself; it is whole when a comma or
    the bracket follows.
    """

    __slots__ = ("before", "closing", "function", "items", "label", "outer", "value")

    def __init__(self, outer: "Frame | None" = None, closing: str = "", function: str = "") -> None:
        """Begin a list inside another; ``function`` is what its brackets belong to."""
        self.outer, self.closing, self.function = outer, closing, function
        self.items: list[Value] = []
        self.label: str | None = None
        self.before: Value | None = None
        self.value: Value | None = None

    def put(self, value: Value) -> None:
        """Take a value in, where one may stand."""
        if self.value is not None:
            raise UnusualShapeError
        self.value = value

    def end(self) -> None:
        """Take in that the value is whole."""
        value = self.value
        if value is None:
            raise UnusualShapeError
        if self.before is not None:
            value, self.before = Change(self.before, value), None
        if self.label is not None:
            value, self.label = Field(self.label, value), None
        self.items.append(value)
        self.value = None

    def all(self) -> list[Value]:
        """Return the values of a list that ends here: behind a value, or at once."""
        if self.value is not None or self.items or self.label is not None or self.before is not None:
            self.end()
        return self.items


def _label(here: Frame, token: re.Match[str]) -> Frame:
    if here.value is not None or here.label is not None or here.before is not None:
        raise UnusualShapeError
    here.label = token["name"]
    return here


def _change(here: Frame, _: re.Match[str]) -> Frame:
    if here.value is None or here.before is not None:
        raise UnusualShapeError
    here.before, here.value = here.value, None
    return here


def _comment(here: Frame, token: re.Match[str]) -> Frame:
    if here.value is None or here.value.comment or isinstance(here.value, Flags):
        raise UnusualShapeError
    here.value = replace(here.value, comment=builders.comment(token[0]))
    return here


def _open(here: Frame, token: re.Match[str]) -> Frame:
    if here.value is not None:
        raise UnusualShapeError
    return Frame(here, CLOSING.get(token[0], ")"), token["name"] or "")


def _close(here: Frame, token: re.Match[str]) -> Frame:
    if here.outer is None or here.closing != token[0]:
        raise UnusualShapeError
    here.outer.put(_built(here))
    return here.outer


def _other(_here: Frame, _token: re.Match[str]) -> Frame:
    raise UnusualShapeError


Step = Callable[[Frame, re.Match[str]], Frame]

STEPS: dict[str | None, Step] = {
    "label": _label,
    "change": _change,
    "comment": _comment,
    "open": _open,
    "function": _open,
    "close": _close,
    "other": _other,
}


def quick_arguments(text: str) -> tuple[Value, ...] | None:
    """Return the values of arguments; None when there is one of a shape that only the grammar knows."""
    here = Frame()
    try:
        for token in tokens().finditer(text):
            kind = token.lastgroup
            if kind == "next":
                here.end()
            elif build := SIMPLE.get(kind):
                if here.value is not None:
                    return None
                here.value = build(token[0])
            else:
                here = STEPS[kind](here, token)
        return None if here.outer else tuple(here.all())
    except UnusualShapeError:
        return None


def _built(frame: Frame) -> Value:
    """Return what a closing bracket completes."""
    items = frame.all()
    if frame.closing == ")":
        return Function(frame.function, tuple(items))
    values, cut = builders.members(items)
    return builders.struct(values, cut) if frame.closing == "}" else Array(tuple(values), cut)

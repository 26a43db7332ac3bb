"""Arguments and return values: text to values, by the grammar."""

import re
from functools import cache, lru_cache

from lark import UnexpectedInput

from tracekit.stream.builders import comment, descriptor, number, values_of
from tracekit.stream.quick import quick_arguments
from tracekit.stream.scan import is_deeper, note, result, split_arguments
from tracekit.stream.terminals import parse
from tracekit.stream.values import Return, Unknown, Value

REMEMBERED = 65_536
"""How many texts are remembered with their values; call texts repeat (3.5 % differ in a busy log)."""

DEEPEST = 64
"""How deeply values may stand in one another; strace's go to ten. What is deeper is not taken apart."""


def read_arguments(text: str) -> tuple[Value, ...]:
    """Return the values of a call's arguments, and remember none of them; see ``parse_arguments``."""
    values = None if is_deep(text) else quick_arguments(text)
    return tuple(map(_argument, split_arguments(text))) if values is None else values


@lru_cache(maxsize=REMEMBERED)
def parse_arguments(text: str) -> tuple[Value, ...]:
    """Return the values of a call's arguments.

    Never fails: an argument that the grammar does not know becomes an Unknown with its text, and
    so does what is left of one that was cut, or one that is nested more deeply than DEEPEST.

    Args:
        text: what stands between the parentheses of a call, as in ``Event.args``.
    """
    return read_arguments(text)


def arguments_by_grammar(text: str) -> tuple[Value, ...]:
    """Return the values of a call's arguments by the grammar alone: what ``parse_arguments`` must return."""
    return tuple(map(argument_by_grammar, split_arguments(text)))


def argument_by_grammar(text: str) -> Value:
    """Return the value of one argument by the grammar alone."""
    if is_deep(text):
        return Unknown(text)
    try:
        values = values_of(parse(text, "arguments").children)
    except (UnexpectedInput, RecursionError):  # a change of a change of a change ... is deep, too
        return Unknown(text)
    return values[0] if len(values) == 1 else Unknown(text)


def is_deep(text: str) -> bool:
    """Tell whether brackets stand in one another more deeply than values may."""
    return text.count("(") + text.count("[") + text.count("{") > DEEPEST and is_deeper(text, DEEPEST)


@lru_cache(maxsize=REMEMBERED)
def _argument(text: str) -> Value:
    """Return the value of one argument; single arguments repeat where whole texts do not."""
    values = None if is_deep(text) else quick_arguments(text)
    return values[0] if values and len(values) == 1 else argument_by_grammar(text)


@lru_cache(maxsize=REMEMBERED)
def parse_return(text: str) -> Return:
    """Return what stands behind ``= ``, read; of a text that the grammar does not know, only the text."""
    found = _result().fullmatch(text)
    if found is None:
        return Return(text)
    digits, annotation, remark, symbol, rest = found.groups()
    code = signed(number(digits)) if digits else None
    returned = descriptor(digits + annotation) if annotation else None
    notes = tuple(note[1:-1] for note in _note().findall(rest))
    unnamed = re.fullmatch(r"errno (\d+)", notes[0]) if notes and symbol is None else None
    return Return(
        text=text,
        number=code,
        descriptor=returned,
        errno=unnamed[1] if unnamed else symbol,
        notes=notes,
        comment=comment(remark) if remark else "",
    )


@cache
def _result() -> re.Pattern[str]:
    return re.compile(result())


@cache
def _note() -> re.Pattern[str]:
    return re.compile(note())


def signed(value: int) -> int | None:
    """Return a return value as the kernel's signed 64-bit long; None when it cannot be one."""
    if value >= 1 << 63:
        value -= 1 << 64
    return value if -(1 << 63) <= value < 1 << 63 else None

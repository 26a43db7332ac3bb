"""Arguments and return values: text to values, by the grammar."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from lark import Token, Tree, UnexpectedInput

from tracekit.stream.scan import split_arguments
from tracekit.stream.strings import unescape
from tracekit.stream.terminals import parse, pattern
from tracekit.stream.values import (
    Array,
    Change,
    Descriptor,
    Field,
    Flags,
    Function,
    Integer,
    Name,
    Operation,
    Return,
    Set,
    String,
    Struct,
    Unknown,
    Value,
)

REMEMBERED = 65_536
"""How many texts are remembered with their values; call texts repeat (3.5 % differ in a busy log)."""

ELLIPSIS = Unknown("...")


@lru_cache(maxsize=REMEMBERED)
def parse_arguments(text: str) -> tuple[Value, ...]:
    """Return the values of a call's arguments.

    Never fails: an argument that the grammar does not know becomes an Unknown with its text, and
    so does what is left of one that was cut.

    Args:
        text: what stands between the parentheses of a call, as in ``Event.args``.
    """
    return tuple(parse_argument(part) for part in split_arguments(text))


@lru_cache(maxsize=REMEMBERED)
def parse_argument(text: str) -> Value:
    """Return the value of one argument; single arguments repeat where whole texts do not.

    One that is a single token is read without the parser, by the grammar's own terminal.
    """
    if alone := _alone().fullmatch(text):
        return _builders()[str(alone.lastgroup)]([text])
    try:
        values = _values(parse(text, "arguments"))
    except (UnexpectedInput, RecursionError):
        return Unknown(text)
    return values[0] if len(values) == 1 else Unknown(text)


@cache
def _alone() -> re.Pattern[str]:
    """Return the expression of an argument of one token; its groups are named as the grammar's rules."""
    tokens = {"string": "STRING", "descriptor": "DESCRIPTOR", "integer": "NUMBER", "name": "NAME"}
    return re.compile("|".join(f"(?P<{rule}>{pattern(token)})" for rule, token in tokens.items()))


@lru_cache(maxsize=REMEMBERED)
def parse_return(text: str) -> Return:
    """Return what stands behind ``= ``, read; of a text that the grammar does not know, only the text."""
    try:
        tree = parse(text, "result")
    except UnexpectedInput:
        return Return(text)
    code = _value(tree.children[0])
    tokens = [part for part in tree.children[1:] if isinstance(part, Token)]
    notes = tuple(str(token)[1:-1] for token in tokens if token.type in ("NOTE", "UNAVAILABLE"))
    symbol = next((str(token) for token in tokens if token.type == "ERRNO"), None)
    unnamed = re.fullmatch(r"errno (\d+)", notes[0]) if notes else None
    return Return(
        text=text,
        number=code.number if isinstance(code, Descriptor) else _signed(code),
        descriptor=code if isinstance(code, Descriptor) else None,
        errno=unnamed[1] if unnamed and symbol is None else symbol,
        notes=notes,
    )


def number(text: str) -> int:
    """Return the number that strace wrote: decimal, ``0x`` hexadecimal, or octal with a leading 0."""
    digits = text.lstrip("-")
    base = 16 if digits.startswith("0x") else 8 if is_octal(digits) else 10
    return int(text, base)


def is_octal(digits: str) -> bool:
    """Tell whether digits are octal: a leading 0 (modes, umasks), as C writes it."""
    return len(digits) > 1 and digits[0] == "0" and not set(digits) & {"8", "9", "x"}


def signed(value: int) -> int | None:
    """Return a return value as the kernel's signed 64-bit long; None when it cannot be one."""
    if value >= 1 << 63:
        value -= 1 << 64
    return value if -(1 << 63) <= value < 1 << 63 else None


def _signed(code: Value) -> int | None:
    return signed(code.value) if isinstance(code, Integer) else None


def _values(tree: Tree[Any]) -> tuple[Value, ...]:
    return tuple(_value(child) for child in tree.children)


def _value(node: Any) -> Value:
    return _builders()[node.data](node.children)


def _string(children: list[Any]) -> Value:
    text = str(children[0])
    cut = text.endswith("...")
    body = text[: -4 if cut else -1]
    abstract = body[0] == "@"
    return String(unescape(body[2 if abstract else 1 :]), cut, abstract)


def _integer(children: list[Any]) -> Value:
    return Integer(number(children[0]), str(children[0]))


def _descriptor(children: list[Any]) -> Value:
    before, _, annotation = str(children[0]).partition("<")
    deleted = annotation.endswith("(deleted)")
    annotation = annotation.removesuffix("(deleted)")[:-1]
    if before[-1].isdigit() and before.lstrip("-").isdigit():
        return Descriptor(int(before), annotation, deleted=deleted)
    return Descriptor(None, annotation, before, deleted)


def _field(children: list[Any]) -> Value:
    return Field(str(children[0]), _value(children[1]))


def _change(children: list[Any]) -> Value:
    return Change(_value(children[0]), _value(children[-1]))


def _operation(children: list[Any]) -> Value:
    operands = tuple(_value(child) for child in children if isinstance(child, Tree))
    operator = next(str(child) for child in children if isinstance(child, Token))
    return Operation(operator, operands)


def _commented(children: list[Any]) -> Value:
    term = next((child for child in children if isinstance(child, Tree)), None)
    comments = [str(child)[2:-2].strip() for child in children if isinstance(child, Token)]
    value = Unknown("") if term is None else _value(term)
    return replace(value, comment="; ".join(comments))


def _function(children: list[Any]) -> Value:
    return Function(str(children[0]), _values(children[1]))


def _members(children: list[Any]) -> tuple[list[Value], bool]:
    """Return the members, and whether the last of them is an ellipsis (which is left out)."""
    values = [_value(child) for child in children]
    cut = bool(values) and values[-1] == ELLIPSIS
    return (values[:-1] if cut else values), cut


def _struct(children: list[Any]) -> Value:
    values, cut = _members(children)
    return Struct(tuple(v if isinstance(v, Field) else Field("", v) for v in values), cut)


def _array(children: list[Any]) -> Value:
    values, cut = _members(children)
    return Array(tuple(values), cut)


def _items(children: list[Any]) -> tuple[Value, ...]:
    return tuple(_value(child) for child in children if isinstance(child, Tree))


@cache
def _builders() -> dict[str, Callable[[list[Any]], Value]]:
    """Return what makes a value of each rule of the grammar."""
    return {
        "string": _string,
        "integer": _integer,
        "descriptor": _descriptor,
        "name": lambda children: Name(str(children[0])),
        "unknown": lambda children: Unknown(str(children[0])),
        "no_code": lambda _children: Unknown("?"),
        "field": _field,
        "change": _change,
        "operation": _operation,
        "flags": lambda children: Flags(tuple(_value(child) for child in children)),
        "commented_after": _commented,
        "commented_before": _commented,
        "comment_alone": _commented,
        "function": _function,
        "struct": _struct,
        "array": _array,
        "set": lambda children: Set(_items(children)),
        "negated_set": lambda children: Set(_items(children), negated=True),
    }

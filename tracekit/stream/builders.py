"""What the grammar's trees say, as values: one builder a rule of ``grammars/strace.lark``."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from lark import Token, Tree

from tracekit.stream.strings import unescape
from tracekit.stream.values import (
    Array,
    Change,
    Character,
    Descriptor,
    Field,
    Flags,
    Function,
    Integer,
    Name,
    Operation,
    Set,
    String,
    Struct,
    Unknown,
    Value,
)

REMEMBERED = 65_536
"""How many symbols and descriptors are kept; they are few, and each is met often."""
ELLIPSIS = "..."


def value_of(node: Any) -> Value:
    """Return the value of a tree, as the builder of its rule makes it."""
    return BUILDERS[node.data](node.children)


def values_of(nodes: Sequence[Any]) -> tuple[Value, ...]:
    """Return the values of trees."""
    return tuple(map(value_of, nodes))


def string(text: str) -> String:
    """Return the value of a STRING."""
    cut = text.endswith(ELLIPSIS)
    body = text[: -4 if cut else -1]
    abstract = body[0] == "@"
    return String(unescape(body[2 if abstract else 1 :]), cut, abstract)


def integer(text: str) -> Integer:
    """Return the value of a NUMBER."""
    return Integer(number(text), text)


@lru_cache(maxsize=REMEMBERED)
def name(text: str) -> Name:
    """Return the value of a NAME, or another word."""
    return Name(text)


@lru_cache(maxsize=REMEMBERED)
def descriptor(text: str) -> Descriptor:
    """Return the value of a DESCRIPTOR."""
    before, _, annotation = text.partition("<")
    annotation, deleted = _annotation(annotation)
    if before[-1].isdigit() and before.lstrip("-").isdigit():
        return Descriptor(int(before), annotation, deleted=deleted)
    return Descriptor(None, annotation, before, deleted)


def flags(text: str) -> Flags:
    """Return the value of ``O_RDWR|O_CREAT|0x40``, names and numbers alone."""
    return Flags(tuple(integer(part) if part[0] in "-0123456789" else name(part) for part in text.split("|")))


def struct(values: list[Value], cut: bool) -> Struct:
    """Return a struct of these members."""
    return Struct(tuple(value if isinstance(value, Field) else Field("", value) for value in values), cut)


def members(values: list[Value]) -> tuple[list[Value], bool]:
    """Return the members, and whether ``...`` stood for more behind them (it stays if it has a comment)."""
    last = values[-1] if values else None
    if not isinstance(last, Unknown) or last.text != ELLIPSIS:
        return values, False
    return (values if last.comment else values[:-1]), True


def number(text: str) -> int:
    """Return the number that strace wrote: decimal, ``0x`` hexadecimal, or octal with a leading 0."""
    digits = text.lstrip("-")
    if digits[0] != "0" or len(digits) == 1:
        return int(text)
    return int(text, 16 if digits.startswith("0x") else 8 if is_octal(digits) else 10)


def is_octal(digits: str) -> bool:
    """Tell whether digits are octal: a leading 0 (modes, umasks), as C writes it."""
    return len(digits) > 1 and digits[0] == "0" and not set(digits) & {"8", "9", "x"}


def _annotation(text: str) -> tuple[str, bool]:
    """Return what stands before the last bracket, and whether ``(deleted)`` follows it."""
    deleted = text.endswith("(deleted)")
    return text.removesuffix("(deleted)")[:-1], deleted


def _character(children: list[Any]) -> Value:
    return Character(unescape(str(children[0])[1:-1])[0])


def _field(children: list[Any]) -> Value:
    return Field(str(children[0]), value_of(children[1]))


def _change(children: list[Any]) -> Value:
    return Change(value_of(children[0]), value_of(children[-1]))


def _operation(children: list[Any]) -> Value:
    operands = tuple(value_of(child) for child in children if isinstance(child, Tree))
    operator = next(str(child) for child in children if isinstance(child, Token))
    return Operation(operator, operands)


def _commented(children: list[Any]) -> Value:
    term = next((child for child in children if isinstance(child, Tree)), None)
    comments = [comment(str(child)) for child in children if isinstance(child, Token)]
    return replace(Unknown("") if term is None else value_of(term), comment="; ".join(comments))


def comment(text: str) -> str:
    """Return what a COMMENT says; a SECONTEXT with its brackets."""
    text = text.strip(" ")
    return text if text[0] == "[" else text[2:-2].strip()


def _annotated(children: list[Any]) -> Value:
    place = next(place for place, child in enumerate(children) if str(child)[0] == "<")
    value = _commented(children[:place] + children[place + 1 :])
    annotation, deleted = _annotation(str(children[place])[1:])
    plain = value.value if isinstance(value, Integer) else None
    return Descriptor(plain, annotation, getattr(value, "text", ""), deleted, comment=value.comment)


def _struct(children: list[Any]) -> Value:
    return struct(*members(list(values_of(children))))


def _array(children: list[Any]) -> Value:
    values, cut = members(list(values_of(children)))
    return Array(tuple(values), cut)


def _set(children: list[Any]) -> Set:
    values, cut = members([value_of(child) for child in children if isinstance(child, Tree)])
    return Set(tuple(values), cut=cut)


def _token(build: Callable[[str], Value]) -> Callable[[list[Any]], Value]:
    return lambda children: build(str(children[0]))


def _negated_set(children: list[Any]) -> Set:
    plain = _set(children)
    return Set(plain.items, negated=True, cut=plain.cut)


BUILDERS: dict[str, Callable[[list[Any]], Value]] = {
    # rule of the grammar: what makes its value of its children
    "string": _token(string),
    "character": _character,
    "integer": _token(integer),
    "descriptor": _token(descriptor),
    "name": _token(name),
    "unknown": _token(Unknown),
    "no_code": lambda _: Unknown("?"),
    "field": _field,
    "change": _change,
    "operation": _operation,
    "flags": lambda children: Flags(values_of(children)),
    "commented_after": _commented,
    "commented_before": _commented,
    "comment_alone": _commented,
    "annotated": _annotated,
    "function": lambda children: Function(str(children[0]), values_of(children[1].children)),
    "struct": _struct,
    "array": _array,
    "set": _set,
    "negated_set": _negated_set,
}

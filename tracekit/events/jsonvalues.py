r"""Typed values to JSON and back: the one place that knows their shape.

A value is an object: ``type`` is its class in lower case (``integer``,
``string``, ``flags``, ``struct``, ...; see ``tracekit.stream.values``), the
other members are its fields, left out where they have their usual value. A
tuple is an array. Three members are written as is best to read:

==============  =========================================================
bytes           text, where they are UTF-8; else ``{"hex": "00ff"}``
an integer's    left out where it is the number in decimal
``text``
everything      as JSON has it; numbers are whole and may have 64 bits
else
==============  =========================================================
"""

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from tracekit.stream.arguments import read_arguments
from tracekit.stream.memory import Memory
from tracekit.stream.values import Integer, Unknown, Value

TYPES = {kind.__name__.lower(): kind for kind in Value.__subclasses__()}
"""The class of each ``type``."""


def _members(kind: type[Value]) -> list[tuple[str, Any]]:
    """Return the fields of a class with their usual values (MISSING: none); the comment of all comes last."""
    members = sorted(fields(kind), key=lambda member: member.name == "comment")
    return [(member.name, member.default) for member in members]


SHAPES = {kind: (name, _members(kind)) for name, kind in TYPES.items()}
"""The ``type`` of each class, and its members."""
BYTES = {kind: [member.name for member in fields(kind) if member.type is bytes] for kind in TYPES.values()}
MUCH = 8
"""Characters of JSON for one of arguments."""
PLAIN = (str, int, bool, type(None))
"""What is written as it is."""
ENCODE = json.JSONEncoder(separators=(",", ":")).encode


def to_json(value: Value) -> dict[str, Any]:
    """Return a value as what ``json`` can write."""
    name, members = SHAPES[type(value)]
    shape: dict[str, Any] = {"type": name}
    for part, usual in members:
        member = getattr(value, part)
        if member is not usual and member != usual:
            shape[part] = member if type(member) in PLAIN else _written(member)
    if isinstance(value, Integer) and value.text == str(value.value):
        del shape["text"]
    return shape


def from_json(shape: dict[str, Any]) -> Value:
    """Return the value that was written.

    Raises:
        KeyError: there is no such type.
        TypeError: its members are not those of the type.
    """
    members = {name: _read(member) for name, member in shape.items() if name != "type"}
    kind = TYPES[shape["type"]]
    if kind is Integer:
        members.setdefault("text", str(members["value"]))
    for name in BYTES[kind]:
        if isinstance(members[name], str):
            members[name] = members[name].encode()
    return kind(**members)


def arguments_json(text: str) -> str:
    """Return the arguments of a call, as printed, as JSON text in ASCII: an array of values.

    Arguments that are nested too deeply to be read are one unknown value, as printed.
    """
    return REMEMBERED[text]


def _arguments_json(text: str) -> str:
    try:
        return ENCODE([to_json(value) for value in read_arguments(text)])
    except RecursionError:
        return ENCODE([to_json(Unknown(text))])


REMEMBERED = Memory(_arguments_json, lambda text: MUCH * len(text))


def all_arguments_json(texts: Sequence[str | None]) -> list[str | None]:
    """Return the arguments of many calls as JSON text; None for None."""
    return [None if text is None else REMEMBERED[text] for text in texts]


def arguments_of(text: str) -> tuple[Value, ...]:
    """Return the values that ``arguments_json`` wrote."""
    return tuple(from_json(shape) for shape in json.loads(text))


def _written(member: Any) -> Any:
    match member:
        case Value():
            return to_json(member)
        case tuple():
            return [_written(item) for item in member]
        case bytes():
            try:
                return member.decode()
            except UnicodeDecodeError:
                return {"hex": member.hex()}
    return member


def _read(member: Any) -> Any:
    match member:
        case {"hex": digits}:
            return bytes.fromhex(digits)
        case dict():
            return from_json(member)
        case list():
            return tuple(_read(item) for item in member)
    return member

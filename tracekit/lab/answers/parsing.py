"""The text of a file of answers to plain data, within limits: TOML and JSON."""

import json
import re
import tomllib
from typing import Any, Final

from tracekit.lab.answers.places import Places, deep, place_of
from tracekit.lab.answers.source import RefusedError
from tracekit.lab.answers.words import shown

DOTS: Final = 100
"""Dots that a line may have: a parser takes the square of a dotted key's parts in time."""
TOML_PLACE: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
DEEPEST: Final = 64
"""Brackets that stand in one another before it is said that they are too many."""
BEYOND: Final = re.compile(r"\b(?:NaN|Infinity|[\d_]{4300,})")  # sys.int_info.default_max_str_digits
HINTS: Final = (
    ("Cannot overwrite", "this name was given before; give each once"),
    ("Cannot declare", "this table was given before; give each once"),
    ("Invalid value", "this is no value: texts stand in quotes, lists in brackets, yes and no in quotes"),
    ("Expected '='", "a line has the form: name = value"),
    ("Invalid initial character", "a line has the form: name = value"),
    ("Expected newline", "the value ends before this; a list stands in brackets, a text in quotes"),
    ("Illegal character", "a control character stands here"),
    ("Unclosed array", "a bracket is not closed"),
    ("Unterminated string", "a quote is not closed"),
    ("Unescaped", "a backslash stands here; write it twice"),
)
"""What the parser of TOML says, by its beginning, and what it means."""


class _TwiceError(Exception):
    """An object has a name twice."""


def parse(name: str, text: str) -> dict[str, Any]:
    """Return the data of a file.

    Args:
        name: of the file; its end tells the language.
        text: its content.

    Raises:
        RefusedError: it does not follow the language's rules, or is beyond every limit.
    """
    return _json(text) if name.endswith(".json") else _toml(text)


def _toml(text: str) -> dict[str, Any]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > DOTS:
            raise RefusedError(f"this line has more than {DOTS} dots, which no answer needs", number)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, line_number, column = str(error), text.count("\n") + 1, None
        if found := TOML_PLACE.search(message):
            message = message[: found.start()]
            line_number, column = (int(found[1]), int(found[2])) if found[1] else (line_number, None)
        hint = next((hint for beginning, hint in HINTS if message.startswith(beginning)), "")
        raise RefusedError(f"no TOML: {hint or shown(message)}", line_number, column) from None
    except (RecursionError, ValueError) as error:
        raise _beyond(text, error) from None


def _json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text, object_pairs_hook=_once, parse_constant=int)
    except json.JSONDecodeError as error:
        raise RefusedError(f"no JSON: {error.msg}", error.lineno, error.colno) from None
    except _TwiceError:
        name, place = min(Places(text, toml=False).again, key=lambda found: found[1])
        raise RefusedError(f"the name {shown(name[-1])} is given twice; give each once", *place) from None
    except (RecursionError, ValueError) as error:
        raise _beyond(text, error) from None
    if not isinstance(data, dict):
        raise RefusedError("the file has to be one object: { ... }", 1, 1)
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object whose names differ: RFC 8259, section 4, leaves open what else they mean."""
    data = dict(pairs)
    if len(data) < len(pairs):
        raise _TwiceError
    return data


def _beyond(text: str, error: Exception) -> RefusedError:
    """Return what to say of brackets or a number that are beyond what a parser takes."""
    if isinstance(error, RecursionError):
        return RefusedError("brackets stand in one another too deeply", *(deep(text, DEEPEST) or ()))
    found = BEYOND.search(text)
    place = place_of(text, found.start()) if found else ()
    return RefusedError("a number is beyond every limit", *place)

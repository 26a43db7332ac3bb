"""The text of a file of answers to plain data, within limits: TOML and JSON."""

import json
import re
import tomllib
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from tracekit.lab.answers.places import Places, deep, place_of
from tracekit.lab.answers.source import RefusedError
from tracekit.lab.answers.words import shown

DOTS: Final = 100
"""Dots that a line may have: a parser takes the square of a dotted key's parts in time."""
LEFT_OUT: Final = 16
"""Lines that are left out, at most; with more of them a file is no TOML at all."""
KEY: Final = re.compile(r"[ \t]*([A-Za-z0-9_-]{1,64})[ \t]*=")
"""How a line begins that gives a name a value."""
TOML_PLACE: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
DEEPEST: Final = 64
"""Brackets that stand in one another before it is said that they are too many."""
BEYOND: Final = re.compile(r"\b(?:NaN|Infinity|[\d_]{4300,})")  # sys.int_info.default_max_str_digits
ONCE: Final = "; give each once"
HINTS: Final = (
    ("Cannot overwrite", f"this name was given before{ONCE}"),
    ("Cannot declare", f"this table was given before{ONCE}"),
    ("Invalid value", "this is no value: texts stand in quotes, lists in brackets, yes and no in quotes"),
    ("Expected '='", "a line has the form: name = value"),
    ("Invalid statement", "a line has the form: name = value"),
    ("Expected newline", "the value ends before this; a list stands in brackets, a text in quotes"),
    ("Found invalid character", "a quote is not closed before this, or a control character stands here"),
    ("Expected \"'", "a quote is not closed"),
    ("Illegal character", "a control character stands here"),
    ("Unclosed array", "a bracket is not closed, or a comma is missing"),
    ("Unterminated string", "a quote is not closed"),
    ("Unescaped", "a backslash stands here; write it twice"),
)
"""What the parser of TOML says, by its beginning, and what it means."""


class _TwiceError(Exception):
    """An object has a name twice."""


class Parsed(NamedTuple):
    """What a file says.

    Attributes:
        data: by name.
        text: what it was read from: the file's, or that with lines left out that could not be read.
        faults: what is wrong with these lines.
    """

    data: dict[str, Any]
    text: str
    faults: Sequence[RefusedError] = ()


def parse(name: str, text: str) -> Parsed:
    """Return the data of a file.

    A line of TOML that gives one name a value and breaks the rules is left out, so that it voids no other.

    Args:
        name: of the file; its end tells the language.
        text: its content.

    Raises:
        RefusedError: it does not follow the language's rules, or is beyond every limit.
    """
    return Parsed(_json(text), text) if name.endswith(".json") else _toml(text)


def _toml(text: str) -> Parsed:
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if line.count(".") > DOTS:
            raise RefusedError(f"this line has more than {DOTS} dots, which no answer needs", number, 1)
    faults: list[RefusedError] = []
    while True:
        text = "\n".join(lines)
        try:
            return Parsed(tomllib.loads(text), text, faults)
        except tomllib.TOMLDecodeError as error:
            fault = _fault(str(error), len(lines))
        except (RecursionError, ValueError) as error:
            raise _beyond(text, error) from None
        faults.append(fault)
        found = KEY.match(lines[fault.line - 1]) if fault.line else None
        if found is None or str(fault).endswith(ONCE) or len(faults) > LEFT_OUT:
            raise faults[0]
        fault.field, lines[(fault.line or 1) - 1] = found[1], ""


def _fault(message: str, lines: int) -> RefusedError:
    """Return what to say of a complaint of the parser's."""
    line, column = lines, 1
    if found := TOML_PLACE.search(message):
        message = message[: found.start()]
        line, column = (int(found[1]), int(found[2])) if found[1] else (lines, 1)
    hint = next((hint for beginning, hint in HINTS if message.startswith(beginning)), "")
    return RefusedError(f"no TOML: {hint or shown(message)}", line, column)


def _json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text, object_pairs_hook=_once, parse_constant=int)
    except json.JSONDecodeError as error:
        raise RefusedError(f"no JSON: {error.msg}", error.lineno, error.colno) from None
    except _TwiceError:
        again = sorted(Places(text, toml=False).again, key=lambda found: found[1])
        place = again[0][1] if again else (1, 1)  # an escape in a name hides that it is the same
        raise RefusedError(f"this name was given before{ONCE}", *place) from None
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
        return RefusedError("brackets stand in one another too deeply", *(deep(text, DEEPEST) or (1, 1)))
    found = BEYOND.search(text)
    place = place_of(text, found.start()) if found else (1, 1)
    return RefusedError("a number is beyond every limit", *place)

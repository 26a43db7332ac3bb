"""Values of a student's, told back in messages: short, and without characters that act."""

import difflib
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any, Final

from tracekit.report.escape import visible

SHOWN: Final = 60
"""Characters of a text that a message repeats."""
KINDS: Final[dict[type, str]] = {
    dict: "a table",
    date: "a date",
    datetime: "a date",
    time: "a time",
}
LARGEST: Final = 10**18
"""Numbers beyond this one are not repeated."""
LONGEST_NAME: Final = 64
"""Characters of a name that is compared with others."""


def shown(value: Any) -> str:
    """Return what was found, as a message says it."""
    match value:
        case str():
            return f"'{visible(value if len(value) <= SHOWN else value[:SHOWN] + '...')}'"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}" if -LARGEST < value < LARGEST else "a number beyond all limits"
        case list():
            return f"a list of {len(value)}"
        case _:
            return KINDS.get(type(value), "nothing")


def meant(found: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` when a known word is near, or else nothing."""
    words = {word.casefold(): word for word in known}
    close = difflib.get_close_matches(found[:LONGEST_NAME].strip().casefold(), words, 1, 0.6)
    return f"; did you mean '{visible(words[close[0]])}'?" if close else ""

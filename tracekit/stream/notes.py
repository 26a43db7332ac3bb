"""Header lines: ``# tracekit KEY {json}``, what the tracer says that strace's format cannot."""

import json
import re
from typing import Any, NamedTuple

from tracekit.stream.diagnosis import Diagnosis

PREFIX = "# tracekit"
HEADER = re.compile(r"# tracekit ([\w-]+) (\{.*\})\s*")
LARGEST = 1 << 63


class Note(NamedTuple):
    """A header line, read: its key, its JSON text, and the task and time that it names."""

    key: str
    payload: str
    tid: int | None
    time_ns: int | None


def read_header(line: str) -> Note | Diagnosis:
    """Return the note that a header line holds, or why it holds none."""
    found = HEADER.fullmatch(line)
    if not found:
        return Diagnosis(len(PREFIX) + 1, "a key and a JSON object were expected: # tracekit KEY {...}")
    try:
        facts = json.loads(found[2])
    except json.JSONDecodeError as error:
        return Diagnosis(found.start(2) + error.pos + 1, f"this is no JSON object: {error.msg}")
    except (RecursionError, ValueError):
        return Diagnosis(
            found.start(2) + 1, "this JSON object is nested too deeply, or a number in it is too long"
        )
    return Note(found[1], found[2], _integer(facts, "tid"), _integer(facts, "time_ns"))


def _integer(facts: dict[str, Any], key: str) -> int | None:
    value = facts.get(key)
    return value if type(value) is int and 0 <= value < LARGEST else None

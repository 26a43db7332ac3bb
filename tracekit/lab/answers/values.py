"""One value of a student's to what its field means: kindly, and never to something else than was meant."""

import posixpath
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from tracekit.lab.answers.model import Cited
from tracekit.lab.answers.words import meant, shown
from tracekit.lab.exercise import Field
from tracekit.report.escape import CONTROL

LARGEST: Final = 2**31 - 1
"""No pid, tid, line or count is larger (pid_t, proc(5) pid_max)."""
LONGEST: Final = 4096
"""Characters of a text or path (PATH_MAX, linux/limits.h)."""

NUMBER: Final = re.compile(
    r"(?:(?:pid|tid|lwp|process|thread|line)\s{0,9}[:=#]?\s{0,9})?(\d{1,10})", re.ASCII | re.IGNORECASE
)
"""A number as a text, perhaps with the word for what it is; anchored by ``fullmatch``."""
CITATION: Final = re.compile(r"(?:([\w.-]{1,64}):|(?:line|l)?\s{0,9})(\d{1,10})", re.ASCII | re.IGNORECASE)
"""A line as a text: ``1203``, ``line 1203``, ``trace.strace:1203``."""
BETWEEN: Final = re.compile(r"\s*[,;\s]\s*")
TRUTHS: Final = {True: "yes", False: "no", "true": "yes", "false": "no", "y": "yes", "n": "no"}
"""Other words for yes and no, where these two are the choices."""


class WrongError(Exception):
    """A value is not what its field wants.

    Attributes:
        path: where in the value: numbers of members from 0, names of keys.
    """

    def __init__(self, message: str, *path: str | int) -> None:
        """Keep what is wrong, and where."""
        super().__init__(message)
        self.path = path


def convert(value: Any, field: Field) -> Any:
    """Return what a value means; None for a text of nothing but blanks, which is no answer.

    Raises:
        WrongError: it is none that the field may have.
    """
    if isinstance(value, str) and not value.strip():
        return None
    return CONVERTERS[field.type](value, field)


def whole(value: Any, _field: Field | None = None) -> int:
    """Return a whole number: ``4711``, ``"4711"``, ``"pid 4711"``."""
    number = value
    if isinstance(value, str) and (found := NUMBER.fullmatch(value.strip())):
        number = int(found[1])
    if isinstance(number, bool) or not isinstance(number, int):
        raise WrongError(f"found {shown(value)}, wanted a whole number such as 4711")
    if not 0 <= number <= LARGEST:
        raise WrongError(f"found {shown(value)}, wanted a whole number from 0 to {LARGEST}")
    return number


def text(value: Any, _field: Field) -> str:
    """Return a text without blanks around it."""
    if not isinstance(value, str):
        raise WrongError(f"found {shown(value)}, wanted a text in quotes")
    if len(value) > LONGEST:
        raise WrongError(f"found a text of {len(value)} characters, wanted {LONGEST} at most")
    if CONTROL.search(value.strip()):
        raise WrongError(f"found {shown(value)}, wanted a text of characters that can be seen")
    return value.strip()


def path(value: Any, field: Field) -> str:
    """Return an absolute path: no blanks around it, no ``/`` at its end, none doubled, no ``/./``."""
    found = text(value, field)
    if not found.startswith("/"):
        raise WrongError(f"found {shown(found)}, wanted an absolute path, which begins with /")
    return "/" + posixpath.normpath(found).lstrip("/")


def choice(value: Any, field: Field) -> str:
    """Return one of the words that a field allows, whatever case its letters have."""
    words = {word.casefold(): word for word in field.choices}
    given: Any = value.strip().casefold() if isinstance(value, str) else value
    if set(words) == {"yes", "no"} and isinstance(given, bool | str):
        given = TRUTHS.get(given, given)
    if not isinstance(given, str) or given not in words:
        near = meant(value, field.choices) if isinstance(value, str) else ""
        raise WrongError(f"found {shown(value)}, wanted one of {', '.join(field.choices)}{near}")
    return words[given]


def wholes(value: Any, field: Field) -> tuple[int, ...]:
    """Return whole numbers, each once; a single one is a list of one, and a text may hold several."""
    members = _members(value)
    if len(members) > field.at_most:
        raise WrongError(f"found a list of {len(members)}, wanted {field.at_most} at most")
    return tuple(dict.fromkeys(_each(whole, members)))


def citations(value: Any, field: Field) -> tuple[Cited, ...]:
    """Return cited lines, each once."""
    members = [value] if isinstance(value, dict) else _members(value)
    if len(members) > field.at_most:
        raise WrongError(f"found {len(members)} lines, wanted {field.at_most} at most")
    cited = _each(_citation, members)
    return tuple({(one.file, one.line): one for one in reversed(cited)}.values())[::-1]


def _citation(value: Any) -> Cited:
    """Return one cited line: a number, a text or a table of line, and perhaps tid and file."""
    if isinstance(value, dict):
        return _cited_table(value)
    if isinstance(value, str) and (found := CITATION.fullmatch(value.strip())):
        return Cited(_line(int(found[2])), file=found[1] or "")
    return Cited(_line(value))


def _cited_table(value: dict[str, Any]) -> Cited:
    if unknown := [name for name in value if name not in ("line", "tid", "file")]:
        near = meant(unknown[0], ("line", "tid", "file"))
        raise WrongError(f"found the name {shown(unknown[0])}, wanted line, tid or file{near}", unknown[0])
    if "line" not in value:
        raise WrongError("found a table without line")
    file = value.get("file", "")
    if not isinstance(file, str) or len(file) > LONGEST:
        raise WrongError(f"found {shown(file)}, wanted the name of a trace", "file")
    tid = _each(whole, [value["tid"]], "tid")[0] if "tid" in value else None
    return Cited(_each(_line, [value["line"]], "line")[0], tid, posixpath.basename(file.strip()))


def _line(value: Any) -> int:
    number = whole(value)
    if not number:
        raise WrongError("found line 0; lines count from 1")
    return number


def _members(value: Any) -> list[Any]:
    """Return the members of a list, or of a text that lists numbers."""
    if isinstance(value, list):
        return value
    if isinstance(value, str) and not NUMBER.fullmatch(value.strip()):
        return BETWEEN.split(value[:LONGEST].strip(" \t,;"))
    return [value]


def _each(convert_one: Callable[[Any], Any], members: Iterable[Any], *names: str) -> list[Any]:
    """Convert each member, and say of a wrong one which it is."""
    done = []
    for place, member in enumerate(members):
        try:
            done.append(convert_one(member))
        except WrongError as error:
            raise WrongError(str(error), *(names or (place,)), *error.path) from None
    return done


CONVERTERS: Final[dict[str, Callable[[Any, Field], Any]]] = {
    "int": whole,
    "text": text,
    "path": path,
    "choice": choice,
    "ints": wholes,
    "evidence": citations,
}
"""What reads a value, by the type of its field; tables are read row by row."""

"""Lines that do not end where they ought to: something was written into them, or their rest never came.

- strace's word of a task that it took on or let go, in the middle of a call's line; the call goes on
  in the next line. The diagnostic is an event beside the call.
- The rest of a call without a leader, right behind its first half: ``-z`` and ``-Z`` with ``-f``.
- What the traced program wrote to the same terminal, between a call's arguments and its return.
- What it wrote without an end of line, before the leader of the next line of strace's.
- The last line of a log that was cut.
"""

import re
from collections.abc import Container, Iterator
from functools import cache
from typing import NamedTuple

from tracekit.stream.arguments import parse_arguments
from tracekit.stream.forms import NOTHING, Form, Says, open_expression, read_form, split_interruption
from tracekit.stream.rows import Line, Odd, Rows
from tracekit.stream.strings import unescape
from tracekit.stream.terminals import pattern
from tracekit.stream.values import Unknown

CUT = "the line is cut"
OUTPUT = "what stands before this column on one of its lines is not strace's"
FAR = 1000
"""Lines of a program's output between a call and its return, at most."""
LONGEST_CALL = 1 << 16
"""Characters of a call into which a program's output was written, at most."""
MARGIN = 500
"""Characters of a program's output before a leader, at most."""


class Interrupted(NamedTuple):
    """A line that a diagnostic was written into, and the events to put behind it."""

    place: Line
    text: str
    beside: list[tuple[Line, Form]]


class Bad(NamedTuple):
    """A line that began a call and could not be read, and its row: cut, or with other output behind it."""

    place: Line
    text: str
    row: int


def interruption(text: str) -> tuple[str, str] | None:
    """Return the beginning of a call, and the diagnostic that was written behind it; None without one."""
    found = split_interruption(text)
    return found if found and readable_so_far(found[0]) else None


def readable_so_far(text: str) -> bool:
    """Tell whether a text is the beginning of a call or a second half."""
    return open_expression().fullmatch(text) is not None or text.startswith("<... ")


def begins_a_call(text: str) -> bool:
    """Tell whether a text begins as a call does, whatever stands behind that on its one line."""
    return "\r" not in text and (readable_so_far(text) or open_expression().match(text) is not None)


def add_cut(rows: Rows, place: Line, text: str) -> None:
    """Add a call whose line stops in the middle; of a return that is cut, only the text is kept."""
    found = open_expression().match(text)
    if found and text.startswith(")", found.end()):
        name, args = found.groups()
        ret_text = text[found.end() + 1 :].lstrip(" =") or None
    else:
        name, _, args = text.partition("(")
        ret_text = None
    rows.add(place, Form(Says.CALL, name, args, ret_text=ret_text), Odd(complete=False, hint=CUT))


def returns(line: str, bad: Bad, rows: Rows) -> Form | None:
    """Return the call that began on a bad line, if this line ends it behind what the program wrote."""
    if len(bad.text) + len(line) > LONGEST_CALL or not _is_next(bad, rows):
        return None
    begun, written = _without_output(bad.text)
    rest = line[len(written) :] if written and line.startswith(written) else line
    if not rest.startswith(")"):
        return None
    form = read_form(begun + rest)
    return form if form.says is Says.CALL else None


def behind_output(leader: "re.Pattern[str]", line: str, tasks: Container[str]) -> Iterator["re.Match[str]"]:
    """Yield where leaders stand in a line; of the digits before a task that is known, none is its.

    What stands behind ``12:00:`` or ``17954.`` is no task: it is a time's end.
    """
    for found in leader.finditer(line, 1, MARGIN):
        begin, pid = found.start(), found[1] or ""
        if line[begin - 1] in ":." and line[begin - 2 : begin - 1].isdigit():
            continue
        if line.startswith(pid, begin):
            begin += next((place for place in range(len(pid)) if pid[place:] in tasks), 0)
        moved = leader.match(line, begin)
        if moved and moved.end() > begin and (moved[2] or moved[3] or moved[1] in tasks):
            yield moved


def is_plain(form: Form, begun: str | None) -> bool:
    """Tell whether a text is strace's beyond doubt: what a client sent does not have all its arguments read.

    Args:
        form: what it says.
        begun: the first half of the call that the task is in, if it is in one.
    """
    if form.says is Says.END:
        form = NOTHING if begun is None else read_form(begun + form.rest)
    if form.says in (Says.CALL, Says.BEGIN):
        return not any(isinstance(value, Unknown) for value in parse_arguments(form.args or ""))
    return form.says in (Says.SIGNAL, Says.GONE, Says.SUPERSEDED)


def _is_next(bad: Bad, rows: Rows) -> bool:
    """Tell whether the task of a bad line has done nothing since, and that not for long."""
    begin = bad.row - rows.first
    if begin < 0 or len(rows) - begin > FAR:
        return False
    since = zip(rows.forms[begin + 1 :], rows.tids[begin + 1 :], strict=True)
    return all(form.says in (Says.NOTHING, Says.NOTE) or tid != bad.place.tid for form, tid in since)


@cache
def _output() -> re.Pattern[str]:
    return re.compile(rf"(?:p?write(?:64)?|sendto)\([^\"]*?({pattern('STRING')}), ")


def _without_output(text: str) -> tuple[str, str]:
    """Take the first line of what a call writes off its end; return the last line of it, which has no end."""
    found = _output().match(text)
    if not found:
        return text, ""
    first, *others = unescape(found[1].strip('"')).decode("utf-8", "backslashreplace").split("\n")
    return text.removesuffix(first), others[-1] if others else ""

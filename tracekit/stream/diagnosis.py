"""Why a line cannot be read: the column where reading stopped, and what was expected there."""

from typing import NamedTuple

from tracekit.stream.forms import open_expression
from tracekit.stream.leader import BODY


class Diagnosis(NamedTuple):
    """Column, from 1, and hint."""

    column: int
    hint: str


EXPECTED = (
    # what stands where reading stopped: what is wrong
    ('"', "a string that begins here does not end"),
    ("@", "a string that begins here does not end"),
    ("<", "what begins here is no annotation and no mark of a split call"),
    ("(", "a parenthesis that opens here does not close"),
    ("", "the arguments do not end: the line is cut, or something else was written into it"),
)


def diagnose(line: str, start: int, layout: str) -> Diagnosis:
    """Say why a line is none of strace's.

    Args:
        line: the line, without its newline.
        start: where its leader ends, from 0.
        layout: how lines of this log begin, in words.
    """
    if not BODY.match(line, start):
        return Diagnosis(
            start + 1, f"no call, signal or exit begins here; lines of this log begin with: {layout}"
        )
    found = open_expression().match(line, start)
    if found is None:
        return Diagnosis(start + 1, "this signal, exit or second half is not complete")
    end = found.end()
    rest = line[end:]
    if rest.startswith(")"):
        return Diagnosis(end + 1, "a return value was expected behind the arguments: ') = VALUE'")
    return Diagnosis(end + 1, next(hint for mark, hint in EXPECTED if rest.startswith(mark)))

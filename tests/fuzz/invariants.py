"""What holds of whatever was read, whatever it was read from: seen from outside, by lines alone.

- Nothing but a refusal of the whole file is ever raised.
- Every line of the input is one row's, and no other's. One row may be two lines', the halves of a
  call; strace's word of a new task, written into another line, shares that line.
- A whole call that came through unharmed is read as it was written.
- What a row says stands in its lines.
"""

import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support.strace_log import Call
from tracekit.errors import UnreadableError
from tracekit.events import Trace, read_trace
from tracekit.stream import parse_arguments, parse_return

REFUSALS = re.compile(r"is empty|is no trace|cannot be unpacked|was cut|is damaged|has a line of")
COLOUR = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\([0B])")


class BrokenRuleError(AssertionError):
    """Something that has to hold does not."""


def check(data: bytes, calls: Mapping[bytes, Call]) -> None:
    """Read ``data`` as a file, and check everything.

    Args:
        data: the file's content.
        calls: lines that are to be read as whole calls wherever they stand.

    Raises:
        BrokenRuleError: something does not hold.
    """
    lines = lines_of(data)
    whole = [(place, calls[line]) for place, line in enumerate(lines, 1) if line in calls]
    try:
        trace = read(data)
    except UnreadableError as refusal:
        if not REFUSALS.search(str(refusal)) or whole:
            raise BrokenRuleError(f"refused although there are whole calls: {refusal}") from refusal
        return
    rows = list(trace.rows())
    accounted(trace, rows, lines)
    intact(rows, whole)
    for row in rows:
        said(row, lines)


def read(data: bytes) -> Trace:
    """Read the content of a file."""
    with tempfile.NamedTemporaryFile(prefix="tracekit-fuzz-") as file:
        Path(file.name).write_bytes(data)
        return read_trace(file.name)


def lines_of(data: bytes) -> list[bytes]:
    """Return the lines of a file, as far as it can be unpacked, without their ends."""
    if data.startswith(b"\x1f\x8b"):
        data = _unpacked(data)
    data = data.removeprefix(b"\xef\xbb\xbf")
    lines = data.split(b"\n")
    return [line.rstrip(b"\r") for line in (lines if lines[-1] else lines[:-1])]


def _unpacked(data: bytes) -> bytes:
    """Return what stands in gzip before its end or a damage; byte by byte, as an error takes all with it."""
    unpacked, unpacking = [], zlib.decompressobj(16 + zlib.MAX_WBITS)
    with suppress(zlib.error):
        for byte in data:
            unpacked.append(unpacking.decompress(bytes([byte])))  # noqa: PERF401 - what there is, is kept
    return b"".join(unpacked)


def accounted(trace: Trace, rows: Sequence[Any], lines: Sequence[bytes]) -> None:
    """Check that every line is one row's; strace's own word of a task may stand in a call's line."""
    if trace.lines != len(lines):
        raise BrokenRuleError(f"{len(lines)} lines, of which {trace.lines} were counted")
    counted: Counter[int] = Counter()
    calls = {row.line for row in rows if row.kind == "syscall"}
    for row in rows:
        if not (row.kind in ("attach", "detach", "exec", "exit") and row.line in calls):
            counted.update({row.line, row.end_line})
    within = _within(rows)
    wrong = [place for place, times in counted.items() if times != 1 or not 1 <= place <= len(lines)]
    gone = [
        place
        for place, line in enumerate(lines, 1)
        if place not in counted and not (place in within or (b"resumed" in line and b"unfinished" in line))
    ]
    if wrong or gone:
        raise BrokenRuleError(f"lines in no row: {gone[:5]}; in more than one, or not there: {wrong[:5]}")
    if [row.line for row in rows] != sorted(row.line for row in rows):
        raise BrokenRuleError("rows are not in the order of their lines")


def _within(rows: Sequence[Any]) -> set[int]:
    """Return the lines with which a call goes on into whose line strace's own word was written."""
    shared = {row.line for row in rows if row.kind == "syscall"}
    said = {row.line for row in rows if row.kind in ("attach", "detach")}
    return {place + 1 for place in said if place in shared or place - 1 in said}


def intact(rows: Sequence[Any], whole: Sequence[tuple[int, Call]]) -> None:
    """Check that calls whose line is unharmed are read."""
    by_line = {row.line: row for row in rows if row.kind == "syscall"}
    for place, call in whole:
        row = by_line.get(place)
        got = row and (row.name, row.args, row.ret_text, row.complete, row.end_line)
        if got != (call.name, "".join(call.tokens), call.ret_text, True, place):
            raise BrokenRuleError(f"line {place} is a whole call, {call}, and was read as {row}")


def said(row: Any, lines: Sequence[bytes]) -> None:
    """Check that what a row says stands in its line, and that its values can be asked for."""
    if row.kind == "unparsed":
        return
    text = COLOUR.sub("", lines[row.line - 1].decode("utf-8", "backslashreplace"))
    for part in (row.name, row.args, row.ret_text) if row.line == row.end_line else (row.name,):
        if part and part not in text and row.kind in ("syscall", "signal") and part != "stopped":
            raise BrokenRuleError(f"{part!r} does not stand in {text!r}")
    parse_arguments(row.args or "")
    parse_return(row.ret_text or "")

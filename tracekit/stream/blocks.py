"""Many lines at once: the fast road of the reader.

One regular expression of the present layout takes the leaders off all lines of
a text. Texts repeat, so what they say is looked up. The lines that find their
task in the commonest states (a whole call or a first half outside of calls, the
second half of the call that the task is in) are paired here; every other line
goes through ``Reader.feed``, in its place.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import count

from tracekit.stream.clock import DURATIONS
from tracekit.stream.forms import Form, Says, read_form
from tracekit.stream.leader import ACTING
from tracekit.stream.memory import Memory
from tracekit.stream.pairing import first_text, fits
from tracekit.stream.reader import Reader
from tracekit.stream.rows import MISSING

RETURNS = re.compile(r"\r+$", re.MULTILINE)
TRIES = 8
"""How often the leaders of a text are found anew because the layout changed; the rest is read by the line."""


def _known(text: str) -> tuple[Says, Form, str]:
    form = read_form(text)
    return form.says, form, first_text(form)


def _joined(halves: tuple[str, str]) -> Form | None:
    """Return the whole call of two halves; None when they make none."""
    first, second = halves
    _, form, _ = TEXTS[second]
    whole = read_form(first + form.rest) if fits(first, form) else None
    return whole if whole and whole.says is Says.CALL else None


BEGIN, END, CALL = Says.BEGIN, Says.END, Says.CALL
TEXTS = Memory(_known)
"""What a text says, its form, and what a second half is put behind."""
WHOLE_CALLS = Memory(_joined, lambda halves: len(halves[0]) + len(halves[1]))
"""The form of a split call, by the text that its first half leaves and the text of its second."""

Numbered = Iterator[tuple[int, str, str]]
"""The lines that are still to be read: number, pid, and what stands behind the leader."""


def read_block(reader: Reader, block: str) -> None:
    """Read many lines; the last may lack its newline."""
    text = block.removesuffix("\n")
    if "\r" in text:
        text = RETURNS.sub("", text)
    if "\x1b" in text:
        text = ACTING.sub("", text)
    lines = text.split("\n")
    read = 0
    for _ in range(TRIES):
        read += _read_in_layout(reader, text, lines[read:])
        if read == len(lines):
            return
        text = "\n".join(lines[read:])
    for line in lines[read:]:
        reader.read(line)


def _read_in_layout(reader: Reader, text: str, lines: list[str]) -> int:
    """Read lines until their layout changes; return how many were read."""
    layout, before = reader.layout, reader.lines
    found = layout.block().findall(text)
    pids, times, deltas, texts = zip(*found, strict=True)
    numbered = zip(count(before + 1), pids, texts, strict=False)
    while True:
        while reader.interrupted and (following := next(numbered, None)):
            reader.read(lines[following[0] - before - 1])
        if reader.layout != layout:
            return reader.lines - before
        begin, numbers = reader.lines, list[int]()
        odd = _pair(reader, numbered, numbers)
        reader.lines = before + len(lines) if odd is None else odd - 1
        span = slice(begin - before, reader.lines - before)
        _place(reader, begin + 1, numbers, reader.clock.read_all(times[span], deltas[span]))
        if odd is None:
            return len(lines)
        reader.read(lines[odd - before - 1])


def _place(reader: Reader, begin: int, numbers: list[int], times: Sequence[int]) -> None:
    """Put in where and when the rows that were added stand, with the times of the lines from begin on."""
    reader.rows.lines.extend(numbers)
    reader.rows.times.extend([times[number - begin] for number in numbers])


def _pair(reader: Reader, numbered: Numbered, numbers: list[int]) -> int | None:
    """Pair lines, each by one of three transitions of the table, up to one that takes another.

    Args:
        reader: whose rows and open calls these are.
        numbered: the lines; those that were read are taken.
        numbers: gets the lines of the rows that are added.

    Returns:
        The number of the line that takes another transition, or none; None at the end.
    """
    rows, open_calls, tasks = reader.rows, reader.pairing.open, reader.tasks
    forms, tids, durations, ends = rows.forms, rows.tids, rows.durations, rows.ends
    row = len(forms)
    if tasks.is_naming() and (following := next(numbered, None)):
        return following[0]
    for number, pid, text in numbered:
        duration = MISSING
        if text.endswith(">") and (cut := text.rfind(" <")) >= 0:
            duration = DURATIONS[text[cut:]]
            if duration != MISSING:
                text = text[:cut]  # noqa: PLW2901 - the line without it
        says, form, half = TEXTS[text]
        if says is BEGIN:
            tid = tasks[pid]
            if tid in open_calls:
                return number
            open_calls[tid] = (rows.first + row, half)
        elif says is END:
            opened = open_calls.get(tasks[pid])
            whole = WHOLE_CALLS[opened[1], text] if opened else None
            if opened is None or whole is None or opened[0] < rows.first:
                return number
            del open_calls[tasks[pid]]
            place = opened[0] - rows.first
            forms[place], durations[place], ends[place] = whole, duration, number
            continue
        elif says is not CALL or (tid := tasks[pid]) in open_calls:
            return number
        forms.append(form)
        tids.append(tid)
        durations.append(duration)
        ends.append(number)
        numbers.append(number)
        row += 1
    return None

"""What a line says once its leader and its duration are taken off.

A form knows nothing of task, time or place in the file, so equal texts share
one. Every expression is put together from the grammar's terminals.
"""

import re
from enum import Enum
from functools import cache
from typing import NamedTuple

from tracekit.stream.arguments import number, signed
from tracekit.stream.scan import balanced
from tracekit.stream.terminals import pattern


class Says(Enum):
    """What a line tells about its task: the inputs of the pairing (see pairing.TRANSITIONS)."""

    CALL = "a whole call"
    BEGIN = "the first half of a call"
    END = "the second half of the call that the task is in"
    OTHER_END = "the second half of another call"
    LEAVE = "a call that strace detached from"
    MOVE = "a call that goes on under another pid"
    SIGNAL = "a signal or a stop"
    GONE = "the end of the task"
    SUPERSEDED = "an execve in another thread, which takes this task's pid"
    ATTACHED = "a task that strace took on"
    DETACHED = "a task that strace let go"
    NOTE = "something else of strace's"
    NOTHING = "nothing that strace prints"

    __hash__ = object.__hash__
    """Members are single objects; Enum's own, by name, costs a call for every line."""


class Form(NamedTuple):
    """The parts of a text. ``rest`` is a half's own text, for joining; ``ret`` of a MOVE is the new pid."""

    says: Says
    name: str | None = None
    args: str | None = None
    ret: int | None = None
    ret_text: str | None = None
    errno: str | None = None
    rest: str = ""


NOTHING = Form(Says.NOTHING)
SIGNAL = re.compile(r"--- (stopped by )?([A-Z]\w*)(?: (\{.*\}))? ---")
EXITED = re.compile(r"\+\+\+ exited with (\d{1,10}) \+\+\+")
KILLED = re.compile(r"\+\+\+ (killed by (\w+)(?: \(core dumped\))?) \+\+\+")
SUPERSEDED = re.compile(r"\+\+\+ superseded by execve in pid (\d{1,10}) \+\+\+")
STRACE = r"(?:/[^\s:]*/)?strace: "
"""How a diagnostic begins: with strace's argv[0] (error_msg in its src/error_prints.c)."""
ATTACHED = re.compile(STRACE + r"(Process (\d{1,10})(?:<.*>)? attached(?: with \d+ threads)?)")
DETACHED = re.compile(STRACE + r"(Process (\d{1,10})(?:<.*>)? detached)")
NOTES = (
    ("strace", re.compile(STRACE + r"(.*)")),
    ("personality", re.compile(r"\[ (Process PID=\d+ runs in .* mode\.) \]")),
    ("stack", re.compile(r" > (.*)")),
    ("dump", re.compile(r" \| (.*)")),
    ("blank", re.compile(r"()\s*")),
)


@cache
def call_expression() -> re.Pattern[str]:
    """Return the expression of a whole call: name, arguments, return text, its number and errno."""
    code = rf"(?:({pattern('NUMBER')})(?:{pattern('ANNOTATION')})?|\?)"
    result = rf"({code}(?: ({pattern('ERRNO')}))?(?>(?: (?:{pattern('NOTE')}|{pattern('UNAVAILABLE')}))*))"
    never = r"(?:<unfinished \.\.\.>)?"  # the task was killed in the call: print_event_exit in src/strace.c
    return re.compile(rf"({pattern('CALL_NAME')})\(({balanced()}){never}\)\s*= {result}\s*")


@cache
def half_expression() -> re.Pattern[str]:
    """Return the expression of a first half: name, arguments so far, and how it breaks off."""
    how = r"(unfinished|detached|pid changed to \d{1,10})(?: #\d+)?"
    return re.compile(rf"({pattern('CALL_NAME')})\(({balanced()})<{how} \.\.\.>")


@cache
def end_expression() -> re.Pattern[str]:
    """Return the expression of a second half: name, and what follows ``resumed>``."""
    return re.compile(rf"<\.\.\. ({pattern('CALL_NAME')}) resumed(?: #\d+)?>(?: <unfinished \.\.\.>)?(.*)")


@cache
def open_expression() -> re.Pattern[str]:
    """Return the expression of the part of a call up to where it stops making sense."""
    return re.compile(rf"({pattern('CALL_NAME')})\(({balanced()})")


BREAKS = {"unfinished": Says.BEGIN, "detached": Says.LEAVE}


def read_form(text: str) -> Form:
    """Return what a text says; a form that says NOTHING when it is none of strace's."""
    match text[:1]:
        case "-":
            return _signal(text)
        case "+":
            return _end_of_task(text)
        case "<":
            return _second_half(text)
        case "[":
            return read_note(text)
        case _:
            return _call(text)


def read_note(line: str) -> Form:
    """Return what a line without a leader says: a diagnostic, a stack frame, a dump.

    That of a personality has a leader, too (``update_personality`` in src/syscall.c), save on a terminal.
    """
    for says, name, expression in (
        (Says.ATTACHED, "attached", ATTACHED),
        (Says.DETACHED, "detached", DETACHED),
    ):
        if found := expression.fullmatch(line):
            return Form(says, name, found[1], rest=found[2])
    for name, expression in NOTES:
        if found := expression.fullmatch(line):
            return Form(Says.NOTE, name, found[1])
    return NOTHING


def _call(text: str) -> Form:
    if found := call_expression().fullmatch(text):
        name, args, ret_text, digits, errno = found.groups()
        ret = None if digits is None else signed(number(digits))
        return Form(Says.CALL, name, _trimmed(args), ret, ret_text, errno)
    if found := half_expression().fullmatch(text):
        name, args, how = found.groups()
        rest = args.removesuffix(" ")
        says = BREAKS.get(how, Says.MOVE)
        return Form(
            says, name, _trimmed(rest), int(how.split()[-1]) if says is Says.MOVE else None, rest=rest
        )
    return NOTHING


def _trimmed(args: str) -> str:
    """Return arguments without the comma that waits for the next, which a half may end with."""
    return args.strip(" ").removesuffix(",")


def _second_half(text: str) -> Form:
    found = end_expression().fullmatch(text)
    return Form(Says.END, found[1], rest=found[2]) if found else NOTHING


def _signal(text: str) -> Form:
    found = SIGNAL.fullmatch(text)
    if not found:
        return NOTHING
    return Form(Says.SIGNAL, found[2], found[3], ret_text="stopped" if found[1] else None)


def _end_of_task(text: str) -> Form:
    if found := EXITED.fullmatch(text):
        return Form(Says.GONE, "exited", ret=int(found[1]))
    if found := KILLED.fullmatch(text):
        return Form(Says.GONE, "killed", found[2], ret_text=found[1])
    if found := SUPERSEDED.fullmatch(text):
        return Form(Says.SUPERSEDED, "superseded", found[1])
    return NOTHING

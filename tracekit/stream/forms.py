"""What a line says once its leader and its duration are taken off.

A form knows nothing of task, time or place in the file, so equal texts share
one. Every expression is put together from the grammar's terminals.
"""

import re
from enum import Enum
from functools import cache
from typing import NamedTuple

from tracekit.stream.arguments import signed
from tracekit.stream.builders import number
from tracekit.stream.scan import balanced, result
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
EXITED = re.compile(r"\+\+\+ exited with (\d{1,10}) \+\+\+")
KILLED = re.compile(r"\+\+\+ (killed by ([\w ]+?)(?: \(core dumped\))?) \+\+\+")
SUPERSEDED = re.compile(r"\+\+\+ superseded by execve in pid (\d{1,10}) \+\+\+")
MEANS = r"\([^()]*(?:\([^()]*\))?\)"
"""What a signal's number means, as strace 4.5 and 4.6 say it: ``(Stopped (signal))``."""
SIGNALS = (
    # the form; its groups are: whether it is a stop, signal, siginfo, what else it says
    re.compile(r"--- (stopped by )?([A-Z]\w*|\d{1,3})()()(?: @ [0-9a-f]{1,16})? ---"),
    re.compile(r"--- ()([A-Z]\w*|\d{1,3}) (\{.*\})()(?: @ [0-9a-f]{1,16})? ---"),
    re.compile(rf"--- ()([A-Z]\w*)() ({MEANS}(?: @ [0-9a-f]{{1,16}} \([0-9a-f]{{1,16}}\))?) ---"),  # 4.5
    re.compile(
        rf"--- ()(?=\{{si_signo=([A-Z]\w*))(\{{[^()]*\}}) ({MEANS}(?: @ [0-9a-f]{{1,16}})?) ---"
    ),  # 4.6
    re.compile(r"--- ()[A-Z][a-z0-9 ()/]{1,60} by ([A-Z]\w*)()()(?: @ [0-9a-f]{1,16})? ---"),  # 4.6
)
STRACE = r"(?:[^\s:(]*/)?strace: "
"""How a diagnostic begins: with strace's argv[0] (error_msg in its src/error_prints.c)."""
TOOK_ON = r"Process (\d{1,10})(?:<.*>)? attached(?: with \d+ threads)?(?: - interrupt to quit| \([a-z ]+\))?"
LET_GO = r"Process (\d{1,10})(?:<.*>)? detached"
ATTACHED = re.compile(rf"(?:{STRACE})?({TOOK_ON})")
DETACHED = re.compile(rf"(?:{STRACE})?({LET_GO})")
SUSPENDED = re.compile(r"Process \d{1,10} suspended")
"""What strace 4.5 says in the middle of the line of a wait for a child."""


@cache
def call_expression() -> re.Pattern[str]:
    """Return the expression of a whole call: name, arguments, return text, its number and errno."""
    never = r"(?:<unfinished \.\.\.>)?"  # the task was killed in the call: print_event_exit in src/strace.c
    return re.compile(rf"({pattern('CALL_NAME')})\(({balanced()}){never}\)\s*= ({result()})\s*")


@cache
def _old_sigreturn() -> re.Pattern[str]:
    """Return the expression of ``sigreturn() (mask [USR1]) = 0``, as strace 4 prints it."""
    return re.compile(rf"({pattern('CALL_NAME')})\(\) \((mask [^()]*)\)\s*= ({result()})\s*")


@cache
def half_expression() -> re.Pattern[str]:
    """Return the expression of a first half: name, arguments so far, and how it breaks off."""
    return re.compile(rf"({pattern('CALL_NAME')})\(({balanced()})({pattern('BREAK')})")


@cache
def end_expression() -> re.Pattern[str]:
    """Return the expression of a second half: its mark, and what follows."""
    return re.compile(rf"({pattern('RESUMED')})(?: <unfinished \.\.\.>)?(.*)", re.DOTALL)


@cache
def open_expression() -> re.Pattern[str]:
    """Return the expression of the part of a call up to where it stops making sense."""
    return re.compile(rf"({pattern('CALL_NAME')})\(({balanced()})")


BREAKS = {"<unfinished": Says.BEGIN, "<Cannot": Says.BEGIN, "<detached": Says.LEAVE, "<pid": Says.MOVE}


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
    if not line.strip():
        return Form(Says.NOTE, "blank", "")
    for says, name, expression in (
        (Says.ATTACHED, "attached", ATTACHED),
        (Says.DETACHED, "detached", DETACHED),
    ):
        if found := expression.fullmatch(line):
            return Form(says, name, found[1], rest=found[2])
    for name, expression in _notes():
        if expression.fullmatch(line):
            return Form(Says.NOTE, name, FRAME.sub("", line))
    return NOTHING


FRAME = re.compile(rf"^{STRACE}|^ [>|] |^\[ (?=.* \]$)| \]$")
"""What frames a note and says no more than its name."""


@cache
def _notes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the names of notes, and the expression of each."""
    return tuple(
        (name, re.compile(pattern(terminal)))
        for name, terminal in (
            ("strace", "DIAGNOSTIC"),
            ("strace", "PROCESS"),
            ("personality", "PERSONALITY"),
            ("stack", "STACK"),
            ("dump", "DUMP"),
        )
    )


def split_interruption(text: str) -> tuple[str, str] | None:
    """Return what stands before a diagnostic that was written into a line, and the diagnostic.

    strace says on standard error that it took a task on while the line of the call is not done
    (``vfork(strace: Process 10537 attached``); the call goes on in the next line. None if nothing
    of the kind ends this line.
    """
    begin = text.rfind("Process ")
    if begin < 0 or not any(look.fullmatch(text, begin) for look in (ATTACHED, DETACHED, SUSPENDED)):
        return None
    if text.endswith("strace: ", 0, begin):
        begin -= len("strace: ")
        before = max(text.rfind(mark, 0, begin) for mark in (*' :"(<,>', "*/"))
        path = text.find("/", before + (2 if text.startswith("*/", before) else 1), begin)
        if path >= 0 and text[begin - 1] == "/":
            begin = len(text[:path].removesuffix(".").removesuffix("."))  # "./strace", "../strace"
    return text[:begin], text[begin:]


def _call(text: str) -> Form:
    halves_first = text.endswith("...>")  # no text is both; this saves the other look at most of them
    for read in (_half, _whole) if halves_first else (_whole, _half):
        if form := read(text):
            return form
    return NOTHING


def _whole(text: str) -> Form | None:
    found = call_expression().fullmatch(text) or _old_sigreturn().fullmatch(text)
    if not found:
        return None
    name, args, ret_text, digits, _annotation, _comment, errno, _notes_behind = found.groups()
    ret = None if digits is None else signed(number(digits))
    return Form(Says.CALL, name, _trimmed(args), ret, ret_text, errno)


def _half(text: str) -> Form | None:
    found = half_expression().fullmatch(text)
    if not found:
        return None
    name, args, how = found.groups()
    rest = args.removesuffix(" ")
    word, *others = how.split()
    moved = int(others[2]) if word == "<pid" else None
    return Form(BREAKS[word], name, _trimmed(rest), moved, rest=rest)


def _trimmed(args: str) -> str:
    """Return arguments without the comma that waits for the next, which a half may end with."""
    return args.strip(" ").removesuffix(",")


def _second_half(text: str) -> Form:
    found = end_expression().fullmatch(text)
    return Form(Says.END, found[1].split()[1], rest=found[2]) if found else NOTHING


def _signal(text: str) -> Form:
    for expression in SIGNALS:
        if found := expression.fullmatch(text):
            stopped, signal, siginfo, more = found.groups()
            ret_text = "stopped" if stopped else more or None
            return Form(Says.SIGNAL, signal, siginfo or None, ret_text=ret_text)
    return NOTHING


def _end_of_task(text: str) -> Form:
    if found := EXITED.fullmatch(text):
        return Form(Says.GONE, "exited", ret=int(found[1]))
    if found := KILLED.fullmatch(text):
        return Form(Says.GONE, "killed", found[2], ret_text=found[1])
    if found := SUPERSEDED.fullmatch(text):
        return Form(Says.SUPERSEDED, "superseded", found[1])
    return NOTHING

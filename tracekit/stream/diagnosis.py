"""Why a line cannot be read: the column where reading stopped, and what was expected there."""

import re
from typing import NamedTuple

from tracekit.stream.forms import call_expression, open_expression
from tracekit.stream.leader import BODY
from tracekit.stream.scan import unclosed


class Diagnosis(NamedTuple):
    """Column, from 1, and hint."""

    column: int
    hint: str


BYTES = (
    # what bytes a line has, whatever it says: what it is
    (r"\ufeff|\udcff\udcfe|\udcfe\udcff|(?:\x00.){3}|(?:.\x00){3}", "UTF-16 text; write it as UTF-8 first"),
    (r"[^\x00]*\x00", "not text: it holds bytes that are 0"),
    (r"\x1f\udc8b|\udcfd7zXZ|\(\udcb5/\udcfd|PK\x03\x04|PERFILE2", "not text: a compressed or binary file"),
    (r"[^\r]*\r.", "text with carriage returns between its lines; make them newlines first"),
)  # fmt: skip
FOREIGN = (
    # what a line without a leader of strace's looks like: what it is
    (r" *\d+\.\d{3} \( *(?:[\d.]+ ms)? *\): ", "a line of perf trace"),
    (r"(?:\[pid +\d+\] |\d+ +)?[\w.+-]{1,200}->\w+\(|.*<(?:no return|void) \.\.\.>", "a line of ltrace"),
    (r"(?:\[pid +\d+\] |\d+ +)?(?:[\d:.]+ )?(?:SYS_\w+|\w+@\w[\w.+-]*)\(", "a line of ltrace"),
    (r"(?:[^\"]|\"[^\"]*\")*?\) += (?:<void>|\")|[^\"]*\+\+\+ exited \(status ", "a line of ltrace"),
    (r".*\)\t+ = (?:-1|0x[0-9A-F]+|\d+) (?:\d+|Err#\d+)$|SYSCALL\(args\)", "a line of dtruss"),
    (r".*\) *\t* *(?:= [\w-]+ *)?(?:Err|ERR)#\d+|process (?:exit|killed), ", "a line of truss"),
    (r" *\d+ (?:\d+ )?\S+ +(?:CALL|RET|NAMI|GIO|PSIG|CSW|STRU) ", "a line of kdump"),
    (r"\d+ \d\d:\d\d:\d\d\.\d+ \d+ \S+ \([\d.]+\) [<>] ", "a line of sysdig"),
    (r"type=[A-Z_]+ msg=audit\(", "a record of the audit daemon"),
    (r"\s*\{\"", "JSON, not strace's text"),
    (r".*&(?:lt|gt|quot|amp|#34|#x27);", "from a web page: < > \" & stand there as &lt; &gt; &quot; &amp;"),
    (r".*[\u201c\u201d\u201e]", "not as strace wrote it: its quotes became typographic ones"),
    (r"(?:[>+|] ?|- )(?:\d{1,8} |\[pid)", "quoted: a mark of a mail or a patch stands before it"),
    (r".*\u00a0", "not as strace wrote it: its blanks became no-break spaces"),
    (r".*\^\[\[[\d;]*m", "with colours that 'cat -v' wrote out (^[[32m); trace without them"),
)  # fmt: skip
LOOKED_AT = 1000
"""Characters of a line in which signs of other programs are looked for."""
ANOTHER = re.compile(
    r"(?:\d{1,8} +|\[pid +\d{1,8}\] )[\d.:]* ?(?:[a-z_]\w{0,60}\(|<\.\.\. |--- |\+\+\+ )"
    r"|<\.\.\. [a-z]\w{0,60} resumed>"
)
"""Where one more line of strace's begins."""
CALL = re.compile(r"(?:^|(?<=[ :>\]]))[a-z_][a-z0-9_]{1,40}\(.*\) += (?:-?\d|\?)")
UNFINISHED = {
    # what a line begins with that is no call: what it lacks
    "---": "this signal is not complete: '--- SIGNAL {...} ---' was expected",
    "+++": "this end of a task is not complete: '+++ exited with N +++' was expected (ltrace has another)",
    "<..": "this second half is not complete: '<... NAME resumed>' was expected",
}
OPENED = {
    # what begins and does not end: what that is
    '"': "the string that begins here does not end",
    "@": "the string that begins here does not end",
    "{": "the struct that begins here does not end",
    "[": "the array that begins here does not end",
    "(": "the parenthesis that begins here does not close",
    "<": "what begins here is no annotation that ends, and no mark of a split call",
    "'": "the character that begins here does not end",
}
NOTHING = "no call, signal or exit begins here"
"""What is said of a line that looks like nothing in particular."""
CUT = ": the line is cut"
MIXED = (
    "another line was written into this one from here on: two were joined, or two programs wrote to one file"
)


def diagnose(line: str, start: int, layout: str) -> Diagnosis:
    """Say why a line is none of strace's.

    Args:
        line: the line, without its newline.
        start: where its leader ends, from 0.
        layout: how lines of this log begin, in words.
    """
    is_call = BODY.match(line, start) is not None
    for look, hint in BYTES if start and is_call else BYTES + FOREIGN:
        if re.match(look, line[:LOOKED_AT], re.DOTALL):
            return Diagnosis(1, f"this is {hint}")
    if not is_call:
        return _no_beginning(line, start, layout)
    if (word := line[start : start + 3]) in UNFINISHED:
        return _mixed(line, start) or Diagnosis(start + 1, UNFINISHED[word])
    return _bad_call(line, start)


def _no_beginning(line: str, start: int, layout: str) -> Diagnosis:
    """Say why a line is none that does not begin as one of strace's."""
    if found := CALL.search(line[:LOOKED_AT], start):
        hint = f"a call begins here, but what stands before it is not how lines of this log begin: {layout}"
        return Diagnosis(found.start() + 1, hint)
    return Diagnosis(start + 1, f"{NOTHING}; lines of this log begin with: {layout}")


def _bad_call(line: str, start: int) -> Diagnosis:
    """Say why a call cannot be read."""
    whole = call_expression().match(line, start)
    if whole:
        return _mixed(line, whole.start(3)) or Diagnosis(
            whole.end() + 1, "the line was expected to end here, behind the return value"
        )
    if mixed := _mixed(line, start + 1):
        return mixed
    found = open_expression().match(line, start)
    end = found.end() if found else start
    if line.startswith(")", end):
        return _no_return(line, end)
    begin = unclosed(line[start:])
    place = end if begin is None or line[end : end + 1] in OPENED else start + begin
    opened = OPENED.get(line[place : place + 1], "the arguments do not end")
    return Diagnosis(place + 1, opened + CUT)


def _no_return(line: str, end: int) -> Diagnosis:
    """Say what is wrong behind the arguments, which end with the parenthesis at ``end``."""
    rest = line[end + 1 :].lstrip()
    column = len(line) - len(rest) + 1
    if not rest or rest == "=":
        return Diagnosis(column, "a return value was expected here, behind the arguments" + CUT)
    if rest.startswith("="):
        return Diagnosis(
            column,
            "no return value begins here: '= NUMBER', '= -1 ERROR (text)' or '= ?' was expected"
            " (ltrace's calls return strings and <void>, too)",
        )
    return Diagnosis(column, "a return value was expected here, behind the arguments: ') = VALUE'")


def _mixed(line: str, start: int) -> Diagnosis | None:
    """Say where another line of strace's begins in this one, if one does."""
    found = ANOTHER.search(line, start + 1)
    return Diagnosis(found.start() + 1, MIXED) if found else None

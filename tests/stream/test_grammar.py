"""Whole lines by the grammar alone: what a line is, and that the reader takes it for the same."""

import re

import pytest
from lark import Token, Tree

from tests.stream.test_forms import FORMS
from tracekit.stream import read_events
from tracekit.stream.terminals import parse

CUT = {"truncated", "split_attach"}
WHOLE = [re.sub(r"\x1b\[[0-9;]*m", "", form["line"]) for form in FORMS if form["id"] not in CUT]
LINES = [
    # more lines: what the grammar calls them
    ('[pid  1234] read(3,  <unfinished #7 ...>', "half"),
    ("7  <... read resumed #7>) = 1", "resumed"),
    ('7  <... read resumed> "x", 1) = 1', "resumed"),
    ("7     0.000021 wait4(-1,  <unfinished ... exit status 0>", "half"),
    ("1234  04:50:45.902481 (+     0.000477) getpid() = 1234", "call"),
    ("     3 getpid() = 1234", "call"),
    ("1234<a b> [unconfined_u:r:t:s0-s0:c0.c1023] 1795409445 getpid() = 1234", "call"),
    ("[  12] [00007f178f59ac47] sigreturn() (mask [USR1 USR2]) = 0", "call"),
    ("nanosleep({tv_sec=1, tv_nsec=0},  <unfinished ...>) = ?", "call"),
    ("--- SIGCHLD (Child exited) @ 0 (0) ---", "signal"),
    ("7  --- {si_signo=SIGCHLD, si_code=CLD_EXITED} (Child exited) ---", "signal"),
    ("7  +++ killed by SIGSEGV (core dumped) +++", "killed"),
    ("7  +++ superseded by execve in pid 8 +++", "superseded"),
    ("7  [ Process PID=7 runs in 32 bit mode. ]", "note"),
    ("/usr/bin/strace: Process 7<sh> attached", "note"),
    ("strace: ptrace(PTRACE_SEIZE, 1): Operation not permitted", "note"),
    ("Process 7 attached (waiting for parent)", "note"),
    (" * 3 bytes in buffer 0", "note"),
    (" = 2 buffers in vector 0", "note"),
    ('# tracekit process {"pid": 7}', "note"),
]  # fmt: skip
KINDS = {
    **dict.fromkeys(("call", "half", "resumed"), "syscall"),
    **dict.fromkeys(("signal", "stopped"), "signal"),
    **dict.fromkeys(("exited", "killed"), "exit"),
    "superseded": "exec",
}


def statement(line: str) -> Tree[Token] | None:
    """Return what stands behind the leader of a line, by the grammar; None of an empty line."""
    children = parse(line, "line").children
    return children[-1] if children else None


@pytest.mark.parametrize("line", WHOLE)
def test_a_collected_line(line: str) -> None:
    said = statement(line)
    (event,) = read_events([line + "\n"])
    assert KINDS.get(str(said.data) if said else "", "note") == event.kind
    if said and said.data in ("call", "half"):
        assert said.children[0] == event.name


@pytest.mark.parametrize(("line", "rule"), LINES)
def test_a_line(line: str, rule: str) -> None:
    said = statement(line)
    (event,) = read_events([line + "\n"])
    assert said is not None
    assert said.data == rule
    assert event.kind == KINDS.get(rule, "attach" if "attached" in line else "note")

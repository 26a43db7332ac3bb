"""Forms that few logs have: what every family of strace's decoders prints, and lines that are no calls."""

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tracekit.stream import Event, parse_arguments, read_events
from tracekit.stream.arguments import arguments_by_grammar
from tracekit.stream.values import Unknown, Value

FORMS = [json.loads(line) for line in Path(__file__).with_name("rare-forms.jsonl").read_text().splitlines()]
"""After strace's decoders and its tests: bpf, io_uring, netlink, ioctl, addresses, -yy, --secontext."""
LEADER = "7  12:00:00.000001 "
RESTART = " <Cannot restart pid 7 with ptrace(PTRACE_SYSCALL): Input/output error>"


def one(line: str) -> Event:
    (event,) = read_events([line + "\n"])
    return event


def unread(value: Any) -> Iterator[Unknown]:
    """Yield the parts of a value that the grammar does not know."""
    if isinstance(value, Unknown):
        if value.text and not value.text.startswith(("...", "?", "<...")):
            yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from unread(each)
    elif isinstance(value, Value):
        for part in fields(value):
            yield from unread(getattr(value, part.name))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form["line"][:60])
def test_call(form: dict[str, Any]) -> None:
    event = one(form["line"])
    values = parse_arguments(event.args or "")
    found = (event.kind, event.complete, event.name, event.ret, len(values))
    assert found == ("syscall", True, form["name"], form["ret"], form["nargs"])
    assert list(unread(values)) == []
    assert values == arguments_by_grammar(event.args or "")


@pytest.mark.parametrize(
    ("line", "kind", "name"),
    [
        (" VCPU:0> {exit_reason=2 /* KVM_EXIT_IO */, ...}", "note", "dump"),
        (" VCPU< {exit_reason=5 /* KVM_EXIT_HLT */, ...}", "note", "dump"),
        (" | <Cannot fetch 4096 bytes from pid 12 @0x7ffe>", "note", "dump"),
        (" > /bin/a(std::vector<int>::push_back(int const&)+0x1) [0x2]", "note", "stack"),
        (" > /bin/a(operator()(int) const+0x1) [0x2] /src/a b.cc:12", "note", "stack"),
        (" > unexpected_backtracing_error [0x7ffe]", "note", "stack"),
        (" > BUG IN print_call_cb", "note", "stack"),
        ("strace: System call limit has been reached, detaching tracees", "note", "strace"),
        ("../strace: attach: ptrace(PTRACE_SEIZE, 5): Operation not permitted", "note", "strace"),
        ("./strace: Process 5 attached", "attach", "attached"),
        ("src/strace: Process 5<sh> detached", "detach", "detached"),
        (LEADER + "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_PKUERR, si_addr=0x1, si_pkey=5} ---",
         "signal", "SIGSEGV"),
        (LEADER + "--- SIGSYS {si_signo=SIGSYS, si_code=SYS_SECCOMP, si_call_addr=0x7f, "
         "si_syscall=__NR_mkdir, si_arch=AUDIT_ARCH_X86_64} ---", "signal", "SIGSYS"),
        (LEADER + "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=77<a) --- b> "
         "/* 9<x> in strace's PID NS */, si_uid=0, si_stime=1 /* 0.01 s */} ---", "signal", "SIGCHLD"),
        (LEADER + "--- SIGRT_5 {si_signo=SIGRT_5, si_code=SI_TIMER, si_timerid=0, si_overrun=0} ---",
         "signal", "SIGRT_5"),
        (LEADER + "+++ killed by SIGSYS (core dumped) +++", "exit", "killed"),
        ("[pid 7<a b>] [u:r:t:s0:c0.c1023] 12:00:00 (+     0.000001) [  39] [00007f178f59ac47] getpid() = 1",
         "syscall", "getpid"),
    ],
)  # fmt: skip
def test_line(line: str, kind: str, name: str) -> None:
    event = one(line)
    assert (event.kind, event.name, event.complete) == (kind, name, True)


def test_a_call_goes_on_behind_a_task_that_could_not_be_restarted() -> None:
    lines = [f"{LEADER}read(3, {RESTART}", f'{LEADER}<... read resumed>"x", 1) = 1', f"{LEADER}getpid() = 7"]
    first, second = read_events(lines)
    assert (first.args, first.ret, first.complete, first.end_line) == ('3, "x", 1', 1, True, 2)
    assert (second.name, second.complete) == ("getpid", True)


@pytest.mark.parametrize("strace", ["strace", "/usr/bin/strace", "./strace", "../strace"])
def test_a_task_is_taken_on_in_the_middle_of_a_line(strace: str) -> None:
    for begun in ("vfork(", "clone(child_stack=NULL, flags=SIGCHLD"):
        call, attach = read_events([f"{begun}{strace}: Process 9 attached\n", ") = 9\n"])
        assert (f"{call.name}({call.args}", call.ret) == (begun, 9)
        assert (attach.kind, attach.tid) == ("attach", 9)


@pytest.mark.parametrize(
    ("line", "args", "ret_text"),
    [
        ("close(3)", "3", None),
        ("close(3)   =", "3", None),
        ('openat(AT_FDCWD, "/a", O_RDONLY) = 3</a', 'AT_FDCWD, "/a", O_RDONLY', "3</a"),
        ('openat(AT_FDCWD, "/a) = 3', 'AT_FDCWD, "/a) = 3', None),
        ("fstat(3, {st_mode=S_IFREG", "3, {st_mode=S_IFREG", None),
    ],
)
def test_what_is_kept_of_a_cut_call(line: str, args: str, ret_text: str | None) -> None:
    event = one(LEADER + line)
    assert (event.args, event.ret, event.ret_text, event.complete) == (args, None, ret_text, False)


def test_twenty_tasks_and_what_they_write_in_between() -> None:
    tids = range(101, 121)
    lines = []
    for step in range(5):
        lines += [f'{tid}  12:00:0{step}.000001 write(1, "{tid}\\n", 4 <unfinished ...>\n' for tid in tids]
        for tid in reversed(tids):
            lines += [f"{tid}\n", f"{tid}  12:00:0{step}.000002 <... write resumed>) = 4\n"]
    events = list(read_events(lines))
    calls = [event for event in events if event.kind == "syscall"]
    assert len(calls) == 100
    assert all(call.complete and call.ret == 4 and call.tid == int((call.args or "")[4:7]) for call in calls)
    assert {event.args for event in events if event.kind == "unparsed"} == {str(tid) for tid in tids}
    assert len(events) == 200

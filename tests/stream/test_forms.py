"""The collected forms of strace's output, each with its name, return and number of arguments."""

import json
from pathlib import Path
from typing import Any

import pytest

from tracekit.stream import Event, parse_arguments, parse_return, read_events
from tracekit.stream.terminals import parse

FORMS = [json.loads(line) for line in Path(__file__).with_name("strace-forms.jsonl").read_text().splitlines()]
CALLS = [form for form in FORMS if form["kind"] != "event"]
BODIES = [form for form in FORMS if form["kind"] == "body"]
EVENTS = {form["id"]: form["line"] for form in FORMS if form["kind"] == "event"}

READ = {
    # id: kind, name, complete
    "sig": ("signal", "SIGALRM", True),
    "sig_segv": ("signal", "SIGSEGV", True),
    "stopped": ("signal", "SIGSTOP", True),
    "exit": ("exit", "exited", True),
    "unf": ("syscall", "read", False),
    "res_noargs": ("syscall", "close", False),
    "res_unf_q": ("syscall", "exit_group", False),
    "qqq_unf": ("syscall", "???", False),
    "qqq_res": ("syscall", "???", False),
    "detached": ("syscall", "futex", False),
    "pidchg": ("syscall", "execve", False),
    "split_attach": ("syscall", "vfork", False),
    "kframe": ("note", "stack", True),
    "dumpio": ("note", "dump", True),
    "truncated": ("syscall", "openat", False),
    "empty": ("note", "blank", True),
}


def one(line: str) -> Event:
    event, *others = read_events([line + "\n"])
    assert not others
    return event


def test_there_are_84() -> None:
    assert len(FORMS) == 84
    assert EVENTS.keys() == READ.keys()


@pytest.mark.parametrize("form", CALLS, ids=lambda form: form["id"])
def test_call(form: dict[str, Any]) -> None:
    event = one(form["line"])
    assert (event.kind, event.name, event.complete) == ("syscall", form["name"], True)
    assert (event.ret_text or "").startswith(form["ret"])
    assert event.ret == (None if form["ret"] == "?" else int(form["ret"], 0))
    assert len(parse_arguments(event.args or "")) == form["nargs"]


@pytest.mark.parametrize("form", CALLS, ids=lambda form: form["id"])
def test_call_is_cut_anywhere(form: dict[str, Any]) -> None:
    """A cut line never reads as a whole call, save one that was cut in its return or behind it."""
    line = form["line"]
    for end in range(line.rindex(" = ") + 2):
        events = list(read_events([line[:end]]))
        assert [event.line for event in events] == [1] * len(events)
        assert not any(event.kind == "syscall" and event.complete for event in events), line[:end]


@pytest.mark.parametrize("form", BODIES, ids=lambda form: form["id"])
def test_the_grammar_alone(form: dict[str, Any]) -> None:
    name, arguments, *_ = parse(form["line"], "call").children
    assert name == form["name"]
    assert len(arguments.children) == form["nargs"]


@pytest.mark.parametrize("form", BODIES, ids=lambda form: form["id"])
def test_the_fast_way_agrees_with_the_grammar(form: dict[str, Any]) -> None:
    event = one(form["line"])
    tree = parse(form["line"], "call")
    returned = parse_return(event.ret_text or "")
    assert tree.children[0] == event.name
    assert returned.number == event.ret
    assert returned.errno in (event.errno, "12345")


@pytest.mark.parametrize("name", READ)
def test_event(name: str) -> None:
    first, *beside = read_events([EVENTS[name] + "\n"])
    assert (first.kind, first.name, first.complete) == READ[name]
    assert [event.kind for event in beside] == (["attach"] if name == "split_attach" else [])


@pytest.mark.parametrize(
    ("line", "tid", "time_ns", "duration_ns"),
    [
        ('1234  read(3, "x", 8) = 1', 1234, None, None),
        ('[pid  1234] 12:00:00 read(3, "x", 8) = 1', 1234, 43_200_000_000_000, None),
        ('1234  1795400000.000000001 read(3, "x", 8) = 1', 1234, 1_795_400_000_000_000_001, None),
        ('1795400000.5 read(3, "x", 8) = 1 <0.000011156>', None, 1_795_400_000_500_000_000, 11_156),
        (
            '1234  12:00:00.000001 [00007f178f59ac47] read(3, "x", 8) = 1 <1.5>',
            1234,
            43_200_000_001_000,
            1_500_000_000,
        ),
        ('1234<a b> 12:00:00.000001 read(3, "x", 8) = 1', 1234, 43_200_000_001_000, None),
        ('     0.000321 read(3, "x", 8) = 1', None, 321_000, None),
        ('7       0.000321 read(3, "x", 8) = 1 <0>', 7, 321_000, 0),
        ('[  12] [????????????????] read(3, "x", 8) = 1', None, None, None),
    ],
)
def test_leader(line: str, tid: int | None, time_ns: int | None, duration_ns: int | None) -> None:
    event = one(line)
    assert (event.name, event.tid, event.time_ns, event.duration_ns) == ("read", tid, time_ns, duration_ns)


@pytest.mark.parametrize(
    "leader", ["1234  [pid 12] ", "1795400000.5 12:00:00 ", "1234  1795400000.5 12:00:00.5 ", "(+ 0.5) 0.5 "]
)
def test_a_leader_has_one_task_and_one_time(leader: str) -> None:
    first, bad = read_events(["1234  getpid() = 1234\n", f'{leader}read(3, "x", 8) = 1\n'])
    assert (first.kind, bad.kind, bad.line) == ("syscall", "unparsed", 2)

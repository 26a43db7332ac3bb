"""Events by the numbers of their lines, held against the reader of whole logs and lines written here."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracekit.errors import UsageError
from tracekit.lab import scenes
from tracekit.lab.evidence import FARTHEST, Call, Evidence
from tracekit.stream import read_events

LOG = """\
# tracekit {"version": 1}
70  1795415240.100000 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD <unfinished ...>
71  1795415240.200000 accept4(4<TCP:[127.0.0.1:80]>,  <unfinished ...>
70  1795415240.300000 <... clone resumed>, child_tidptr=0x7f) = 710 <0.200000>
710 1795415240.300001 +++ exited with 0 +++
71  1795415240.400000 <... accept4 resumed>{sa_family=AF_INET, sin_port=htons(5), \
sin_addr=inet_addr("10.0.0.9")}, [128 => 16], SOCK_CLOEXEC) = 9<TCP:[127.0.0.1:80->10.0.0.9:5]> <0.1>
71  1795415240.500000 read(9<TCP:[127.0.0.1:80->10.0.0.9:5]>, "GET /\\303\\244 HTTP/1.1\\r\\n<TCP:[1->2]>", \
80) = 20
71  1795415240.510000 read(9<TCP:[127.0.0.1:80->10.0.0.9:5]>, 0x7f00, 80) = -1 EAGAIN (Resource temporarily \
unavailable) <0.000004>
71  1795415240.600000 openat(AT_FDCWD</srv>, "www/./a.html", O_RDONLY) = 7</srv/www/a.html> <0.1>
71  1795415240.700000 openat(AT_FDCWD</srv>, "/srv/www/no.html", O_RDONLY) = -1 ENOENT (No such file) <0.1>
71  1795415240.800000 poll([{fd=9<TCP:[127.0.0.1:80->10.0.0.9:5]>, events=POLLIN}], 1, 5000 <unfinished ...>
71  1795415240.900000 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---
72  1795415240.910000 --- SIGSEGV {si_signo=SIGSEGV, si_code=SI_TKILL, si_pid=71, si_uid=33} ---
72  1795415240.920000 <... futex resumed>) = 0
72  1795415240.930000 +++ killed by SIGSEGV (core dumped) +++
not a line of strace's
70  1795415240.940000 wait4(-1,  <unfinished ...>
"""


class Lines:
    """A trace of lines in memory."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, number: int) -> str:
        if not 1 <= number <= len(self):
            raise UsageError("there is no such line")
        return self._lines[number - 1]

    def lines(self) -> Iterator[str]:
        return iter(self._lines)


@pytest.fixture
def evidence() -> Evidence:
    """The events of the log above."""
    return Evidence(Lines(LOG.splitlines()))


def call_of(evidence: Evidence, number: int) -> Call:
    """Return the event that a line is about; there is one."""
    call = evidence.call(number)
    assert call is not None
    return call


def test_halves(evidence: Evidence) -> None:
    """Either half stands for the whole call, also where other threads are in between."""
    call = call_of(evidence, 2)
    assert call is evidence.call(4)
    assert (call.kind, call.name, call.tid, call.line, call.end_line) == ("syscall", "clone", 70, 2, 4)
    assert (call.ret, call.args) == (
        710,
        "child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f",
    )
    assert call_of(evidence, 6).line == 3


def test_connection(evidence: Evidence) -> None:
    """An accept and a read of one connection have the same ends; what a client wrote is none."""
    accept, read = call_of(evidence, 3), call_of(evidence, 7)
    assert accept.peer == read.peer == "[127.0.0.1:80->10.0.0.9:5]"
    assert read.strings == ("GET /\u00e4 HTTP/1.1\r\n<TCP:[1->2]>",)
    assert call_of(evidence, 11).peer == accept.peer
    assert call_of(evidence, 8).errno == "EAGAIN"


def test_paths(evidence: Evidence) -> None:
    """A file has the path that was asked for, and the one that came of it, where one did."""
    assert call_of(evidence, 9).paths == ("/srv/www/./a.html", "/srv/www/a.html")
    failed = call_of(evidence, 10)
    assert (failed.paths, failed.ret, failed.errno) == (("/srv/www/no.html",), -1, "ENOENT")
    assert call_of(evidence, 7).paths == ()


def test_signals_and_ends(evidence: Evidence) -> None:
    """A signal says where it came from, an end how it came."""
    fault, sent = call_of(evidence, 12), call_of(evidence, 13)
    assert [(one.kind, one.name, one.tid, one.si_code) for one in (fault, sent)] == [
        ("signal", "SIGSEGV", 71, "SEGV_MAPERR"),
        ("signal", "SIGSEGV", 72, "SI_TKILL"),
    ]
    end = call_of(evidence, 15)
    assert (end.kind, end.name, end.args, end.si_code) == ("exit", "killed", "SIGSEGV", "")


def test_without_the_other_half(evidence: Evidence) -> None:
    """A half alone shows what it says, and no result of another call's."""
    begun, ended, last = call_of(evidence, 11), call_of(evidence, 14), call_of(evidence, 17)
    assert (begun.name, begun.ret, begun.end_line) == ("poll", None, 11)
    assert (ended.name, ended.args, ended.ret) == ("futex", "", None)
    assert (last.name, last.ret) == ("wait4", None)


@pytest.mark.parametrize("number", [-1, 0, 1, 16, 18, 10**9])
def test_no_event(evidence: Evidence, number: int) -> None:
    """A note, a line of something else and a line that is not there are no event."""
    assert evidence.call(number) is None


def test_ids(evidence: Evidence) -> None:
    """The ids that lead lines, and the calls that gave one back."""
    assert evidence.tids == {70, 71, 72, 710}
    assert evidence.returned(710) == [evidence.call(2)]
    assert evidence.returned(71) == []


def test_far_apart() -> None:
    """The search for the other half ends; what is farther apart stays apart."""
    lines = [
        "5  accept4(3,  <unfinished ...>",
        *["6  getpid() = 6"] * FARTHEST,
        "5  <... accept4 resumed>) = 9",
    ]
    far, near = Evidence(Lines(lines)), Evidence(Lines(lines[:1] + lines[2:]))
    assert (call_of(far, 1).ret, call_of(near, 1).ret) == (None, 9)


@pytest.mark.parametrize("lead", ["[pid {:5}] ", "{:<5} ", "{:<5} 12:00:01.5 "])
def test_layouts(lead: str) -> None:
    """What stands before a call is found from the trace."""
    first, second = lead.format(71), lead.format(712)
    lines = [
        f"{first}accept(3,  <unfinished ...>",
        f"{second}getpid() = 712",
        f"{first}<... accept resumed>) = 4",
    ]
    call = call_of(Evidence(Lines(lines)), 3)
    assert (call.tid, call.line, call.ret) == (71, 1, 4)


@pytest.mark.parametrize("name", scenes.names("site")[:1] + scenes.names("crash")[:1])
def test_as_the_reader(name: str) -> None:
    """Every line of a scene is about the event that the reader of whole logs finds there."""
    lines = list(scenes.load(name).lines)
    events = {}
    for event in read_events(lines):
        events[event.line] = event
        events.setdefault(event.end_line, event)
    evidence = Evidence(Lines(lines))
    for number in range(1, len(lines) + 1):
        event, call = events[number], evidence.call(number)
        if event.kind not in ("syscall", "signal", "exit"):
            assert call is None
            continue
        assert call is not None
        assert (call.kind, call.line, call.end_line, call.tid) == (
            event.kind,
            event.line,
            event.end_line,
            event.tid,
        )
        assert (call.name, call.args, call.ret, call.errno) == (
            event.name,
            event.args or "",
            event.ret,
            event.errno,
        )


PIECES = [
    "5 ",
    "6 ",
    "read(",
    '"a"',
    "3<TCP:[a->b]>",
    " <unfinished ...>",
    "<... read resumed>",
    ") = 3",
    "--- SIG",
]


@given(st.lists(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=5).map("".join), max_size=6))
def test_any_lines(lines: list[str]) -> None:
    """Whatever stands in a trace, asking about it does not fail."""
    evidence = Evidence(Lines(lines))
    for number in range(len(lines) + 2):
        call = evidence.call(number)
        if call is not None:
            assert call.line <= call.end_line
            assert isinstance(call.peer + call.si_code, str)
            assert all(path.startswith("/") for path in call.paths)
            assert isinstance(call.strings, tuple)
    assert all(isinstance(tid, int) for tid in evidence.tids)

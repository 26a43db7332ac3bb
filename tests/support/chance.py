"""Traces without what is chance in them, so that two runs of one program can be compared word for word.

Two runs differ in numbers of tasks, times, addresses and the like. What is chance is known by the place where
it stands, never by how large it is, and is replaced there: numbers that the kernel hands out (of tasks, of
System V's IPC objects) by the order in which they appear, so that a wrong one still differs; the rest by a
word for what it is. What has to be so in one program alone is said by its test (``by_task(..., without=)``).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

INTERRUPTED: Final = "~"
"""Marks a call whose line had two halves: `tasks`."""

OTHER: Final = "OTHER"
"""Stands for a task that the trace does not show: the tracer, say."""


@dataclass(frozen=True)
class Handed:
    """Numbers that the kernel hands out: their name, where a new one is seen first, and where they stand."""

    name: str
    new: re.Pattern[str]
    """The number is group 1."""
    places: tuple[re.Pattern[str], ...]
    """What is before the number is group 1, the number group 2."""


def _handed(name: str, new: str, *places: str) -> Handed:
    number = r"(\d+)\b"
    return Handed(name, re.compile(new + number), tuple(re.compile(f"({one}){number}") for one in places))


def _ipc(kind: str) -> Handed:
    return _handed(
        kind.upper(), rf"\b{kind}get\(.*\) += ", rf"\b{kind}get\(.*\) += ", rf"\b{kind}(?!get)\w+\("
    )


TASKS: Final = _handed(
    "T",
    r"(?:\[pid +|\bProcess |\bPID=|\b(?:v?fork|clone3?|getpid|gettid|set_tid_address)\(.*\) += )",
    r"\[pid +|\bProcess |PID=|\bexecve in pid |\bpid changed to |pid=|_thread_id=|/proc/",
    r"/\* (?=\d+ in strace's PID NS)",
    r"\b(?:kill|tkill|tgkill|getpgid|getsid|setpgid|wait4|waitpid|prlimit64|sched_\w+)\(-?|\bwaitid\(P_\w+, ",
    r"\b(?:pidfd_open|process_vm_\w+|rt_t?g?sigqueueinfo|ptrace)\((?:PTRACE_\w+, )?",
    r"\b(?:tgkill|setpgid|rt_tgsigqueueinfo)\(\w+(?:<[^>]*>)?, ",
    r"\b(?:v?fork|clone3?|getp?pid|gettid|getpgrp|[gs]etsid|getpgid|set_tid_address|wait4|waitpid|rt_sigreturn)"
    r"\(.*\) += ",
)
PORTS: Final = Handed(
    "PORT",
    re.compile(r"(?:htons\(|127\.0\.0\.1:|\[::1\]:)([3-6]\d{4})\b"),
    (re.compile(r"(htons\(|127\.0\.0\.1:|\[::1\]:)(\d+)\b"),),
)
"""Those that nobody has asked for: /proc/sys/net/ipv4/ip_local_port_range."""
HANDED: Final = (TASKS, PORTS, _ipc("msg"), _ipc("sem"), _ipc("shm"))

_STRANGER: Final = re.compile(r"(\bsi_pid=|\bget(?:ppid|pgrp|pgid|sid)\(.*\) += )[1-9]\d*\b")
"""A task that is none of these."""

ADDRESS: Final = r"0x(?=[0-9a-f]{12}\b)(?:5[56]|7[0-9a-f]|aa|ff)[0-9a-f]{10}"
"""Where the kernel puts libraries, stacks, and programs that may stand anywhere (x86-64, aarch64)."""
_HEAP: Final = r"0x[0-9a-f]{7,12}\b"
"""The same, and the heap of a program with a place of its own."""

_CHANCE: Final = (
    # Times: spent, of day, left
    (r"\b(ru_[us]time)=\{[^}]*\}", r"\1=TIME"),
    (r"\b((?:ru|tms)_\w+|si_[us]time)=\d+(?: /\* [\d.]+ s \*/)?", r"\1=N"),
    (r"\b(left|remaining) \{[^}]*\}", r"\1 TIME"),
    (r"(?<=tv_sec=999, tv_nsec=)\d+", "N"),  # of 1000 s
    (r"\bTIMER_ABSTIME, \{[^}]*\}", "TIMER_ABSTIME, TIME"),
    (r"(?<=TCP_TIMESTAMP, )\[\d+\]", "[N]"),
    (r"\b(stx?_[abcm]time)=(?:\{[^}]*\}|\w+)(?: /\* [^*]* \*/)?", r"\1=TIME"),
    (r"\b(st_[acm]time_nsec)=\d+", r"\1=N"),
    # Files and sockets
    (r"\b(stx?_ino|stx_mnt_id|d_ino|d_off|f_bfree|f_bavail|f_ffree|f_files)=\w+", r"\1=N"),
    (r"\b(f_fsid)=\{[^}]*\}", r"\1=N"),
    (r"(?<=/#)\d+(?=>)", "N"),
    (r"(?<=:\[)\d+(?:->\d+)?(?=[],])", "N"),
    (r"(?<=NETLINK:\[)([A-Z_]+):\d+", r"\1:N"),
    (r"<pid:\d+>", "<pid:N>"),
    # Memory
    (rf"{_HEAP} /\* \d+ vars? \*/", "ENVIRONMENT"),
    (rf"{_HEAP}(?= /\* \d+ entries \*/)", "ADDRESS"),
    (rf"(?<=msg_control=){_HEAP}|(?<=/\* ){_HEAP}(?= \*/)|(?<=, ){_HEAP}(?=\])", "ADDRESS"),
    (ADDRESS, "ADDRESS"),
    (r"^brk\(.*", "brk"),
    # The rest
    (r"(?<=tracee-)\d{7}\b", "0000000"),  # the number of the process
    (r"(?<=, u64=)\d{10,}", "N"),  # epoll's data, where a program sets the lower half only
    (r"\bparent_tid=\[\d+\]", "parent_tid=[N]"),  # 0 once the thread has ended
    (r"(?<=getrandom\()\"[^\"]*\"", "RANDOM"),
    (r"^([sg]et_thread_area)\(\{entry_number=[1-9]\d*", r"\1({entry_number=N"),
    (r"^(add_key|keyctl)(\(.*\)) += \d+\b", r"\1\2 = N"),
    (r"^(keyctl\(\w+, )\d{6,}", r"\1N"),
)
CHANCE: Final = tuple((re.compile(pattern), word) for pattern, word in _CHANCE)

_MEASURED: Final = re.compile(
    r"(?:(?:gettimeofday|clock_gettime)\(.*\{tv_sec=[1-9]|(?:times|time|sysinfo|getcpu)\("
    r"|(?:adjtimex|clock_adjtime)\(.*modes=0)"
)
"""Calls whose results are chance in every number."""
_NUMBER: Final = re.compile(r"-?\b(?:0x[0-9a-f]+|\d[\d.]*)\b")

_ADDRESS_OF_CALL: Final = re.compile(rf"\[0000{ADDRESS[2:]}\]")
_OF_A_CHILD: Final = "--- SIGCHLD"
_BACK: Final = "rt_sigreturn("
_LINE: Final = re.compile(r"(\d{6,}|[\d ]{5}) (.*)")
_NOTE: Final = "# tracekit "
_RESUMED: Final = re.compile(r"<\.\.\. \w+ resumed>")
_UNFINISHED: Final = re.compile(r" ?<unfinished \.\.\.>$")
_PADDING: Final = re.compile(r"\) +(?== )")
_TIME: Final = r"(?:\d+[:.][\d:.]+|\d{10})(?= )"
_LEADER: Final = re.compile(rf"(?:\[pid +[^]]*\] )?(?: *{_TIME} )*(?:\[[^]]*\] )*")
_TIMES: Final = re.compile(rf"(?<!\S){_TIME}")
_PADDED: Final = re.compile(r"(?<=\[pid )(?=[ \d]{5}[]<]) +")
_DURATION: Final = re.compile(r" <\d+\.\d+>$")
_FORM: Final = re.compile(r"^ *[0:.]+ | <0\.0+>$")
"""What is left of the times."""

Numbers = dict[tuple[str, str], str]
"""What stands for a number that was handed out, by the name of its kind and the number."""


def tasks(trace: str) -> dict[str, list[str]]:
    """Part a trace of several tasks (``-f -o``) into each task's lines, in the order in which tasks appear.

    A call in two halves is one line, and marked so.

    Raises:
        AssertionError: One of the lines is not strace's, nor a note of ours.
    """
    found: dict[str, list[str]] = {}
    for line in trace.splitlines():
        if line.startswith(_NOTE):
            continue
        match = _LINE.fullmatch(line)
        assert match, f"not a line of strace's: {line}"
        lines = found.setdefault(match[1].strip(), [])
        text = parts(match[2])[1]
        if resumed := _RESUMED.match(text):
            first = _UNFINISHED.sub("", lines[-1]).removeprefix(INTERRUPTED)
            lines[-1] = INTERRUPTED + first + text[resumed.end() :]
        else:
            lines.append(match[2])
    return found


def by_task(trace: str, without: tuple[str, ...] = ()) -> list[list[str]]:
    """The lines of each task without chance, times and columns, tasks in the order in which they appear.

    A SIGCHLD, which comes at a moment of chance, stands at the end of its task's lines, and so does the
    rt_sigreturn right after it, whose result is that of the call which the signal came upon.

    Args:
        trace: What was written with ``-f -o``.
        without: How lines begin that one run may have and another not.
    """
    parted = {tid: [line.removeprefix(INTERRUPTED) for line in lines] for tid, lines in tasks(trace).items()}
    names = _names(parted, (line for lines in parted.values() for line in lines))
    plain = [[squeezed(_FORM.sub("", settled(line, names))) for line in lines] for lines in parted.values()]
    return [_children_last([one for one in lines if not one.startswith(without)]) for lines in plain]


def _children_last(lines: list[str]) -> list[str]:
    """Put what tells of a child's end after all the rest."""
    rest: list[str] = []
    ends: list[str] = []
    for before, line in zip(["", *lines], lines, strict=False):
        if line.startswith(_OF_A_CHILD):
            ends.append(line)
        elif line.startswith(_BACK) and before.startswith(_OF_A_CHILD):
            ends.append(f"{line.partition(' = ')[0]} = N")
        else:
            rest.append(line)
    return rest + ends


def without_chance(text: str) -> str:
    """What a tracer writes where it has no file: messages, tables, lines that begin with ``[pid N]``."""
    lines = text.splitlines()
    names = _names((), lines)
    return "".join(f"{settled(line, names)}\n" for line in lines)


def settled(line: str, names: Numbers | None = None) -> str:
    """One line without what chance has put there; numbers that are handed out have these names.

    Times keep their form, in zeros. The result keeps its column unless what is before it is chance.
    """
    leader, raw = parts(line)
    text = _named(raw, names) if names is not None else raw
    for pattern, word in CHANCE:
        text = pattern.sub(word, text)
    if _MEASURED.match(text):
        text = _NUMBER.sub("N", text)
    if _PADDING.split(text)[0] != _PADDING.split(raw)[0]:
        text = squeezed(text)
    leader = _PADDED.sub("", _ADDRESS_OF_CALL.sub("[ADDRESS]", leader))
    if names is not None:
        leader = _named(leader, names)
    return _TIMES.sub(_zeros, leader) + _DURATION.sub(_zeros, text)


def _zeros(time: re.Match[str]) -> str:
    return re.sub(r"\d", "0", time[0])


def squeezed(line: str) -> str:
    """A line whose result stands in no column."""
    return _PADDING.sub(") ", line)


def parts(line: str) -> tuple[str, str]:
    """Part a line from what is before it: whose it is, its time, its number, its place (-f, -t, -n, -i)."""
    match = _LEADER.match(line)
    end = match.end() if match else 0
    return line[:end], line[end:]


def _names(tids: Iterable[str], lines: Iterable[str]) -> Numbers:
    """Name all numbers that are handed out: tasks that have lines first, the others as they appear."""
    found = {kind.name: list(tids) if kind is TASKS else [] for kind in HANDED}
    for line in lines:
        for kind in HANDED:
            found[kind.name] += kind.new.findall(line)
    return {
        (kind, number): f"{kind}{place}"
        for kind, numbers in found.items()
        for place, number in enumerate(dict.fromkeys(numbers))
    }


def _named(text: str, names: Numbers) -> str:
    for kind in HANDED:
        for place in kind.places:
            text = place.sub(partial(_name, kind.name, names), text)
    return _STRANGER.sub(rf"\1{OTHER}", text)


def _name(kind: str, names: Numbers, found: re.Match[str]) -> str:
    return found[1] + names.get((kind, found[2]), found[2])

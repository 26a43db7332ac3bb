"""The program of fixtures/tracees/calls*.c under two tracers: their lines, put side by side."""

import platform
import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Final

import pytest

from tests.support.chance import INTERRUPTED, parts, settled, squeezed, tasks
from tests.support.processes import stop
from tests.support.requirements import need
from tests.support.tracees import BARE, SOURCES
from tests.support.tracers import TRACEKIT
from tracekit.syscalls import calls

FAMILIES: Final = (
    "bad",
    "paths",
    "descriptors",
    "memory",
    "tasks",
    "ids",
    "signals",
    "sockets",
    "polling",
    "times",
    "ipc",
    "system",
    "newer",
    "threads",
    "pausing",
    "commands",
)
BRISK: Final = FAMILIES[:-2]
"""Those that are not long: they don't sleep, and don't make thousands of calls."""

STRACE: Final = "6.1"
"""The version that the differences are listed for."""

NOT_HERE: Final = 77
WRAPPED: Final = 10000
"""How far apart the tids of one run are when the kernel has begun anew with small ones in between."""

SCAFFOLD: Final = 1
"""How many tasks come before the namespaces: what they print has ids of this machine."""

UNNAMED: Final = frozenset(
    call.name for number, call in calls("x86_64").items() if number in (335, 336) or number > 450
)
"""The calls that strace 6.1 does not know."""

_CALL: Final = re.compile(r"(\w+)\(")
_RAW: Final = re.compile(r"-?(?:0x[0-9a-f]+|\d+|NULL)")
_TOKEN: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|[\w.?-]+|[^\w\s]")


@dataclass(frozen=True)
class Pair:
    """One line of the program's as both tracers have it."""

    call: str
    theirs: str
    ours: str

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return self.theirs == self.ours

    @property
    def unnamed(self) -> bool:
        """Whether strace has no name for this call."""
        return "syscall_0x" in self.theirs

    @property
    def raw(self) -> bool:
        """Whether all that differs is a bare number of ours where strace says more."""
        theirs, ours = _TOKEN.findall(self.theirs), _TOKEN.findall(self.ours)
        start = next((at for at, both in enumerate(zip(theirs, ours, strict=False)) if both[0] != both[1]), 0)
        return bool(_RAW.fullmatch(ours[start])) and not _RAW.fullmatch(theirs[start])


def need_this_strace() -> str:
    """Return strace's path, or skip the test where it is not the version that the lists are made for."""
    if platform.machine() != "x86_64":
        pytest.skip("the programs make the calls of x86-64")
    strace = need("strace")
    words = subprocess.run([strace, "-V"], check=True, capture_output=True, text=True).stdout.split()
    if (version := words[words.index("version") + 1]) != STRACE:
        pytest.skip(f"this is strace {version}; the differences are listed for {STRACE}")
    return strace


def build(folder: Path) -> Path:
    """Build the program that makes every call, and return its path."""
    program = folder / "calls"
    sources = sorted(str(one) for one in SOURCES.glob("calls*.c"))
    subprocess.run([need("cc"), "-O1", *BARE, "-o", str(program), *sources], check=True)
    return program


def compare(
    program: Path, folder: Path, options: Sequence[str], families: Sequence[str], *, unnamed: bool = False
) -> list[Pair]:
    """Trace some families of calls with strace and with ours, and put their lines side by side.

    Calls that strace has no name for are left out unless they are asked for: what is said of
    calls by name or class (-e trace=) cannot reach them there.

    Raises:
        AssertionError: The tracers don't agree on the number of tasks, or of lines of a task.
    """
    runs = []
    for name, tracer in (("theirs", [need("strace")]), ("ours", [*TRACEKIT, "strace"])):
        here = folder / name.rjust(6, "_")  # both have paths of one length: columns depend on it
        here.mkdir(parents=True)
        runs.append((here, _start(tracer, program, here, options, families)))
    try:
        theirs, ours = (_finish(process, here) for here, process in runs)
    finally:
        for _, process in runs:
            stop(process, signal.SIGKILL)
    if not unnamed:
        theirs, ours = ([_named(lines) for lines in tasks] for tasks in (theirs, ours))
    for other, mine in zip(theirs, ours, strict=True):
        assert len(mine) == len(other), _first_difference(other, mine)
    return [_pair(*lines) for tasks in zip(theirs, ours, strict=True) for lines in zip(*tasks, strict=True)]


def _first_difference(theirs: list[str], ours: list[str]) -> str:
    """Where one of two tasks has a line that the other has not."""
    steps = zip_longest(map(_name, theirs), map(_name, ours))
    at = next(at for at, (other, mine) in enumerate(steps) if other != mine)
    return f"strace: {theirs[max(at - 1, 0) : at + 3]}, ours: {ours[max(at - 1, 0) : at + 3]}"


def _pair(theirs: str, ours: str) -> Pair:
    """Pair two lines; columns count only where neither call was interrupted, which is chance."""
    if INTERRUPTED in (theirs[0], ours[0]):
        theirs, ours = (squeezed(line.removeprefix(INTERRUPTED)) for line in (theirs, ours))
    other = settled(theirs)
    return Pair(_name(ours), other, other if ours == theirs else settled(ours))


def _start(
    tracer: list[str], program: Path, here: Path, options: Sequence[str], families: Sequence[str]
) -> subprocess.Popen[bytes]:
    command = [*tracer, "-f", *options, "-o", f"{here}.trace", "--", str(program), *families]
    null = subprocess.DEVNULL
    return subprocess.Popen(
        command, cwd=here, stdin=null, stdout=null, stderr=subprocess.PIPE, start_new_session=True
    )


def _finish(process: subprocess.Popen[bytes], here: Path) -> list[list[str]]:
    complaints = process.communicate(timeout=60)[1]
    if process.returncode == NOT_HERE:
        pytest.skip("this machine gives nobody namespaces of his own (CLONE_NEWUSER)")
    assert process.returncode == 0, complaints.decode(errors="replace")
    trace = "".join(_texts(Path(f"{here}.trace")))
    for path in (str(here), "".join(f"\\x{byte:02x}" for byte in bytes(here))):
        trace = trace.replace(path, "FOLDER")
    return list(tasks(trace).values())[SCAFFOLD:]


def _texts(out: Path) -> Iterator[str]:
    """The trace, or with -ff those of all tasks by age, with their tids before each line."""
    if out.exists():
        yield out.read_text("utf-8", errors="surrogateescape")
        return
    tids = sorted(int(one.suffix[1:]) for one in out.parent.glob(f"{out.name}.*"))
    first = next((at for at, tid in enumerate(tids) if at and tid - tids[at - 1] > WRAPPED), 0)
    for tid in tids[first:] + tids[:first]:
        text = out.with_name(f"{out.name}.{tid}").read_text("utf-8", errors="surrogateescape")
        yield "".join(f"{tid:<5} {line}\n" for line in text.splitlines())


def _named(lines: list[str]) -> list[str]:
    return [line for line in lines if "syscall_0x" not in line and _name(line) not in UNNAMED]


def _name(line: str) -> str:
    text = parts(line.removeprefix(INTERRUPTED))[1]
    match = _CALL.match(text)
    return match[1] if match else text.split("{", maxsplit=1)[0].strip()

"""Programs of our own to be traced: built from fixtures/tracees, and traces of them made comparable."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.requirements import need

SOURCES = Path(__file__).parents[2] / "fixtures" / "tracees"
BARE = ["-ffreestanding", "-fno-stack-protector", "-fno-pie", "-no-pie", "-nostdlib", "-static"]
"""A program without a C library, with addresses that are the same each time."""

_RESUMED = re.compile(r"<\.\.\. \w+ resumed>")
_LEADER = re.compile(r"(\d+) +[\d.]+ (.*)")
_NUMBER = re.compile(r"\b\d+\b")
_DURATION = re.compile(r" <[\d.]+>$")


def build(name: str, folder: Path, *options: str) -> Path:
    """Build a program and return its path."""
    program = folder / name
    command = [need("cc"), "-O1", *options, "-o", str(program), str(SOURCES / f"{name}.c")]
    subprocess.run(command, check=True)
    return program


def build32(name: str, folder: Path) -> Path:
    """Build a program for i386 and return its path, or skip the test where that cannot be done."""
    program = folder / name
    command = [need("cc"), "-m32", "-O1", *BARE, "-o", str(program), str(SOURCES / f"{name}.c")]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this compiler makes no 32-bit programs (Debian: apt-get install gcc-multilib)")
    try:
        subprocess.run([program], check=False, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True)
    except OSError as error:
        pytest.skip(f"this kernel runs no 32-bit programs: {error}")
    return program


def lines_by_task(trace: str) -> list[list[str]]:
    """The lines of ``strace -f -ttt -T``, for each task in turn, in the order in which tasks appear.

    Calls stand in one piece, without times; numbers of tasks are their places. A
    SIGCHLD, which comes at a moment of chance, stands at the end of its task's lines.
    """
    tasks: dict[str, list[str]] = {}
    started: dict[str, str] = {}
    for line in trace.splitlines():
        match = _LEADER.fullmatch(line)
        if match is None:
            continue
        tid, text = match.groups()
        text = _DURATION.sub("", text)
        lines = tasks.setdefault(tid, [])
        if text.endswith("<unfinished ...>"):
            started[tid] = text.removesuffix("<unfinished ...>").removesuffix(" ")
            continue
        if resumed := _RESUMED.match(text):
            text = started.pop(tid) + text[resumed.end() :]
        lines.append(re.sub(r"\) += ", ") = ", text))
    places = {tid: f"T{place}" for place, tid in enumerate(tasks)}
    return [
        sorted((_named(line, places) for line in lines), key=lambda one: one.startswith("--- SIGCHLD"))
        for lines in tasks.values()
    ]


def _named(line: str, places: dict[str, str]) -> str:
    return _NUMBER.sub(lambda match: places.get(match[0], match[0]), line)

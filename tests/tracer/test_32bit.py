"""32-bit programs read as strace 6.1 has them: programs of our own, under both tracers."""

import re
import subprocess
from itertools import chain
from pathlib import Path
from typing import Final

import pytest

from tests.support.chance import by_task
from tests.support.requirements import need, need_ptrace
from tests.support.tracees import build32
from tests.support.tracers import STRACE_OPTIONS, TRACEKIT

PROGRAMS: Final = ("i386_files", "i386_times", "i386_signals", "i386_sockets", "i386_tasks")

_CALL: Final = re.compile(r"\w+\(")


@pytest.fixture(autouse=True)
def _may_trace() -> None:
    need_ptrace()


def traced(command: list[str], program: Path, out: Path) -> str:
    folder = out.with_suffix(".d")
    folder.mkdir()
    words = [*command, "-o", str(out), "--", str(program)]
    done = subprocess.run(
        words, check=False, stdin=subprocess.DEVNULL, capture_output=True, cwd=folder, timeout=60
    )
    assert b"Traceback" not in done.stderr, done.stderr
    return out.read_text("utf-8").replace(str(folder), "FOLDER")


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_line_is_straces(name: str, tmp_path: Path) -> None:
    program = build32(name, tmp_path)
    options = [word if word != "4096" else "64" for word in STRACE_OPTIONS]
    theirs = by_task(traced([need("strace"), *options], program, tmp_path / "strace"))
    ours = by_task(traced([*TRACEKIT, "run", "--plain", "-f", "-s", "64"], program, tmp_path / "tracekit"))
    assert [len(lines) for lines in ours] == [len(lines) for lines in theirs]
    assert not [both for both in zip(chain(*theirs), chain(*ours), strict=True) if both[0] != both[1]]
    assert sum(bool(_CALL.match(line)) for lines in ours for line in lines) > 40


@pytest.mark.parametrize("names", ["bind,accept", "mmap,select", "semop,shmat"])
def test_calls_that_stand_for_others_are_chosen_by_what_they_are(names: str, tmp_path: Path) -> None:
    program = build32("i386_files" if "mmap" in names else "i386_sockets", tmp_path)
    command = [*TRACEKIT, "run", "--plain", "-f", "-e", f"trace={names}"]
    lines = [line for lines in by_task(traced(command, program, tmp_path / "t")) for line in lines]
    assert {match[0].rstrip("(") for line in lines if (match := _CALL.match(line))} == set(names.split(","))

"""What is there in part: strace says so on standard error (ucopy.c: umoven, umovestr), and so do we."""

import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from tests.support.comparison import need_this_strace
from tests.support.requirements import need_ptrace
from tests.support.tracees import BARE, build
from tests.support.tracers import TRACEKIT

OPTIONS: Final = ("-e", "inject=!execve,exit_group:retval=8")
_NOTICE: Final = re.compile(r"umove\w+: short read \(\d+ < \d+\) @0x[0-9a-f]+(?:: Bad address)?")


def said(tracer: list[str], program: Path, out: Path) -> list[str]:
    """What a tracer writes on standard error, without its name."""
    words = [*tracer, *OPTIONS, "-o", str(out), str(program)]
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60)
    return [line.partition(": ")[2] for line in done.stderr.splitlines()]


@pytest.mark.parametrize("shift", [0, 5, 6])
def test_what_is_there_in_part_is_told_as_strace_tells_it(shift: int, tmp_path: Path) -> None:
    need_ptrace()
    strace = need_this_strace()
    program = build("edges", tmp_path, *BARE, f"-DSHIFT={shift}")
    theirs = said([strace], program, tmp_path / "theirs")
    ours = said([*TRACEKIT, "strace"], program, tmp_path / "ours")
    assert all(map(_NOTICE.fullmatch, theirs))
    assert len(theirs) > 200
    assert Counter(ours) == Counter(theirs)

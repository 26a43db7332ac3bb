"""Sockets and netlink read as strace 6.1 has them: programs that make calls by chance, under both tracers."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.support.chance import settled
from tests.support.comparison import need_this_strace
from tests.support.requirements import need_ptrace
from tests.support.tracees import SOURCES
from tests.support.tracers import TRACEKIT

CALLS: Final = 400
SOCKETS: Final = "socket,connect,setsockopt,sendmsg"
RUNS: Final = [
    ("netlink_messages", "sendto", 1, []),
    ("netlink_messages", "sendto", 2, ["-v", "-X", "verbose"]),
    ("netlink_messages", "sendto", 3, ["-X", "raw", "-s", "8"]),
    ("netlink_messages", "sendto", 4, ["-yy", "-xx"]),
    ("socket_calls", SOCKETS, 1, []),
    ("socket_calls", SOCKETS, 2, ["-v", "-X", "verbose"]),
    ("socket_calls", SOCKETS, 3, ["-X", "raw", "-xx"]),
]


def lines(tracer: list[str], out: Path, words: list[str], program: list[str]) -> list[str]:
    """What a tracer writes of a program, without what differs from run to run."""
    command = [*tracer, "-a", "4", "-o", str(out), *words, "--", *program]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return [settled(line) for line in out.read_text("utf-8").splitlines()]


@pytest.mark.parametrize(("name", "calls", "seed", "options"), RUNS)
def test_every_call_reads_as_strace_has_it(
    name: str, calls: str, seed: int, options: list[str], tmp_path: Path
) -> None:
    need_ptrace()
    strace = need_this_strace()
    program = [sys.executable, str(SOURCES / f"{name}.py"), str(seed), str(CALLS)]
    words = ["-e", f"trace={calls}", *options]
    theirs = lines([strace], tmp_path / "theirs", words, program)
    ours = lines([*TRACEKIT, "strace"], tmp_path / "ours", words, program)
    assert len(theirs) > CALLS // 2
    assert [pair for pair in zip(theirs, ours, strict=True) if pair[0] != pair[1]] == []

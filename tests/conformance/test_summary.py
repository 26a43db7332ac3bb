"""What is counted from a trace, against the table that strace itself counts (-c, -C, -w)."""

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.requirements import need
from tests.support.tracers import TRACEKIT

pytestmark = pytest.mark.conformance

PROGRAM = r"""
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void handle(int number) { (void)number; }

int main(void) {
    for (int i = 0; i < 5; i++) open("/nonexistent", O_RDONLY);
    syscall(700);                                  /* of no name: not counted */
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handle;
    sigaction(SIGALRM, &action, 0);
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGALRM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    kill(getpid(), SIGALRM);
    sigsuspend(&before);                           /* ? ERESTARTNOHAND, then -1 EINTR of rt_sigreturn */
    if (fork() == 0) {
        for (int i = 0; i < 20; i++) getppid();
        syscall(SYS_exit, 0);                      /* does not return */
    }
    wait(0);
    if (fork() == 0) kill(getpid(), SIGKILL);      /* does not return */
    wait(0);
    return 3;
}
"""

ROUNDED_S = 1e-6
"""The table of strace has microseconds."""


class Line(NamedTuple):
    """A line of the table of strace, or what is counted by us."""

    calls: int
    errors: int
    seconds: float


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("summary")
    source, made = folder / "calls.c", folder / "calls"
    source.write_text(PROGRAM)
    subprocess.run([need("cc"), "-w", "-o", made, source], check=True)
    return made


def strace(program: Path, out: Path, *options: str) -> str:
    """Let strace trace the program, and return what it wrote."""
    done = subprocess.run([need("strace"), *options, "-o", out, program], check=False)
    assert done.returncode == 3
    return out.read_text()


def table(text: str) -> dict[str, Line]:
    """Read a table of strace: % time, seconds, usecs/call, calls, errors (may be blank), syscall."""
    rows = [line.split() for line in text.splitlines()[1:] if not line.startswith("---")]
    return {row[-1]: Line(int(row[3]), int(row[4]) if len(row) == 6 else 0, float(row[1])) for row in rows}


def asked(*words: str) -> dict[str, Any]:
    command = [*TRACEKIT, "summary", "--format", "json", *words]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def counted(answer: dict[str, Any]) -> dict[str, Line]:
    rows = [*answer["calls"], {"name": "total", **answer["total"]}]
    return {row["name"]: Line(row["calls"], row["errors"], (row["total_ns"] or 0) / 1e9) for row in rows}


def counts(lines: dict[str, Line]) -> dict[str, tuple[int, int]]:
    return {name: (line.calls, line.errors) for name, line in lines.items()}


@pytest.mark.parametrize("follow", [[], ["-f"]], ids=["one", "all"])
def test_a_trace_counts_as_strace_does_in_the_same_run(
    program: Path, tmp_path: Path, follow: list[str]
) -> None:
    """With -C strace writes the calls and the table of them; with -w its times are those of -T."""
    log = tmp_path / "t.strace"
    text = strace(program, log, "-C", "-w", "-ttt", "--syscall-times=ns", *follow)
    lines, title, rows = text.partition("% time")
    log.write_text(lines)
    theirs, answer = table(title + rows), asked(str(log))
    ours = counted(answer)
    assert counts(ours) == counts(theirs)
    assert theirs["rt_sigsuspend"].errors == theirs["rt_sigreturn"].errors == 1
    assert {name: line.seconds for name, line in ours.items()} == pytest.approx(
        {name: line.seconds for name, line in theirs.items()}, abs=ROUNDED_S
    )
    assert (answer["not_returned"], answer["unknown"]) == (3 if follow else 1, 1)
    times = [row["total_ns"] for row in answer["calls"]]
    assert times == sorted(times, reverse=True)


def test_a_live_program_counts_as_another_run_under_strace(program: Path, tmp_path: Path) -> None:
    theirs = table(strace(program, tmp_path / "table", "-c", "-f"))
    assert counts(counted(asked("--", str(program)))) == counts(theirs)

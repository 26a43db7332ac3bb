"""``tracekit tasks --ps``: what runs, as ps(1) itself prints it, and what a trace shows at a moment."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import ending, start, threads, wait_until
from tests.support.requirements import need
from tests.support.tracers import TRACEKIT
from tracekit.cli.ps import moment_of, running, terminal
from tracekit.errors import UsageError
from tracekit.report.ps import Line, duration, listing, started

COLUMNS = "UID PID PPID LWP C NLWP STIME TTY TIME CMD"
THREADED = "import threading, sys\nfor _ in range(2): threading.Thread(target=sys.stdin.read).start()"
DAY = 24 * 3600 * 10**9
TRACE = """\
10 1700000000.000000 listen(3, 511) = 0
10 1700000001.000000 clone(child_stack=NULL, flags=SIGCHLD) = 20
20 1700000001.500000 setuid(33) = 0
20 1700000002.000000 clone(child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD, parent_tid=[21]) = 21
21 1700000002.500000 accept4(3, 0x7f, [128], SOCK_CLOEXEC) = 5
20 1700000003.000000 +++ killed by SIGSEGV +++
21 1700000003.000000 +++ killed by SIGSEGV +++
10 1700000004.000000 wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV}], 0, NULL) = 20
"""


def ps(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TRACEKIT, "tasks", "--ps", *words], check=False, capture_output=True, text=True)


def fields(line: str) -> list[str]:
    return line.split(maxsplit=9)


def stable(text: str) -> list[list[str]]:
    """Return the lines without what changes from one look to the next: C, STIME's last minute, TIME."""
    rows = [fields(line) for line in text.splitlines()]
    return [[*row[:4], row[5], row[6][:2], row[7], row[9]] for row in rows]


def test_what_runs_is_shown_as_ps_shows_it() -> None:
    real = need("ps")
    command = [sys.executable, "-c", THREADED, "an argument", "with\ttabs"]
    with ending(start(command, stdin=subprocess.PIPE)) as program:
        wait_until(lambda: len(threads(program.pid)) == 3, "its threads")
        shown = subprocess.run(
            [real, "-ww", "-fL", "-p", str(program.pid)], check=True, capture_output=True, text=True
        ).stdout
        done = ps("-p", str(program.pid))
    assert done.returncode == 0, done.stderr
    assert " ".join(done.stdout.splitlines()[0].split()) == COLUMNS
    assert done.stdout.splitlines()[0] == shown.splitlines()[0]
    assert stable(done.stdout) == stable(shown)
    assert len(done.stdout.splitlines()) == 4
    assert "an argument" in done.stdout
    assert "\t" not in done.stdout


def test_the_main_thread_has_the_time_of_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As procps has it, which reads /proc/PID/stat for the main thread, and its own stat for any other."""
    for place, ticks in (("7", 500), ("7/task/7", 100), ("7/task/8", 400)):
        folder = tmp_path / place
        folder.mkdir(parents=True)
        rest = " ".join(
            ["S", "1", "7", "7", "0", "-1", *"00000", str(ticks), "0", *"00", "20", "0", "2", "0", "0"]
        )
        (folder / "stat").write_text(f"7 (x) {rest}")
    (tmp_path / "7/status").write_text("Name:\tx\nUid:\t0\t0\t0\t0\n")
    (tmp_path / "7/cmdline").write_text("x\0")
    monkeypatch.setattr("tracekit.cli.ps.PROC", tmp_path)
    monkeypatch.setattr("os.sysconf", lambda _name: 100)
    assert [(line.lwp, line.nlwp, line.time) for line in running(7)] == [
        ("7", "2", "00:00:05"),
        ("8", "2", "00:00:04"),
    ]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("+0", [("10", "10", "1")]),
        ("+1.6", [("10", "10", "1"), ("20", "20", "1")]),
        ("1700000002.6", [("10", "10", "1"), ("20", "20", "2"), ("20", "21", "2")]),
        ("end", [("10", "10", "1")]),
        (None, [("10", "10", "1"), ("20", "20", "2"), ("20", "21", "2")]),
    ],
)
def test_a_trace_is_replayed(tmp_path: Path, at: str | None, expected: list[tuple[str, str, str]]) -> None:
    trace = tmp_path / "t.strace"
    trace.write_text(TRACE)
    done = ps(str(trace), *(["--at", at] if at else []))
    assert done.returncode == 0, done.stderr
    rows = [fields(line) for line in done.stdout.splitlines()[1:]]
    assert [(row[1], row[3], row[5]) for row in rows] == expected
    assert {row[0] for row in rows if row[1] == "20"} <= {"33"}
    assert all((row[4], row[7], row[8]) == ("-", "?", "-") for row in rows)


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--at", "+9"], "does not cover +9"), (["--at", "noon"], "'noon' is no moment")],
)
def test_a_moment_that_is_none(tmp_path: Path, words: list[str], message: str) -> None:
    trace = tmp_path / "t.strace"
    trace.write_text(TRACE)
    done = ps(str(trace), *words)
    assert done.returncode == 2
    assert message in done.stderr


def test_now_is_the_only_moment_of_what_runs() -> None:
    assert "--at is a moment of a trace" in ps("--at", "end", "--name", "x").stderr


def test_times_of_the_day() -> None:
    noon = 12 * 3600 * 10**9
    assert moment_of("12:00:01.5", noon, noon + DAY // 24) == noon + 1_500_000_000
    with pytest.raises(UsageError):
        moment_of("11:59", noon, noon + DAY // 24)


def test_the_columns_of_ps() -> None:
    line = Line("long-name", "7", "1", "12345678", "0", "3", "10:00", "?", "00:00:00", "x\x1b[31m")
    head, row = listing([line]).splitlines()
    assert head.index("LWP") + 3 == row.index("12345678") + 8
    assert row.startswith("long-na+")
    assert row.endswith("x?[31m")
    assert (duration(59), duration(90061)) == ("00:00:59", "1-01:01:01")
    assert (terminal(0), terminal(0x8803), terminal(0x0401)) == ("?", "pts/3", "tty1")
    assert started(None, 5) == "-"
    assert len(started(1_700_000_000 * 10**9, (1_700_000_000 + 3 * 86400) * 10**9)) == 5
    assert started(1_700_000_000 * 10**9, 1_800_000_000 * 10**9) == "2023"

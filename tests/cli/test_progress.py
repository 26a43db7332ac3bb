"""A line that shows how far a reading is: on a terminal, when it takes long, and gone at the end."""

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.processes import ending, start, wait_until
from tests.support.requirements import need_ptrace
from tests.support.terminal import terminal as terminal_of_its_own
from tests.support.tracers import TRACEKIT
from tracekit.cli import answering, progress
from tracekit.cli.progress import Growth, Progress
from tracekit.errors import ExitCode
from tracekit.tracer.counts import Counts

BUSY = "import os, time\nwhile True: os.close(os.open('/etc/hosts', os.O_RDONLY)); time.sleep(0.001)"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal(io.StringIO):
    """A terminal in memory."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    shown = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=shown))
    monkeypatch.setattr(progress, "DELAY", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    return shown


def frames(shown: Terminal) -> str:
    return ESCAPES.sub("", shown.getvalue())


def test_bytes_lines_and_the_time_left_are_shown(terminal: Terminal) -> None:
    with Progress() as bar:
        bar.reading(25_000_000, 100_000_000, 250_000)
        bar.reading(50_000_000, 100_000_000, 500_000)
    text = frames(terminal)
    assert "reading" in text
    assert " 50%" in text
    assert "50 of 100 MB, 500,000 lines, " in text
    assert re.search(r"[\d,]+/s", text)
    assert re.search(r", 0:00 left", text)


def test_things_are_counted(terminal: Terminal) -> None:
    with Progress() as bar:
        bar.counting("grading", 0, 300, "submissions")
        bar.counting("grading", 150, 300, "submissions")
    text = frames(terminal)
    assert "grading" in text
    assert " 50%" in text
    assert re.search(r"150 of 300 submissions, 0:00 left", text)


def test_what_is_written_follows_what_is_read(terminal: Terminal) -> None:
    with Progress() as bar:
        bar.reading(100, 100, 10)
        bar.writing(3, 4)
    assert re.search(r"writing.* 75%.*3 of 4 events", frames(terminal))


def test_the_line_is_taken_away(terminal: Terminal) -> None:
    with Progress() as bar:
        bar.reading(1, 2, 1)
    assert terminal.getvalue().endswith("\x1b[1A\x1b[2K")
    assert "\x1b[?25h" in terminal.getvalue()


def test_of_a_pipe_the_end_is_not_known(terminal: Terminal) -> None:
    with Progress() as bar:
        bar.reading(5_000_000, 0, 50_000)
    text = frames(terminal)
    assert "5 MB, 50,000 lines, " in text
    assert "%" not in text
    assert "left" not in text


def test_a_file_that_grows_is_never_more_than_whole(terminal: Terminal) -> None:
    with Progress() as bar:
        bar.reading(300, 200, 1)
    assert "100%" in frames(terminal)


@pytest.mark.parametrize("case", ["quiet", "no terminal", "dumb", "soon done", "ended"])
def test_nothing_is_shown_where_it_is_not_wanted(
    terminal: Terminal, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if case == "no terminal":
        monkeypatch.setattr(terminal, "isatty", lambda: False)
    elif case == "dumb":
        monkeypatch.setenv("TERM", "dumb")
    elif case == "soon done":
        monkeypatch.setattr(progress, "DELAY", 1e6)
    with Progress(quiet=case == "quiet") as bar:
        if case == "ended":
            bar.end()
        bar.reading(1, 2, 1)
        bar.writing(1, 2)
    assert terminal.getvalue() == ""


def test_a_trace_that_is_made_shows_its_time_and_lines(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "t.strace"
    path.write_text("a\n" * 1200)
    growth = Growth(str(path))
    growth.start()
    wait_until(lambda: "tracing 0:00, 1,200 lines; Ctrl-C ends it" in terminal.getvalue(), "the line")
    with path.open("a") as file:
        file.write("b\n")
    wait_until(lambda: "1,201 lines" in terminal.getvalue(), "the next line")
    growth.stop()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_nothing_is_shown_of_a_trace_that_did_not_begin(terminal: Terminal, tmp_path: Path) -> None:
    Growth(str(tmp_path / "t")).stop()
    missing = Growth(str(tmp_path / "t"))
    missing.start()
    missing.stop()
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("command", ["files", "tasks", "scaling", "crashes", "coverage"])
def test_ctrl_c_ends_a_live_trace_and_it_is_answered(command: str) -> None:
    need_ptrace()
    busy = start([sys.executable, "-c", BUSY])
    at_once = "import sys; from tracekit.cli import main, progress; progress.DELAY = 0.01; main()"
    words = [TRACEKIT[0], "-c", at_once, command, "-p", str(busy.pid), "--format", "json"]
    with ending(busy), terminal_of_its_own() as (out, screen):
        env = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=out, env=env) as asking:
            wait_until(lambda: re.search(r"[1-9]\d* lines; Ctrl-C", screen.text), "lines of the trace")
            asking.send_signal(signal.SIGINT)
            answer = json.load(asking.stdout) if asking.stdout else {}
            assert asking.wait() in {ExitCode.ANSWERED, ExitCode.UNDETERMINED}
        assert busy.poll() is None
    assert answer["schema"] == f"tracekit.{command}/1"
    assert answer["trace"]["calls"] > 0
    assert "attached to 1 task; Ctrl-C ends the trace" in screen.text
    assert screen.text.rstrip().endswith("this trace is not kept; -o FILE keeps one")


@pytest.mark.parametrize("command", ["parse", "files"])
def test_a_command_shows_it_on_standard_error_alone(tmp_path: Path, command: str) -> None:
    path = tmp_path / "t.strace"
    line = '7 1700000000.000001 openat(AT_FDCWD, "/etc/hosts", O_RDONLY) = 3\n'
    path.write_text(line * 20_000)
    at_once = "import sys; from tracekit.cli import main, progress; progress.DELAY = 0; main()"
    with terminal_of_its_own() as (out, screen):
        done = subprocess.run(
            [TRACEKIT[0], "-c", at_once, command, str(path)],
            stdout=subprocess.PIPE,
            stderr=out,
            check=True,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        )
    text = ESCAPES.sub("", screen.text)
    assert "reading" in text
    assert " lines, " in text
    assert b"\x1b" not in done.stdout
    assert b"reading" not in done.stdout


@pytest.mark.parametrize(("duration", "said"), [(0.0, True), (3600.0, False), (None, False)])
def test_a_program_that_outlives_its_trace_is_said_to_be_waited_for(
    capsys: pytest.CaptureFixture[str], *, duration: float | None, said: bool
) -> None:
    answering._teller(None, duration)(Counts())
    assert ("the answer comes once the program has ended" in capsys.readouterr().err) == said

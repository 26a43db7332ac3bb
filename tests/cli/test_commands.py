"""What holds for every command: help, usage errors, exit codes, and that no traceback is shown."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.tracers import TRACEKIT
from tracekit import cli as command_line
from tracekit.cli.commands import cli
from tracekit.errors import ExitCode, UsageError

COMMANDS = [
    "run",
    "attach",
    "docroot",
    "files",
    "dispatch",
    "mpm",
    "tasks",
    "scaling",
    "crashes",
    "security",
    "summary",
    "coverage",
    "parse",
    "serve",
    "conn",
    "lab",
    "demo",
    "doctor",
    "strace",
]


def tracekit(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TRACEKIT, *words], check=False, capture_output=True, text=True, timeout=60)


def test_the_help_leads_a_newcomer_to_the_first_answer() -> None:
    done = tracekit("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert f"\n  {command}" in done.stdout
    for step in ("tracekit demo", "attach --follow-threads --name apache2 -o", "tracekit docroot t.strace"):
        assert step in done.stdout


def test_no_line_of_the_help_is_cut() -> None:
    """Click cuts the short help of a command at the width of the help, and writes ``...``."""
    lines = tracekit("--help").stdout.partition("Commands:")[2].splitlines()
    assert [line.split()[0] for line in lines if line] == COMMANDS
    assert not [line for line in lines if line.endswith("...")]


@pytest.mark.parametrize("command", ["attach", "docroot", "run"])
def test_options_stand_under_headings(command: str) -> None:
    text = tracekit(command, "--help").stdout
    assert "\nWhat to write:\n" in text
    assert "\n  -p, --pid PID,... " in text or command == "run"
    assert "RANGE" not in text


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "serve"])
def test_every_command_has_help(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith("Usage: ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing"], "No such command 'nothing' (commands are run, attach, docroot, files"),
        (["docrot"], "(did you mean docroot?)"),
        ([__file__], f"(name an answer first: tracekit docroot {__file__})"),
        (
            ["--format", "json", "docroot"],
            "(options stand behind the command: tracekit docroot --format ...)",
        ),
        (["attach", "apache2"], "(choose processes by -p PID, --name apache2 or --port N)"),
        (["attach", "1234"], "(give a process as -p 1234)"),
        (["attach", "-ff", "-o", "|cat", "-p", "1"], "piping the output and -ff"),
        (["run"], "(for example: tracekit run -f -o t.strace -- ls -l)"),
        (["run", "-k", "ls"], "No such option '-k'"),
        (["run", "-s", "x", "ls"], "invalid -s argument: 'x'"),
        (["run", "-w", "ls"], "-w/--summary-wall-clock must be given with"),
        (["run", "-y", "--decode-fds=path", "ls"], "cannot be provided simultaneously"),
        (["files", "ls", "-l"], "(a program to start, and its options, stand behind --)"),
        (["files", "true"], "true does not exist (to start that program: tracekit files -- true)"),
        (["files", "t", "-p", "1"], "t is a trace to read, but something to trace was given, too"),
        (["files", "t", "-o", "u"], "t is a trace to read, but something to trace was given, too"),
        (["files", "t", "--", "true"], "t is a trace to read, but something to trace was given, too"),
        (["docroot", "--format", "xml", "t"], "Invalid value for '--format'"),
        (["docroot"], "tracekit docroot needs something to look at"),
        (["docroot", "-p", "1", "--", "true"], "true is a program to start, but running processes to trace"),
        (["attach"], "no process was chosen"),
        (["attach", "-p", "1", "--duration", "nan"], "--duration takes a number of seconds"),
        (["attach", "-p", "x"], "Invalid process id: 'x'"),
        (["attach", "-p", "1,,2"], "Invalid process id: ''"),
        (["attach", "-p", "999999999 999999998,"], "there is no process 999999999"),
        (["run", "--", "no-such-program-here"], "no program 'no-such-program-here' in PATH"),
        (["run", "--", "/"], "/ is no program (give the path of an executable file)"),
        (["run", "-e", "trace=opne", "--", "true"], "open"),
        (["run", "-e", "inject=open", "--", "true"], "invalid inject argument 'open'"),
        (["run", "--for", "dorcoot", "--", "true"], "there is no answer called 'dorcoot'"),
        (["run", "--for", "", "--", "true"], "there is no answer called ''"),
        (["run", "-o", "/no/such/folder/t", "--", "true"], "cannot write /no/such/folder/t"),
    ],
)
def test_mistakes_are_told_in_one_line_with_exit_code_2(
    words: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tracekit", *words])
    with pytest.raises(SystemExit) as end:
        command_line.main()
    assert end.value.code == ExitCode.USAGE
    out, err = capsys.readouterr()
    assert not out
    assert message in err
    assert err.startswith("tracekit: ")
    assert err.count("\n") == 1


def fail(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            UsageError("no \x1b[31mfile\nhere", "try another"),
            2,
            "tracekit: no \\x1b[31mfile\\x0ahere (try another)\n",
        ),
        (
            ZeroDivisionError("x"),
            70,
            "tracekit: a bug of tracekit: ZeroDivisionError: x (TRACEKIT_DEBUG=1 shows where)\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_failures_become_one_line(
    error: Exception,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli, "main", lambda **_: fail(error))
    monkeypatch.delenv("TRACEKIT_DEBUG", raising=False)
    with pytest.raises(SystemExit) as end:
        command_line.main()
    assert end.value.code == code
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("reader", ["true", "head -1"])
def test_a_reader_that_has_gone_is_no_failure(reader: str, tmp_path: Path) -> None:
    lines = "".join(f'1  1.{n:06} openat(AT_FDCWD, "/f{n}", O_RDONLY) = 3\n' for n in range(2_000))
    (tmp_path / "t.strace").write_text(lines)
    command = f"'{sys.executable}' -m tracekit files '{tmp_path}/t.strace' | {reader}"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0
    assert not done.stderr

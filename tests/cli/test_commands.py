"""What holds for every command: help, usage errors, exit codes, and that no traceback is shown."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.tracers import TRACEKIT
from tracekit import cli as command_line
from tracekit.cli import cli
from tracekit.errors import ExitCode, UsageError

COMMANDS = ["run", "attach", "docroot", "files", "dispatch", "serve", "demo"]


def tracekit(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TRACEKIT, *words], check=False, capture_output=True, text=True, timeout=60)


def test_the_help_leads_a_newcomer_to_the_first_answer() -> None:
    done = tracekit("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert f"\n  {command}" in done.stdout
    for step in ("tracekit demo", "attach --follow-threads --name apache2 -o", "tracekit docroot t.strace"):
        assert step in done.stdout


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "serve"])
def test_every_command_has_help(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith("Usage: ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing"], "No such command 'nothing'"),
        (["docroot", "--format", "xml", "t"], "Invalid value for '--format'"),
        (["docroot"], "tracekit docroot needs something to look at"),
        (["attach"], "no process was chosen"),
        (["attach", "-p", "x"], "Invalid value for '-p'"),
        (["run", "--", "no-such-program-here"], "no program 'no-such-program-here' in PATH"),
        (["run", "-e", "trace=opne", "--", "true"], "open"),
        (["run", "-e", "inject=open", "--", "true"], "-e inject= is not known"),
        (["run", "--for", "dorcoot", "--", "true"], "there is no answer called 'dorcoot'"),
        (["run", "-o", "/no/such/folder/t", "--", "true"], "cannot write /no/such/folder/t"),
    ],
)
def test_mistakes_are_told_with_exit_code_2(words: list[str], message: str) -> None:
    done = tracekit(*words)
    assert done.returncode == ExitCode.USAGE
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout


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


def test_a_reader_that_has_gone_is_no_failure(tmp_path: Path) -> None:
    lines = "".join(f'1  1.{n:06} openat(AT_FDCWD, "/f{n}", O_RDONLY) = 3\n' for n in range(20_000))
    (tmp_path / "t.strace").write_text(lines)
    command = f"'{sys.executable}' -m tracekit files '{tmp_path}/t.strace' | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert not done.stderr

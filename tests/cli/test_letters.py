"""strace's options on ``tracekit run`` and ``tracekit attach``: each its own, and none warned of unasked."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.support.requirements import need_ptrace
from tracekit.cli.commands import cli


def command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


def run(folder: Path, *words: str) -> tuple[int, str, str]:
    """The exit status of ``tracekit run``, what it wrote, and what it said beside its account."""
    need_ptrace()
    tracekit = [sys.executable, "-m", "tracekit", "run", *words]
    out = folder / "t"
    done = subprocess.run(
        [*tracekit, "-o", str(out), "--plain", "--", "true"], check=False, capture_output=True, text=True
    )
    said = [line for line in done.stderr.splitlines() if " events, " not in line and " event, " not in line]
    return done.returncode, out.read_text(), "\n".join(said)


@pytest.mark.parametrize("name", ["run", "attach"])
def test_no_option_is_taken_for_another(name: str) -> None:
    names = [parameter.name for parameter in command(name).params]
    assert len(set(names)) == len(names)


def test_a_summary_alone_warns_of_no_default(tmp_path: Path) -> None:
    status, text, said = run(tmp_path, "-c", "-e", "trace=execve", "-U", "calls,name")
    assert (status, said) == (0, "")
    assert text.splitlines()[2:3] == ["        1 execve"]


def test_what_makes_no_sense_with_a_summary_is_told(tmp_path: Path) -> None:
    _, _, said = run(tmp_path, "-c", "-i")
    assert said == "tracekit: -i/--instruction-pointer has no effect with -c/--summary-only"


def test_a_summary_beside_lines(tmp_path: Path) -> None:
    status, text, _ = run(tmp_path, "-C", "-e", "trace=execve", "-U", "name,calls")
    assert status == 0
    assert " execve(" in text.splitlines()[0]
    assert text.splitlines()[-1].split() == ["total", "1"]


def test_the_environment_is_no_expression(tmp_path: Path) -> None:
    status, text, said = run(tmp_path, "-E", "trace=none", "-e", "trace=execve")
    assert (status, said) == (0, "")
    assert text.count("execve(") == 1

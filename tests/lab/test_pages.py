"""What the lab's pages and its jobs for a CI say is so: commands, options, points, exit codes."""

import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest

from tests.support.requirements import need
from tracekit.cli.commands import cli
from tracekit.errors import ExitCode
from tracekit.lab import exercise as exercises

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "lab.md"
CI = ROOT / "docs" / "lab" / "ci"
FILES = (PAGE, *sorted(CI.iterdir()))
COMMAND = re.compile(r"tracekit ((?:lab|attach|conn|serve|doctor)\b[^\n`]*)")


def commands(text: str) -> list[list[str]]:
    """Return the words of each command of ours in a text, what is explained behind it aside."""
    joined = re.sub(r"\\\n\s*", "", text)
    found = (re.split(r"\s{2,}|[;:|)]|\s#", found)[0] for found in COMMAND.findall(joined))
    return [shlex.split(line.replace("'", "")) for line in found]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_command_and_option_is_there(path: Path) -> None:
    found = commands(path.read_text())
    assert found
    for words in found:
        command: click.Command = cli
        context = click.Context(cli)
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            inner = command.get_command(context, words.pop(0))
            assert inner, (path, words)
            command = inner
        known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}
        given = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert given <= known, (path, words)


def test_the_page_has_every_exercise_with_its_points() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE.read_text(), re.MULTILINE))
    assert rows == {one.name: f"{one.points:g}" for one in exercises.everything()}


def test_the_page_has_the_exit_codes() -> None:
    rows = re.findall(r"^\| (\d+) \| \S", PAGE.read_text(), re.MULTILINE)
    codes = (ExitCode.ANSWERED, ExitCode.CHECK_FAILED, ExitCode.USAGE, ExitCode.UNREADABLE, ExitCode.BUG)
    assert rows == [str(int(code)) for code in codes]


@pytest.mark.parametrize("name", ["github.yml", "gitlab.yml"])
def test_jobs_are_indented_as_yaml_is_and_keep_the_secret_from_students(name: str) -> None:
    text = (CI / name).read_text()
    assert "\t" not in text
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for before, line in zip(["", *lines], lines, strict=False):
        depth, above = (len(one) - len(one.lstrip(" -")) for one in (line, before))
        assert depth % 2 == 0, line
        assert depth <= above or before.rstrip().endswith((":", "|")) or depth == above + 2, line
    check = text[text.index("\n  check:") if "\n  check:" in text else text.index("\ncheck:") :]
    check = check[: check.index("grade:")]
    assert "tracekit lab check" in check
    assert "secrets." not in check
    assert '$TRACEKIT_LAB_SECRET"' not in check


def test_the_script_is_one_that_a_plain_shell_understands() -> None:
    script = CI / "grade.sh"
    assert script.stat().st_mode & 0o111
    subprocess.run([need("sh"), "-n", script], check=True)

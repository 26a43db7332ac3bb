"""Hostile files: nothing but a small regular file in UTF-8 is read, and nothing blocks or grows."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tracekit.lab.answers import Answers, read_answers
from tracekit.lab.exercise import Exercise


def _link(path: Path) -> None:
    other = path.with_name("elsewhere")
    other.write_text("main = 4711\n")
    path.symlink_to(other)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        before = Path.cwd()
        os.chdir(path.parent)  # a socket's path may have no more than 108 characters
        server.bind(path.name)
        os.chdir(before)


def _large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(50 << 20)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_link, "is a symbolic link"),
        (lambda path: path.symlink_to("/dev/zero"), "is a symbolic link"),
        (lambda path: path.symlink_to(path), "is a symbolic link"),
        (os.mkfifo, "is no regular file"),
        (Path.mkdir, "is no regular file"),
        (_socket, "is no regular file"),
        (_large, "is too large"),
        (lambda path: path.write_bytes(b"#" * (64 * 1024 + 1)), "is too large"),
        (lambda path: path.write_bytes(b"main = 1\n\xff"), "the byte 0xff is no UTF-8"),
        (lambda path: path.write_bytes("main = 1".encode("utf-16")), "is saved as UTF-16"),
        (lambda path: path.write_bytes(b"main = 1\nroot = '\0'\n"), "a control character stands here"),
        (lambda path: path.write_text("x=" + "[" * 60_000), "brackets stand in one another too deeply"),
        (lambda path: path.write_text("x" + ".x" * 30_000 + "=1"), "has more than 100 dots"),
        (lambda path: path.write_text("main=" + "1" * 60_000), "a number is beyond every limit"),
        (lambda path: path.write_text("main=1\nmain=2\n"), "was given before; give each once"),
        (lambda path: path.write_text("x='''"), "a quote is not closed"),
    ],
)
def test_refused(tmp_path: Path, exercise: Exercise, make: Callable[[Path], object], says: str) -> None:
    """It is refused with a reason, and what it leads to is not read."""
    make(tmp_path / "answers.toml")
    answers = read_answers(tmp_path, exercise)
    assert answers.main in (None, 1)
    assert len(answers.problems) == 1
    assert says in answers.problems[0].message


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("[" * 60_000, 1, 65),
        ('{"a": 1,\n "a": 2}', 2, 2),
        ('{"a": 1,\n "\\u0061": 2}', 1, 1),
        ('{"a": NaN}', 1, 7),
        ('{"a": ' + "9" * 5000 + "}", 1, 7),
        ("[1]", 1, 1),
        ('{"a": 1', 1, 8),
        ('{"a": "\n"}', 1, 8),
        ("", 1, 1),
    ],
)
def test_refused_json(tmp_path: Path, exercise: Exercise, text: str, line: int, column: int) -> None:
    """JSON that breaks its rules or is beyond the limits is refused with the place."""
    (tmp_path / "answers.json").write_text(text)
    problems = read_answers(tmp_path, exercise).problems
    assert [(one.file, one.line, one.column) for one in problems] == [("answers.json", line, column)]


def test_place_of_bad_bytes(tmp_path: Path, exercise: Exercise) -> None:
    """The column counts characters, and not the byte order mark."""
    (tmp_path / "answers.toml").write_bytes("\ufeffmain = 1\n# ä".encode() + b"\xfc")
    problems = read_answers(tmp_path, exercise).problems
    assert [(one.line, one.column) for one in problems] == [(2, 4)]


def test_largest(tmp_path: Path, exercise: Exercise) -> None:
    """A file of exactly the limit is read."""
    (tmp_path / "answers.toml").write_bytes(b"main = 5\n".ljust(64 * 1024, b"#"))
    assert read_answers(tmp_path, exercise).main == 5


def test_folder_behind_a_link(tmp_path: Path, exercise: Exercise) -> None:
    """The folder of another student is not read through a link."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "answers.toml").write_text("main = 4711\n")
    (tmp_path / "mine").symlink_to(other)
    answers = read_answers(tmp_path / "mine", exercise)
    assert answers.main is None
    assert answers.problems


def test_two_files(tmp_path: Path, exercise: Exercise) -> None:
    """With two files it is not clear which counts."""
    (tmp_path / "answers.toml").write_text("main = 1\n")
    (tmp_path / "answers.json").write_text('{"main": 2}')
    answers = read_answers(tmp_path, exercise)
    assert answers.main is None
    assert "keep one of them" in str(answers.problems[0])


@pytest.mark.parametrize("name", ["Answers.toml", "answer.toml", "answers.toml.txt", "answers.tml"])
def test_misnamed(tmp_path: Path, exercise: Exercise, name: str) -> None:
    """A file with nearly the right name is pointed at."""
    (tmp_path / name).write_text("main = 1\n")
    problems = read_answers(tmp_path, exercise).problems
    assert (
        str(problems[0]) == f"answers.toml: there is no answers.toml; '{name}' has to be called answers.toml"
    )


def test_nothing_there(tmp_path: Path, exercise: Exercise) -> None:
    """Without a file nothing is answered."""
    answers: Answers = read_answers(tmp_path, exercise, ("/a",))
    assert str(answers.problems[0]) == "answers.toml: there is no answers.toml"
    assert answers.requests["/a"].pid is None

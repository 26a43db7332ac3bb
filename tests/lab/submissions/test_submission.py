"""variant.toml: believed as it was given out, and refused in a friendly way otherwise."""

import os
from pathlib import Path

import pytest

from tracekit.errors import ExitCode, UsageError
from tracekit.lab.seeds import Secret
from tracekit.lab.submissions import BadSubmissionError, Submission, course_name, student_id

SECRET = Secret(b"a secret of the course")
GIVEN = Submission(Path(), "ann@x.edu", 'Betriebssysteme ä "1" | 2', "offline", ("docroot", "mpm"))


def put(folder: Path, content: bytes) -> Path:
    (folder / "variant.toml").write_bytes(content)
    return folder


def text(**changes: str) -> bytes:
    """Return a variant.toml with other values, as TOML; ``None`` leaves a field out."""
    lines = dict(line.split(" = ") for line in GIVEN.text(SECRET).splitlines()[1:])
    return "".join(f"{name} = {value}\n" for name, value in {**lines, **changes}.items() if value).encode()


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = Submission.open(put(tmp_path, GIVEN.text(SECRET).encode()), SECRET)
    assert (found.signed, found.server) == (GIVEN.signed, "")
    assert found.folder_of("mpm") == tmp_path.resolve() / "mpm"


def test_windows_line_ends_and_a_byte_order_mark_are_fine(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + GIVEN.text(SECRET).encode().replace(b"\n", b"\r\n")
    assert Submission.open(put(tmp_path, content), SECRET).student == GIVEN.student


@pytest.mark.parametrize(
    "change",
    [{"student": '"ben"'}, {"course": '"x"'}, {"exercises": '["docroot"]'}, {"tag": '"00"'}, {"tag": '"ü"'}],
)
def test_a_change_is_noticed_with_the_secret_alone(tmp_path: Path, change: dict[str, str]) -> None:
    folder = put(tmp_path, text(**change))
    with pytest.raises(BadSubmissionError, match="was changed or is another course's"):
        Submission.open(folder, SECRET)
    assert Submission.open(folder, None)


def test_who_grades_without_a_secret_is_told_that_one_is_missing(tmp_path: Path) -> None:
    with pytest.raises(BadSubmissionError) as caught:
        Submission.open(put(tmp_path, text()), Secret(b"known to everybody", practice=True))
    assert "--secret-file" in caught.value.hint


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"schema = ",
        b"a" * 5000,
        b"x=" + b"[" * 2000,
        text(student="3"),
        text(student='".."'),
        text(student='"-rf"'),
        text(student='"a/b"'),
        text(student='"a\\nb"'),
        text(course='""'),
        text(course='"a\\u001b[2J"'),
        text(exercises='"docroot"'),
        text(exercises="[]"),
        text(exercises="[3, []]"),
        text(exercises='["docroot", "docroot"]'),
        text(exercises='["../x"]'),
        text(schema="2"),
        text(schema="true"),
        text(form='"both"'),
        text(form='"live"'),
        text(server='"apache2"'),
        text(tag=""),
        text(key='"1"'),
    ],
)
def test_what_is_not_as_it_has_to_be_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadSubmissionError) as refused:
        Submission.open(put(tmp_path, content), None)
    assert refused.value.exit_code == ExitCode.UNREADABLE
    assert refused.value.hint
    assert refused.value.message.isprintable()


def test_no_file_a_link_a_pipe_and_a_large_one_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "variant.toml"
    with pytest.raises(BadSubmissionError, match="cannot be read"):
        Submission.open(tmp_path, None)
    (tmp_path / "other").write_bytes(GIVEN.text(SECRET).encode())
    path.symlink_to("other")
    with pytest.raises(BadSubmissionError, match="symbolic link"):
        Submission.open(tmp_path, None)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(BadSubmissionError, match="no regular file"):
        Submission.open(tmp_path, None)
    path.unlink()
    with path.open("wb") as file:
        file.truncate(50 << 20)
    with pytest.raises(BadSubmissionError, match="too large"):
        Submission.open(tmp_path, None)


def test_exercises_are_added_in_the_order_of_the_lab() -> None:
    assert GIVEN.having(["tree", "mpm"]).exercises == ("tree", "docroot", "mpm")


@pytest.mark.parametrize("wrong", ["", ".", "..", "-a", ".a", "a b", "a/b", "ä", "a" * 65, "a\n"])
def test_no_student_is_called_so(wrong: str) -> None:
    with pytest.raises(UsageError, match="no student's id"):
        student_id(wrong)


@pytest.mark.parametrize("right", ["a", "A.b-c_d@e.f", "1" * 64])
def test_a_student_may_be_called_so(right: str) -> None:
    assert student_id(right) == right


@pytest.mark.parametrize("wrong", ["", "a\nb", "\x1b", "a" * 101])
def test_no_course_is_called_so(wrong: str) -> None:
    with pytest.raises(UsageError, match="no course's name"):
        course_name(wrong)

"""The trace that a student made: lines by number, whatever lies there."""

import os
from pathlib import Path

import pytest

from tracekit.errors import UsageError
from tracekit.lab import traces
from tracekit.lab.submissions import files
from tracekit.lab.submissions.files import BadSubmissionError
from tracekit.lab.traces import StudentTrace


def made(folder: Path, content: bytes) -> StudentTrace:
    path = folder / "trace.strace"
    path.write_bytes(content)
    return StudentTrace(path)


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 128, 200])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_is_had_by_its_number(tmp_path: Path, count: int, end: bytes) -> None:
    lines = [f"line {number}" for number in range(count)]
    trace = made(tmp_path, "\n".join(lines).encode() + (end if count else b""))
    assert list(trace.lines()) == lines
    assert len(trace) == count
    assert [trace.line(number) for number in range(1, count + 1)] == lines


@pytest.mark.parametrize("number", [-1, 0, 3])
def test_a_line_that_is_not_there(tmp_path: Path, number: int) -> None:
    with pytest.raises(UsageError, match="no line"):
        made(tmp_path, b"a\nb\n").line(number)


def test_what_is_no_text_is_read_all_the_same(tmp_path: Path) -> None:
    trace = made(tmp_path, b"a\xff\r\n\0\nc")
    assert list(trace.lines()) == ["a\ufffd", "\0", "c"]


def test_the_rest_of_an_endless_line_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "LONGEST", 4)
    trace = made(tmp_path, b"123456789\nnext\n")
    assert list(trace.lines()) == ["1234", "next"]
    assert trace.line(2) == "next"


def test_a_line_across_blocks_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "BLOCK", 3)
    assert list(made(tmp_path, b"12345\n6\n\n7890").lines()) == ["12345", "6", "", "7890"]


def test_a_link_a_pipe_a_folder_and_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("x")
    (tmp_path / "behind").symlink_to("folder")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "folder", "behind/file", "missing", "missing/file", "file/file", "a\0b"):
        with pytest.raises(BadSubmissionError):
            StudentTrace(tmp_path / name)
    assert StudentTrace(tmp_path / "folder" / "file").line(1) == "x"


def test_a_trace_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(traces.LARGEST + 1)
    with pytest.raises(BadSubmissionError, match="too large"):
        StudentTrace(tmp_path / "large")


def test_the_size_of_what_is_read_at_once_has_a_limit(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert files.read(tmp_path / "file", 5) == b"12345"
    with pytest.raises(BadSubmissionError, match="too large: 4 bytes"):
        files.read(tmp_path / "file", 4)

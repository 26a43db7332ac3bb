"""The text around calls, compared with lines that strace prints."""

import json
import os
import stat
from pathlib import Path

import pytest

from tracekit.tracer.writer import Layout, UnwritableError, Writer

SECOND = 1_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.strace"


def test_a_call_is_one_line_with_its_return_in_column_40(path: Path) -> None:
    writer = Writer(str(path), Layout(tids=False))
    writer.begin(7, 1795415240 * SECOND + 944_935_999, "close(3")
    writer.finish(7, 0, "close", (")", "0"), 4_999)
    writer.close()
    assert path.read_text() == "1795415240.944935 close(3)              = 0 <0.000004>\n"


def test_a_long_call_keeps_one_space_before_its_return(path: Path) -> None:
    writer = Writer(str(path), Layout(durations=None))
    writer.begin(4072, SECOND, 'read(11, "a"')
    writer.finish(4072, SECOND, "read", (', "GET / HTTP/1.1"..., 8000)', "78"), 1)
    writer.close()
    assert path.read_text() == '4072  1.000000 read(11, "a", "GET / HTTP/1.1"..., 8000) = 78\n'


def test_another_task_splits_a_call(path: Path) -> None:
    writer = Writer(str(path), Layout(durations=None, return_column=0))
    writer.begin(1, SECOND, "read(3, ")
    writer.begin(2, SECOND, "getpid(")
    writer.finish(2, SECOND, "getpid", (")", "2"), 1)
    writer.finish(1, SECOND, "read", ('"x", 1)', "1"), 1)
    writer.close()
    assert path.read_text().splitlines() == [
        "1     1.000000 read(3,  <unfinished ...>",
        "2     1.000000 getpid() = 2",
        '1     1.000000 <... read resumed>"x", 1) = 1',
    ]


def test_an_event_splits_a_call_and_a_detach_closes_it(path: Path) -> None:
    writer = Writer(str(path), Layout())
    writer.begin(1, SECOND, "pause(")
    writer.event(1, SECOND, "--- SIGTERM {} ---")
    writer.begin(1, SECOND, "read(0, ")
    writer.leave_unfinished(2, "detached")
    writer.leave_unfinished(1, "detached")
    writer.close()
    assert path.read_text().splitlines() == [
        "1     1.000000 pause( <unfinished ...>",
        "1     1.000000 --- SIGTERM {} ---",
        "1     1.000000 read(0,  <detached ...>",
    ]


def test_header_lines_wait_for_the_line_to_end_and_hold_any_name(path: Path) -> None:
    writer = Writer(str(path), Layout(durations=None, return_column=0))
    name = 'a\n1 1.0 read(3) = 0 "\x1b[31m\udcff'
    writer.begin(1, SECOND, "clone(")
    writer.header("task", {"tid": 2, "comm": name})
    writer.finish(1, SECOND, "clone", (")", "2"), 1)
    writer.close()
    call, header = path.read_text().splitlines()
    assert call == "1     1.000000 clone() = 2"
    assert header.startswith("# tracekit task {")
    assert header.isascii()
    assert json.loads(header.removeprefix("# tracekit task ")) == {"tid": 2, "comm": name}


def test_plain_leaves_header_lines_out(path: Path) -> None:
    writer = Writer(str(path), Layout(headers=False))
    writer.header("task", {"tid": 2})
    writer.close()
    assert not path.read_text()


def test_a_trace_file_is_private_even_when_it_was_there_before(path: Path) -> None:
    path.write_text("old")
    path.chmod(0o644)
    Writer(str(path), Layout()).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.read_text()


def test_a_pipe_or_device_that_is_written_to_keeps_its_mode(path: Path) -> None:
    os.mkfifo(path)
    path.chmod(0o644)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer = Writer(str(path), Layout())
    writer.event(1, SECOND, "x")
    writer.close()
    assert os.read(reader, 100) == b"1     1.000000 x\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    os.close(reader)


def test_a_file_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UnwritableError, match="No such file or directory"):
        Writer(str(tmp_path / "absent" / "t"), Layout())


def test_a_full_disk_is_reported_once_and_then_passed_over() -> None:
    writer = Writer("/dev/full", Layout())
    writer.event(1, SECOND, "x")
    with pytest.raises(UnwritableError, match="No space left"):
        writer.flush()
    writer.event(1, SECOND, "y")
    writer.close()

"""The text around calls, compared with lines that strace prints."""

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tracekit.tracer.options.filters import Members
from tracekit.tracer.text.writer import Layout, UnwritableError, Writer

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


QUIET = Layout(tids=False, stamp=None, durations=None, return_column=0, headers=False)


def test_what_is_appended_stands_behind_what_was_there_and_is_private(path: Path) -> None:
    path.write_text("old\n")
    writer = Writer(str(path), replace(QUIET, append=True))
    writer.event(1, 0, "new")
    writer.close()
    assert path.read_text() == "old\nnew\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("mark", ["|", "!"])
def test_a_program_reads_the_trace_and_is_waited_for(path: Path, mark: str) -> None:
    writer = Writer(f"{mark}cat > {path}; echo end >> {path}", QUIET)
    assert writer.live
    assert writer.reader
    writer.event(1, 0, "x")
    writer.close()
    assert path.read_text() == "x\nend\n"


def test_a_reader_that_has_gone_is_reported(path: Path) -> None:
    gone = path.with_name("gone")
    os.mkfifo(gone)
    writer = Writer(f"|exec <&-; echo > {gone}", QUIET)
    with gone.open():  # until it has closed its end
        pass
    with pytest.raises(UnwritableError, match="Broken pipe"):
        writer.event(1, 0, "x")
    writer.close()


def test_each_task_has_a_file_of_its_own(path: Path) -> None:
    writer = Writer(str(path), replace(QUIET, separate=True))
    writer.attach(1)
    writer.attach(2)
    writer.begin(1, 0, "read(3, ")
    writer.begin(2, 0, "getpid(")
    writer.finish(2, 0, "getpid", (")", "2"), None)
    writer.finish(1, 0, "read", ('"x", 1)', "1"), None)
    writer.drop(2)
    writer.begin(1, 0, "pause(")
    writer.close()
    assert not path.exists()
    assert Path(f"{path}.1").read_text() == 'read(3, "x", 1) = 1\npause( <unfinished ...>\n'
    assert Path(f"{path}.2").read_text() == "getpid() = 2\n"
    assert stat.S_IMODE(Path(f"{path}.1").stat().st_mode) == 0o600


def test_header_lines_stand_in_the_files_that_they_are_about(path: Path) -> None:
    writer = Writer(str(path), replace(QUIET, separate=True, headers=True))
    writer.header("trace", {"tracekit": "1"})
    writer.attach(1)
    writer.header("task", {"tid": 1})
    writer.attach(2)
    writer.close()
    trace, task = (f"# tracekit {one}\n" for one in ('trace {"tracekit":"1"}', 'task {"tid":1}'))
    assert Path(f"{path}.1").read_text() == trace + task
    assert Path(f"{path}.2").read_text() == trace


@pytest.mark.parametrize("outcome", ["failed", "successful", "unfinished", "unavailable"])
def test_calls_are_written_by_how_they_end_and_in_one_piece(path: Path, outcome: str) -> None:
    writer = Writer(str(path), QUIET, Members(frozenset({outcome})))
    writer.begin(1, 0, "read(1, ")
    writer.begin(2, 0, "close(2")
    writer.finish(1, 0, "read", ("...)", "1"), None, outcome=outcome)
    other = "failed" if outcome == "successful" else "successful"
    writer.finish(2, 0, "close", (")", "2"), None, outcome=other)
    writer.close()
    assert path.read_text() == "read(1, ...) = 1\n"


@pytest.mark.parametrize(("status", "text"), [("detached", "read(0,  <detached ...>\n"), ("failed", "")])
def test_a_call_that_is_let_go_of_is_an_end_too(path: Path, status: str, text: str) -> None:
    writer = Writer(str(path), QUIET, Members(frozenset({status})))
    writer.begin(1, 0, "read(0, ")
    writer.leave_unfinished(1, "detached")
    writer.close()
    assert path.read_text() == text


@pytest.mark.parametrize("separate", [True, False])
def test_a_thread_that_calls_execve_goes_on_as_its_leader(path: Path, separate: bool) -> None:
    writer = Writer(str(path), replace(QUIET, separate=separate))
    writer.attach(1)
    writer.attach(2)
    writer.begin(1, 0, "pause(")
    writer.begin(2, 0, 'execve("/a"')
    writer.supersede(2, 1)
    writer.event(1, 0, "+++ superseded +++")
    writer.finish(1, 0, "execve", (")", "0"), None)
    writer.close()
    thread = 'execve("/a" <pid changed to 1 ...>\n'
    leader = "pause( <unfinished ...>\n"
    end = "+++ superseded +++\n<... execve resumed>) = 0\n"
    if separate:
        assert Path(f"{path}.1").read_text() == leader + end
        assert Path(f"{path}.2").read_text() == thread
    else:
        assert path.read_text() == leader + thread + end


def test_a_dump_stands_behind_its_call(path: Path) -> None:
    writer = Writer(str(path), QUIET)
    writer.begin(1, 0, "read(0, ")
    writer.finish(1, 0, "read", ('"x", 1)', "1"), None, dump=" | 00000  78\n")
    writer.close()
    assert path.read_text() == 'read(0, "x", 1) = 1\n | 00000  78\n'

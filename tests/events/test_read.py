"""Traces from files of every kind; what is no trace is refused with a hint."""

import gzip
import io
import lzma
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import zstandard

import tracekit
from tracekit.errors import ExitCode, UnreadableError
from tracekit.events import Row, Trace, batches, logs, read_trace, sources
from tracekit.events.schema import DERIVED, STORED, UNPARSED

LOG = (
    "7  12:00:00.000001 accept4(3<TCP:[::]>, NULL, NULL, 0) = 9<TCP:[10.0.0.1:80->10.0.0.2:4]> <0.0001>\n"
    '7  12:00:01.000000 read(9<TCP:[10.0.0.1:80->10.0.0.2:4]>, "GET / HT"..., 8000) = 78\n'
    '7  12:00:02.000000 openat(AT_FDCWD</srv>, "www/index.html", O_RDONLY) = -1 ENOENT (No such file)\n'
    "7  12:00:03.000000 close(9 <unfinished ...>\n"
    "what is this\n"
    "7  12:00:04.000000 +++ killed by SIGKILL +++\n"
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.write_text(LOG)
    return path


def same(one: Trace, other: Trace) -> bool:
    left, right = one.events.drop(columns="file"), other.events.drop(columns="file")
    return left.equals(right)


def test_what_a_trace_holds(log: Path) -> None:
    trace = tracekit.read_trace(log)
    assert (trace.files, trace.lines, trace.calls) == ([str(log)], 6, 4)
    assert (trace.incomplete, trace.in_progress) == (0, 1)
    assert trace.layout == "pid, -t"
    assert list(trace.events.dtypes.astype(str)) == [column.dtype for column in STORED]
    assert list(trace.events.columns) == [column.name for column in STORED] == list(Row._fields)
    assert list(trace.unparsed.columns) == [column.name for column in UNPARSED]
    assert trace.unparsed.iloc[0].to_dict() | {"hint": ""} == {
        "file": str(log), "line": 5, "column": 1, "text": "what is this", "hint": "",
    }  # fmt: skip
    assert trace.summary()["unparsed"] == 1
    assert any("could not be read" in warning for warning in trace.warnings)
    assert not any("half" in warning for warning in trace.warnings)


def test_a_lost_half_is_told_and_a_call_that_waits_is_not(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(
        "7 <... read resumed>) = 0\n7 read(3 <unfinished ...>\n8 read(3 <unfinished ...>\n8 close(3) = 0\n"
    )
    trace = read_trace(path)
    assert (trace.incomplete, trace.in_progress) == (2, 1)
    assert any(warning.startswith("2 calls are incomplete") for warning in trace.warnings)


def test_rows_have_none_for_what_is_missing(log: Path) -> None:
    rows = list(read_trace(log).rows())
    assert rows[0] == Row(
        0, "syscall", 43_200_000_001_000, 7, False, 7, "accept4", "3<TCP:[::]>, NULL, NULL, 0", 9,
        "9<TCP:[10.0.0.1:80->10.0.0.2:4]>", None, 100_000, True, str(log), 1, 1,
    )  # fmt: skip
    assert (rows[2].errno, rows[2].duration_ns, rows[3].ret, rows[4].tid) == ("ENOENT", None, None, None)
    assert all(type(row.seq) is int and not isinstance(row.ret, float) for row in rows)


def test_derived_columns(log: Path) -> None:
    trace = read_trace(log)
    columns = {column.name: trace.column(column.name) for column in DERIVED}
    assert [str(columns[column.name].dtype) for column in DERIVED] == [column.dtype for column in DERIVED]
    assert columns["fd"].tolist()[:2] == [3, 9]
    assert columns["peer"].tolist()[:2] == ["10.0.0.2:4"] * 2
    assert columns["path"][2] == "/srv/www/index.html"
    assert (columns["bytes"][1], columns["string"][1]) == (78, b"GET / HT")
    assert pd.isna(columns["bytes"][0])
    assert trace.column("line").tolist() == [1, 2, 3, 4, 5, 6]
    with pytest.raises(KeyError):
        trace.column("colour")


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress), ("", bytes)])
def test_packed(log: Path, suffix: str, pack: type[bytes]) -> None:
    packed = log.with_name(f"packed{suffix}")
    packed.write_bytes(pack(log.read_bytes()))
    assert same(read_trace(packed), read_trace(str(log)))


def test_standard_input(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(log.read_bytes()))))
    trace = read_trace("-")
    assert (trace.files, trace.lines) == (["-"], 6)


def test_files_of_ff_are_merged_by_time(tmp_path: Path) -> None:
    (tmp_path / "out.12").write_text("12:00:00.1 getpid() = 12\n12:00:00.3 close(3 <unfinished ...>\n")
    (tmp_path / "out.13").write_text("12:00:00.2 getpid() = 13\n")
    (tmp_path / "other").write_text("nothing\n")
    expected = [("getpid", 12, 1), ("getpid", 13, 1), ("close", 12, 2)]
    for given in (tmp_path, tmp_path / "out", [tmp_path / "out.13", tmp_path / "out.12"]):
        rows = list(read_trace(given).rows())
        assert [(row.name, row.tid, row.line) for row in rows] == expected


def test_files_without_times_stand_one_after_another(tmp_path: Path) -> None:
    (tmp_path / "out.12").write_text("getpid() = 12\n")
    (tmp_path / "out.13").write_text("getpid() = 13\n")
    trace = read_trace(tmp_path / "out")
    assert [row.tid for row in trace.rows()] == [12, 13]
    assert any("no times" in warning for warning in trace.warnings)


def test_facts_of_processes(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(
        '# tracekit process {"pid": 7, "comm": "apache2", "fds": {"3": "TCP:[a]"}, "time_ns": 5}\n'
        '# tracekit process {"pid": 7, "uid": 33}\n'
        '# tracekit process {"pid": 7\n'
        '7 write(1, "# tracekit process {}", 3) = 3\n'
    )
    trace = read_trace(path)
    assert trace.processes == {
        7: {"pid": 7, "comm": "apache2", "fds": {"3": "TCP:[a]"}, "time_ns": 5, "uid": 33}
    }
    assert [row.kind for row in trace.rows()] == ["note", "note", "unparsed", "syscall"]
    assert next(trace.rows()).time_ns == 5


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\x7fELF\2\1\1\0\0\0", "no line of it reads"),
        (b"hello\nworld\n", "no line of it reads"),
        (b"\n\n", "no line of it reads"),
        (b"strace: Process 1: no such process\n", "no line of it reads"),
        (gzip.compress(LOG.encode(), mtime=0)[:12], "cannot be unpacked"),
        (b"\x1f\x8b\x08\x00garbage that is no deflate stream", "cannot be unpacked"),
        (b"\x28\xb5\x2f\xfd\x00\x00", "cannot be unpacked"),
    ],
)
def test_no_trace(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match=says) as raised:
        read_trace(path)
    assert raised.value.hint
    assert raised.value.exit_code == ExitCode.UNREADABLE


@pytest.mark.parametrize(
    ("encoding", "text", "hint"),
    [
        ("utf-16", LOG, "UTF-16"),
        ("utf-16-be", LOG, "UTF-16"),
        ("utf-8", LOG.replace("\n", "\r"), "carriage returns"),
        ("utf-8", LOG.replace(" ", "\u00a0"), "no-break spaces"),
        ("utf-8", '{"log": "close(3) = 0"}\n' * 3, "JSON"),
        ("utf-8", "     0.010 ( 0.003 ms): cat/12 read(fd: 3) = 3\n", "perf trace"),
        ("utf-8", "host app close(3) = 0\n", "what stands before it"),
    ],
)
def test_no_trace_and_why(tmp_path: Path, encoding: str, text: str, hint: str) -> None:
    file = tmp_path / "log"
    file.write_bytes(text.encode(encoding))
    with pytest.raises(UnreadableError) as caught:
        read_trace(file)
    assert hint in (caught.value.hint or "")
    assert "give a log that strace" in (caught.value.hint or "")


def test_comments_that_begin_like_a_header_do_not_tell_what_a_file_is(tmp_path: Path) -> None:
    makefile, header = tmp_path / "Makefile", tmp_path / "header"
    makefile.write_text("# tracekit is built here\nall: build\n\tcc -o a a.c\n")
    header.write_text("# tracekit process\n")
    with pytest.raises(UnreadableError) as caught:
        read_trace(makefile)
    assert (caught.value.hint or "").startswith("give a log that strace")
    with pytest.raises(UnreadableError) as caught:
        read_trace(header)
    assert "a JSON object were expected" in (caught.value.hint or "")


def test_a_quoted_log_is_read_alike_by_several(tmp_path: Path) -> None:
    plain, quoted = tmp_path / "plain", tmp_path / "quoted"
    lines = [*LOG.splitlines()] * 50
    plain.write_text("\n".join(lines))
    quoted.write_text("\n".join(f"> {line}" for line in lines))
    one, other = read_trace(plain), read_trace(quoted, jobs=2)
    assert other.layout == f"quote, {one.layout}"
    good = one.events["kind"] != "unparsed"
    assert one.events[good].drop(columns="file").equals(other.events[good].drop(columns="file"))


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, zstandard.compress])
def test_a_packed_log_that_was_cut_is_read_so_far(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "log"
    text = "".join(f'7 1700000000.{at:06} write(1, "{at * 7919:x}", 8) = 8\n' for at in range(20_000))
    packed = pack(text.encode())
    path.write_bytes(packed[: len(packed) * 2 // 3])
    trace, read = read_trace(path), batches(path)
    events = sum(len(batch) for batch in read)
    assert 5_000 < trace.lines < 20_000
    assert trace.lines == len(trace.events) == read.lines == events
    assert trace.events["line"].to_list() == list(range(1, trace.lines + 1))
    cut = f"{path} was cut (its end is missing): {trace.lines:,} lines ("
    (told,) = (warning for warning in trace.warnings if warning.startswith(cut))
    assert read.warnings == [told]
    assert set(trace.unparsed["line"]) <= {trace.lines}  # the last, cut in what stands before its call


def test_a_packed_file_that_was_cut_and_is_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "log"
    packed = gzip.compress("".join(f"line {at * 7919:x} of a diary\n" for at in range(20_000)).encode())
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(UnreadableError, match=r"was cut .* none reads as strace's output"):
        read_trace(path)


def test_the_layout_of_each_file(tmp_path: Path) -> None:
    (tmp_path / "o.7").write_text("1700000000.000001 close(1) = 0\n")
    (tmp_path / "o.8").write_text("close(1) = 0\n")
    (tmp_path / "o.9").write_text("9 04:50:45.000001 (+     0.000477) close(1) = 0\n")
    assert read_trace(tmp_path).layouts == {
        str(tmp_path / "o.7"): ("-ttt",),
        str(tmp_path / "o.8"): (),
        str(tmp_path / "o.9"): ("pid", "-t", "-t -r"),
    }


def test_nothing_there(tmp_path: Path) -> None:
    for given in (tmp_path / "missing", tmp_path, "nul\0byte"):
        with pytest.raises(UnreadableError) as raised:
            read_trace(given)
        assert raised.value.hint


def test_a_file_that_may_not_be_read(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read everything, so the kernel's answer is played."""

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UnreadableError, match="Permission denied") as raised:
        read_trace(log)
    assert "as that user" in raised.value.hint


def test_importing_tracekit_is_cheap() -> None:
    code = "import sys, tracekit; print('pandas' in sys.modules, 'lark' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "False False\n"


@pytest.mark.parametrize(
    ("one", "other", "ordered"),
    [
        ("1700000000.100000", "1700000000.200000", True),
        ("12:00:00.100000", "12:00:00.200000", True),
        ("12:00:00", "12:00:00", False),
        ("     0.100000", "     0.200000", False),
        ("1700000000.100000", "12:00:00.200000", False),
        ("1700000000.100000", "", False),
    ],
)
def test_which_times_put_files_in_one_order(tmp_path: Path, one: str, other: str, ordered: bool) -> None:
    for tid, time in ((12, one), (13, other)):
        (tmp_path / f"out.{tid}").write_text(f"{time} getpid() = {tid}\n".lstrip())
    assert read_trace(tmp_path / "out").ordered == ordered
    assert read_trace(tmp_path / "out.12").ordered


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf"], ids=["", "with a byte order mark"])
def test_a_log_that_came_over_windows(log: Path, before: bytes) -> None:
    rows = list(read_trace(log).rows())
    log.write_bytes(before + log.read_bytes().replace(b"\n", b"\r\n"))
    assert list(read_trace(log).rows()) == rows


def test_an_endless_file_that_is_no_trace_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            buffer[:] = (b"tracekit\n" * len(buffer))[: len(buffer)]
            self.given += len(buffer)
            assert self.given < 1 << 22
            return len(buffer)

    monkeypatch.setattr(logs, "PATIENCE", 1000)
    endless = io.BufferedReader(Endless())  # type: ignore[type-var]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(endless))
    with pytest.raises(UnreadableError, match="no trace"):
        read_trace("-")


def test_a_line_without_an_end(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "LONGEST", 1000)
    log.write_text("x" * 2000)
    with pytest.raises(UnreadableError, match="1,000 bytes"):
        read_trace(log)


def test_a_hole_of_zeros_is_a_line_that_cannot_be_read(log: Path) -> None:
    before = read_trace(log)
    log.write_bytes(b"\0" * 5000 + b"\n" + log.read_bytes())
    trace = read_trace(log)
    assert (trace.calls, len(trace.unparsed)) == (before.calls, len(before.unparsed) + 1)


def test_unparsed_lines_are_fit_to_be_printed_and_their_events_are_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("getpid() = 7\n\x1b]0;title\x07 \u202e\ta\u00e9\ngetpid() = 7\n")
    trace = tracekit.read_trace(path)
    assert trace.unparsed["text"].tolist() == ["\\x1b]0;title\\x07 \\u202e\\ta\u00e9"]
    assert trace.events["args"][1] == "\x1b]0;title\x07 \u202e\ta\u00e9"


LTRACE = """\
__libc_start_main(0x40057d, 1, 0x7ffd5a8c2f28, 0x4005c0 <unfinished ...>
setlocale(LC_ALL, "") = "en_US.UTF-8"
strlen("hello") = 5
fopen("/etc/passwd", "r") = 0x1c3f010
free(0x55d0c0de) = <void>
exit(0 <no return ...>
+++ exited (status 0) +++
"""
STRACE = 'uname({sysname="Linux", ...}) = 0\nsyscall_0x59f(0x1) = -1 ENOSYS (Function not implemented)\n'


@pytest.mark.parametrize(("text", "foreign"), [(LTRACE, True), (STRACE, False), ("SYS_291(3) = 0\n", False)])
def test_a_log_of_no_system_calls_is_told_of(tmp_path: Path, text: str, foreign: bool) -> None:
    path = tmp_path / "log"
    path.write_text(text)
    trace = tracekit.read_trace(path)
    assert any("ltrace" in warning for warning in trace.warnings) == foreign
    assert sum("ltrace" in hint for hint in trace.unparsed["hint"]) == 4 * foreign

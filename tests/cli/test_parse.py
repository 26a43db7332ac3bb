"""``tracekit parse``: every form has every event; what is asked wrongly, or cannot be read, is told."""

import csv
import gzip
import io
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from tests.support.requirements import need, need_ptrace
from tests.support.terminal import terminal
from tests.support.tracers import TRACEKIT
from tracekit.cli import parsing
from tracekit.cli.parsing import Wanted
from tracekit.errors import ExitCode, UnreadableError, UsageError
from tracekit.events import read_trace
from tracekit.events.jsonvalues import arguments_of
from tracekit.report.escape import cell
from tracekit.stream import parse_arguments

LOG = """\
12 1700000000.000001 openat(AT_FDCWD</>, "/srv/\\303\\251.html", O_RDONLY) = 3</srv/é.html> <0.000010>
13 1700000000.000002 read(3</srv/é.html>,  <unfinished ...>
12 1700000000.000003 stat("/x", 0x7ffe) = -1 ENOENT (No such file or directory) <0.000001>
\x1b]0;owned\x07 =cmd|'/c calc'!A1
13 1700000000.000004 <... read resumed>"\\33[31m", 8) = 5 <0.000002>
12 1700000000.000005 write(1</tmp/\u202e>, "=1+1", 4) = 4 <0.000001>
13 1700000000.000006 getpid() = 12 <0.000001>
13 1700000000.000007 poll([{fd=4, events=POLLIN}], 1, -1 <unfinished ...>
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "t.strace"
    path.write_text(LOG)
    return path


def expected(path: Path) -> list[dict[str, Any]]:
    """Return the stored columns of what ``read_trace`` says."""
    return [row._asdict() for row in read_trace(path).rows()]


def parse(*traces: Path | str, **wanted: Any) -> int:
    return parsing.parse([str(trace) for trace in traces], Wanted(**wanted))


def from_json(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def from_parquet(path: Path) -> list[dict[str, Any]]:
    with duckdb.connect() as database:
        found = database.execute("FROM read_parquet(?)", [str(path)])
        names = [name for name, *_ in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def stored(rows: list[dict[str, Any]], like: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return of each row the columns that ``read_trace`` has, too."""
    return [{name: row[name] for name in like[0]} for row in rows]


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@pytest.mark.parametrize("named", [True, False])
def test_a_file_has_every_event(log: Path, form: str, named: bool, capfd: pytest.CaptureFixture[str]) -> None:
    path = log.with_name(f"t.{form}" if named else "table")
    assert parse(log, output=str(path), form=None if named else form) == ExitCode.ANSWERED
    rows = from_parquet(path) if form == "parquet" else from_json(path.read_text())
    like = expected(log)
    assert stored(rows, like) == like
    assert [row["seq"] for row in rows] == list(range(len(rows)))
    assert path.stat().st_mode & 0o777 == 0o600
    assert {each.name for each in log.parent.iterdir()} == {log.name, path.name}
    assert capfd.readouterr().out == ""


def test_a_spreadsheet_gets_harmless_cells(log: Path) -> None:
    path = log.with_name("t.CSV")
    parse(log, output=str(path), quiet=True)
    content = path.read_bytes().decode()
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    like = expected(log)
    assert [{name: row[name] for name in like[0]} for row in rows] == [
        {name: str(cell(value)) for name, value in row.items()} for row in like
    ]
    assert content.count("\r\n") == len(rows) + 1
    texts = [value for row in rows for name, value in row.items() if name != "ret"]
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@"))]
    assert not {"\x1b", "\x07", "\u202e"} & set(content)
    assert "'-1 ENOENT (No such file or directory)" in {row["ret_text"] for row in rows}


@pytest.mark.parametrize("output", [None, "-"])
def test_a_pipe_gets_lines_of_json(log: Path, output: str | None, capfd: pytest.CaptureFixture[str]) -> None:
    parse(log, output=output)
    out, err = capfd.readouterr()
    like = expected(log)
    assert stored(from_json(out), like) == like
    assert out.isascii()
    assert out.replace("\n", "").isprintable()
    assert "8 lines, 6 calls, 7 events; " in err


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_pipe_gets_what_it_is_asked_for(
    log: Path, form: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = log.with_name(f"t.{form}")
    parse(log, output=str(path), quiet=True)
    parse(log, form=form, quiet=True)
    assert capfdbinary.readouterr() == (path.read_bytes(), b"")


def test_arguments_come_as_trees(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = log.with_name("t.parquet")
    parse(log, arguments=True, quiet=True)
    parse(log, arguments=True, output=str(path), quiet=True)
    lines = from_json(capfd.readouterr().out)
    for line, row in zip(lines, from_parquet(path), strict=True):
        if row["kind"] == "syscall":
            assert json.loads(row["arguments"]) == line["arguments"]
            assert arguments_of(row["arguments"]) == parse_arguments(row["args"])
        else:
            assert row["arguments"] is line["arguments"] is None


def test_what_was_read_is_told_and_what_was_not(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    bad = "".join(f"\x1b]{number}\n" for number in range(7))
    log.write_text(LOG + bad)
    parse(log, output=str(log.with_name("t.parquet")))
    told = capfd.readouterr().err
    unparsed = read_trace(log).unparsed
    assert f"15 lines, 6 calls, 14 events -> {log.parent}/t.parquet; " in told
    assert "lines/s" in told
    assert "0 incomplete calls, 1 in progress at the end, 8 lines that could not be read" in told
    for one in unparsed.iloc[:5].itertuples():
        assert f"{log}:{one.line}:{one.column}: " in told
    assert f"{log}:{unparsed.line[5]}:" not in told
    assert "and 3 more" in told
    assert told.replace("\n", "").isprintable()
    assert all(line.startswith("tracekit: ") for line in told.splitlines())


def test_a_file_name_may_be_anything(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(b"a\xff'\x1b[31m.strace")
    (tmp_path / name).write_text(LOG)
    path = tmp_path / "it's [a] *.parquet"
    parse(tmp_path / name, output=str(path))
    assert {row["file"] for row in from_parquet(path)} == {f"{tmp_path}/a\\xff'\x1b[31m.strace"}
    assert capfd.readouterr().err.replace("\n", "").isprintable()


def test_packed_or_from_a_pipe_it_is_the_same(log: Path, tmp_path: Path) -> None:
    plain = subprocess.run([*TRACEKIT, "parse", str(log), "-q"], check=True, capture_output=True).stdout
    packed = tmp_path / "t.strace.zst"
    packed.write_bytes(zstandard.compress(LOG.encode()))
    for given in (LOG.encode(), packed.read_bytes(), gzip.compress(LOG.encode())):
        piped = subprocess.run([*TRACEKIT, "parse", "-", "-q"], input=given, check=True, capture_output=True)
        assert piped.stderr == b""
        assert piped.stdout.decode() == plain.decode().replace(f'"{log}"', '"-"')


def test_strace_writes_into_it(tmp_path: Path) -> None:
    strace = need("strace")
    need_ptrace()
    path = tmp_path / "t.parquet"
    command = f"|{' '.join(TRACEKIT)} parse -q - -o {path}"
    subprocess.run([strace, "-f", "-ttt", "-T", "-yy", "-o", command, "cat", "/etc/hostname"], check=True)
    # strace waits for what it writes to (pclose).
    rows = from_parquet(path)
    assert any(row["name"] == "openat" and '"/etc/hostname"' in row["args"] for row in rows)
    assert rows[-1]["kind"] == "exit"


def test_files_of_ff_are_merged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out.12").write_text("1700000000.1 getpid() = 12\n1700000000.3 close(3 <unfinished ...>\n")
    (tmp_path / "out.13").write_text("1700000000.2 getppid() = 1\n")
    like = expected(tmp_path / "out")
    for given in (["out"], ["out.1?"], ["out.13", "out.12"]):
        parse(*(tmp_path / name for name in given), quiet=True)
        assert stored(from_json(capfd.readouterr().out), like) == like
    assert [row["name"] for row in like] == ["getpid", "getppid", "close"]


@pytest.mark.parametrize("arguments", [False, True])
def test_any_number_of_processes_reads_the_same(
    log: Path, arguments: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    log.write_text(LOG * 200)
    shown = []
    for jobs in (1, 2, 5):
        parse(log, jobs=jobs, arguments=arguments, quiet=True)
        shown.append(capfd.readouterr().out)
    assert shown[0].count("\n") > 1000
    assert shown[0] == shown[1] == shown[2]


def test_an_answer_takes_jobs_too(log: Path) -> None:
    shown = [
        subprocess.run([*TRACEKIT, "files", str(log), *words], check=True, capture_output=True).stdout
        for words in ([], ["--jobs", "2"])
    ]
    assert b"/srv/" in shown[0]
    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    ("output", "form", "says"),
    [
        ("t.json", None, "the form of t.json is not known"),
        ("t", None, "the form of t is not known"),
        ("t.parquet.gz", None, "is not known"),
        (".", "csv", "it is a folder"),
        ("missing/t.csv", None, "No such file or directory"),
        ("t.strace/t.csv", None, "cannot write"),
        ("t.strace", "csv", "t.strace is a trace: it is not overwritten"),
        ("link", "csv", "t.strace is a trace"),
    ],
)
def test_what_cannot_be_written_is_told(log: Path, output: str, form: str | None, says: str) -> None:
    (log.parent / "link").symlink_to(log)
    with pytest.raises(UsageError, match=says) as raised:
        parse(log, output=str(log.parent / output), form=form)
    assert raised.value.hint
    assert log.read_text() == LOG
    assert {path.name for path in log.parent.iterdir()} == {log.name, "link"}


@pytest.mark.parametrize(
    "content",
    [None, b"", b"hello\nworld\n", gzip.compress(LOG.encode(), mtime=0)[:60]],
    ids=["missing", "empty", "text", "cut"],
)
@pytest.mark.parametrize("output", [None, "old.csv"])
def test_what_is_no_trace_is_told(
    log: Path, content: bytes | None, output: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    old = log.with_name("old.csv")
    old.write_text("what was there")
    given = log.with_name("given")
    if content is not None:
        given.write_bytes(content)
    with pytest.raises(UnreadableError) as raised:
        parse(given, output=str(old) if output else None)
    assert raised.value.hint
    assert capfd.readouterr() == ("", "")
    assert old.read_text() == "what was there"
    assert {path.name for path in log.parent.iterdir()} <= {log.name, old.name, given.name}


def on_a_terminal(*words: str) -> tuple[int, str]:
    """Run tracekit with standard output on a terminal; return its exit code and what it shows."""
    with terminal() as (out, screen):
        done = subprocess.run(
            [*TRACEKIT, *words],
            stdout=out,
            stderr=subprocess.PIPE,
            check=False,
            env={**os.environ, "COLUMNS": "100", "TERM": "xterm", "NO_COLOR": "1"},
        )
    return done.returncode, screen.text


def test_a_terminal_shows_the_first_events(log: Path) -> None:
    code, shown = on_a_terminal("parse", str(log))
    assert code == 0
    assert "The first events" in shown
    assert "openat" in shown
    assert "\\x1b]0;owned\\x07" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert shown.count("\n") < 30


def test_a_terminal_shows_all_events_when_asked(log: Path) -> None:
    code, shown = on_a_terminal("parse", "--format", "jsonl", str(log))
    assert code == 0
    like = expected(log)
    assert stored(from_json(shown), like) == like


def test_a_terminal_cannot_show_parquet(log: Path) -> None:
    assert on_a_terminal("parse", "--format", "parquet", str(log)) == (ExitCode.USAGE, "")


@pytest.mark.parametrize("words", [[], ["-o", "x.csv"], ["--jobs", "0", "t"], ["--format", "xml", "t"]])
def test_mistakes_are_told_in_one_line(words: list[str]) -> None:
    done = subprocess.run([*TRACEKIT, "parse", *words], check=False, capture_output=True, text=True)
    assert done.returncode == ExitCode.USAGE
    assert done.stderr.startswith("tracekit: ")
    assert done.stderr.count("\n") == 1


def test_a_device_gets_what_is_written(log: Path) -> None:
    assert parse(log, output=os.devnull, form="csv", quiet=True) == ExitCode.ANSWERED
    assert Path(os.devnull).is_char_device()
    piped = subprocess.run(
        [*TRACEKIT, "parse", "-q", str(log), "-o", "/dev/stdout", "--format", "jsonl"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    like = expected(log)
    assert stored(from_json(piped.stdout), like) == like

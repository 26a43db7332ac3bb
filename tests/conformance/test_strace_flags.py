"""Logs of the real strace with its options in any combination: every call is read, and none twice.

Truth is what the programs say of themselves (who they were, what they called and how often) and what
strace counted (``-C``). Any two options meet in one of the runs; ``TRACEKIT_ALL_FLAGS=1`` (``make
conformance-flags``) runs the whole products.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.requirements import need
from tests.support.strace_flags import (
    DIMENSIONS,
    PLAIN,
    Combination,
    label,
    pairwise,
    possible,
    products,
    words,
)
from tests.support.tracees import build
from tracekit.events import Row, Trace, read_trace
from tracekit.stream import parse_arguments
from tracekit.stream.values import String, Unknown

pytestmark = pytest.mark.conformance

ALL = os.environ.get("TRACEKIT_ALL_FLAGS") == "1"
COMBINATIONS = list(products()) if ALL else pairwise()
PLACEHOLDERS = ("???", "...", "<..", "?")
COUNTED = re.compile(r" *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)")
OUTPUT = re.compile(r"a\) = 3|to-stderr|from a thread|half a line|^\) += .*")
"""What the programs print, and the rest of the call in whose line it falls, on a terminal of both."""
PIPELINE = "echo 'a) = 3' | cat; (exit 3); echo to-stderr >&2; true"
SCRIPT = """
import subprocess, sys, threading
threading.Thread(target=print, args=("from a thread",)).start()
subprocess.run(["/bin/true", ") = 5 <unfinished ...>"], check=True)
sys.stdout.flush()
sys.stderr.write("half a line")
"""


class Run(NamedTuple):
    """One run of a program under strace: its trace, what strace counted, and the raw log."""

    trace: Trace
    counts: Counter[str]
    log: str


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("everything", tmp_path_factory.mktemp("everything"), "-pthread")


def run(one: Combination, command: Sequence[str | Path], folder: Path, status: int) -> Run:
    """Trace a program; the log is where the combination has it."""
    log = folder / "log"
    where = {"file": ["-o", str(log)], "pipe": ["-o", f"|cat > {log}"], "terminal": []}[one["where"]]
    shared = folder / "shared"
    with shared.open("wb") as output:
        done = subprocess.run(
            [need("strace"), *where, *words(one), *map(str, command)],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False, timeout=60,
        )  # fmt: skip
    said = shared.read_text(errors="replace")
    assert done.returncode == status, said[-500:]
    path = shared if one["where"] == "terminal" else log
    text = path.read_text(errors="replace") if path.exists() else ""
    found = (COUNTED.fullmatch(line) for line in text.splitlines())
    return Run(
        read_trace(path),
        Counter({each[2]: int(each[1]) for each in found if each and each[2] != "total"}),
        text,
    )


def returned(rows: Sequence[Row]) -> Counter[str]:
    """Count the calls as ``-C`` does: those that came back."""
    return Counter(
        row.name or "" for row in rows if row.kind == "syscall" and row.complete and row.ret_text != "?"
    )


def values_are_known(one: Combination, rows: Sequence[Row]) -> None:
    disturbed = "write" if one["where"] == "terminal" else None
    for row in rows:
        if row.kind == "syscall" and row.complete and row.name != disturbed:
            odd = [value.text for value in parse_arguments(row.args or "") if isinstance(value, Unknown)]
            assert [text for text in odd if not text.startswith(PLACEHOLDERS)] == [], row


def nothing_is_lost(one: Combination, found: Run) -> list[Row]:
    """Check a trace against the log's own lines and counts; return its calls."""
    rows = list(found.trace.rows())
    aliens = found.trace.unparsed["text"].tolist()
    if one["where"] == "terminal":  # there the program's own output falls into any line
        aliens = [text for text in aliens if not OUTPUT.search(text)]
    assert aliens == []
    assert found.trace.lines >= found.log.count("\n")
    values_are_known(one, rows)
    if one["count"] and one["status"] == "" and one["where"] != "terminal":
        silent = {"execve"} if one["quiet"] == "-qqq" else set()  # it does not say who goes on as whom
        counted, read = (
            {name: many[name] for name in many.keys() - silent} for many in (found.counts, returned(rows))
        )
        assert counted == read
    return rows


def check_everything(one: Combination, program: Path, folder: Path) -> None:
    rows = nothing_is_lost(one, run(one, [program, "3", "truth"], folder, 7))
    truth = [tuple(map(int, line.split())) for line in (folder / "truth").read_text().splitlines()]
    if one["status"] == "-z":  # only calls that succeed: none of access
        assert not list(paths([row for row in rows if row.complete]))
        return
    made: dict[int | None, list[str]] = {}
    for path, tid in paths(rows):
        made.setdefault(tid, []).append(path)
    for tid, rounds in truth if one["follow"] else truth[:1]:
        expected = [f'/no/{tid}/{number}/a, b) = 3 (<x"' for number in range(rounds)]
        own = {row.tid for row in rows}  # without -f, that of the only task, as far as its calls tell it
        assert made.get(tid if one["follow"] or own == {tid} else None, []) == expected


def paths(rows: Sequence[Row]) -> Iterator[tuple[str, int | None]]:
    """Yield the paths of the program's own calls of access, and who made them."""
    for row in rows:
        values = parse_arguments(row.args or "") if row.name == "access" else ()
        if values and isinstance(values[0], String) and values[0].data.startswith(b"/no/"):
            yield values[0].data.decode(), row.tid


def check_pipeline(one: Combination, _program: Path, folder: Path) -> None:
    rows = nothing_is_lost(one, run(one, ["sh", "-c", PIPELINE], folder, 0))
    assert one["status"] == "-Z" or "execve" in {row.name for row in rows}


def check_script(one: Combination, _program: Path, folder: Path) -> None:
    nothing_is_lost(one, run(one, [sys.executable, "-I", "-S", "-c", SCRIPT], folder, 0))


CHECKS: tuple[Callable[[Combination, Path, Path], None], ...] = (
    check_everything,
    check_pipeline,
    check_script,
)


@pytest.mark.parametrize(
    ("number", "one"), list(enumerate(COMBINATIONS)), ids=[label(one) for one in COMBINATIONS]
)
def test_a_combination_of_options(number: int, one: Combination, everything: Path, tmp_path: Path) -> None:
    CHECKS[number % 3 if not ALL else 0](one, everything, tmp_path)


def test_stack_frames(tmp_path: Path) -> None:
    one = PLAIN | {"dump": "-k"}
    rows = nothing_is_lost(one, run(one, ["true"], tmp_path, 0))
    frames = [row.args or "" for row in rows if row.kind == "note" and row.name == "stack"]
    assert len(frames) > 5
    assert any(re.search(r"\[0x[0-9a-f]+\]", frame) for frame in frames)


def test_twenty_tasks_that_do_everything_at_once(everything: Path, tmp_path: Path) -> None:
    one = PLAIN | {"time": "-ttt", "duration": "-T"}
    found = run(one, [everything, "60", "truth"], tmp_path, 7)
    rows = nothing_is_lost(one, found)
    truth = [tuple(map(int, line.split())) for line in (tmp_path / "truth").read_text().splitlines()]
    assert len({tid for tid, _ in truth}) == 20
    accesses = Counter(row.tid for row in rows if row.name == "access" and "/no/" in (row.args or ""))
    assert accesses == {tid: rounds for tid, rounds in truth if rounds}
    split = sum(row.end_line > row.line for row in rows)
    assert split > 1000
    assert found.trace.incomplete <= 20  # who is killed, or superseded, may be so in a call


def test_any_two_options_meet() -> None:
    rows = pairwise()
    met = {frozenset(((a, row[a]), (b, row[b]))) for row in rows for a in row for b in row if a != b}
    for a, choices in DIMENSIONS.items():
        for b, others in DIMENSIONS.items():
            for one, other in ((one, other) for one in choices for other in others if a != b):
                together = possible(PLAIN | {"count": ""} | {a: one, b: other})
                assert (frozenset(((a, one), (b, other))) in met) == together

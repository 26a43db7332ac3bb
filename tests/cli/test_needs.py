"""A live trace takes the calls that its question needs alone: no answer is less for it."""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.traces import RECORDED
from tracekit.analyzers.catalogue import ANALYZERS
from tracekit.events import Trace, read_trace

LOGS = (
    "event-attach.strace.gz",
    "servers/apache-event-crash.strace.gz",
    "servers/apache-prefork-restart.strace.gz",
)
BY_CHANCE = {"trace", "evidence", "started_ns", "time_ns"}
"""What each has its own of: its account, the calls that show a thing, and a task's first call."""


class Recording:
    """A log of strace's, with what our tracer says beside it of each task: which process it is of."""

    def __init__(self, name: str) -> None:
        path = RECORDED / name
        self.trace = read_trace(path)
        with gzip.open(path, "rt", encoding="utf-8", errors="surrogateescape") as file:
            self._lines = file.readlines()
        self._notes: dict[int, str] = {}
        seen: set[int | None] = {None}
        for row in self.trace.rows():
            if row.tid not in seen:
                seen.add(row.tid)
                note = {"tid": row.tid, "pid": row.pid, "time_ns": row.time_ns}
                self._notes[row.line] = f"# tracekit task {json.dumps(note)}\n"

    def with_calls(self, names: frozenset[str] | None, folder: Path) -> Trace:
        """Return the trace with these calls alone; None for all."""
        out = {
            line
            for row in self.trace.rows()
            if row.kind == "syscall" and names is not None and row.name not in names
            for line in (row.line, row.end_line)
        }
        path = folder / "t.strace"
        asked = {"calls": sorted(names) if names else None, "strings": 4096, "annotate": 2, "follow": True}
        with path.open("w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(f"# tracekit trace {json.dumps(asked | {'machine': 'x86_64'})}\n")
            for number, line in enumerate(self._lines, 1):
                file.write(self._notes.get(number, "") + ("\n" if number in out else line))
        return read_trace(path)


@cache
def recording(name: str) -> Recording:
    return Recording(name)


def answered(question: str, trace: Trace) -> Any:
    found = _without_chance(ANALYZERS[question]().answer(trace).to_json())
    if question == "coverage":  # that some calls were not asked for is what it has to say
        found["gaps"] = [gap for gap in found["gaps"] if (gap["kind"], gap["loss"]) != ("calls", "detail")]
    return found


def _without_chance(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_chance(item) for key, item in value.items() if key not in BY_CHANCE}
    return [_without_chance(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", LOGS)
def test_what_is_not_asked_for_is_not_missed(name: str, tmp_path: Path) -> None:
    log = recording(name)
    whole = log.with_calls(None, tmp_path)
    expected = {question: answered(question, whole) for question in ANALYZERS}
    for needs in {frozenset(analyzer.needs) for analyzer in ANALYZERS.values()}:
        part = log.with_calls(needs, tmp_path)
        for question, analyzer in ANALYZERS.items():
            if analyzer.needs == needs:
                assert answered(question, part) == expected[question], question


def test_a_call_that_is_needed_and_not_there_is_missed(tmp_path: Path) -> None:
    log = recording(LOGS[0])
    whole = answered("dispatch", log.with_calls(None, tmp_path))
    part = log.with_calls(ANALYZERS["dispatch"].needs - {"accept4"}, tmp_path)
    assert answered("dispatch", part) != whole

"""Runs of more files than a process may have open, and a file that is replaced while it is read."""

import gzip
import resource
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import pytest

from tracekit.errors import UnreadableError
from tracekit.events import batches, logs, read_trace, sources
from tracekit.events.sources import FIRST, Source, opened_source

FEW = 64
"""Descriptors that may be open besides those that are."""
CALL = "1795409445.{:06} getpid() = {}\n"


@pytest.fixture
def few_descriptors() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = {int(entry.name) for entry in Path("/proc/self/fd").iterdir()}
    free = (number for number in count() if number not in used)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next(islice(free, FEW, None)), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("few_descriptors")
def test_more_files_than_descriptors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "HELD", FEW // 4)
    monkeypatch.setattr(sources, "FIRST", 64)
    monkeypatch.setattr(sources, "BLOCK", 64)
    for tid in range(1000, 1000 + 3 * FEW):
        text = "".join(CALL.format(tid + step * 1000, tid) for step in range(8)).encode()
        packed = tid % 2
        (tmp_path / f"out.{tid}{'.gz' * packed}").write_bytes(gzip.compress(text) if packed else text)
    trace = read_trace(tmp_path, jobs=1)
    assert (trace.calls, len(trace.unparsed), trace.ordered) == (8 * 3 * FEW, 0, True)
    assert trace.events["time_ns"].is_monotonic_increasing
    assert sum(map(len, batches(tmp_path, jobs=1))) == trace.calls
    monkeypatch.setattr(logs, "HELD", 1 << 20)
    with pytest.raises(UnreadableError, match="Too many open files"):
        read_trace(tmp_path, jobs=1)


def test_a_file_that_is_not_held_reads_as_one_that_is(tmp_path: Path) -> None:
    log = tmp_path / "out.7"
    log.write_bytes(b"\xef\xbb\xbf" + b"x" * (3 * FIRST))
    with opened_source(Source(str(log)), held=False) as stream:
        assert stream.read() == b"x" * (3 * FIRST)


def test_a_file_that_is_replaced_meanwhile_is_refused(tmp_path: Path) -> None:
    log, other = tmp_path / "out.7", tmp_path / "other"
    log.write_bytes(b"x" * (8 * FIRST))
    other.write_bytes(b"y" * (8 * FIRST))
    with opened_source(Source(str(log)), held=False) as stream:
        stream.read(1)
        other.replace(log)
        with pytest.raises(OSError, match="another file took its place"):
            stream.read()

"""Files as they come: packed in every way, whole or damaged; prefixes, folders and patterns."""

import gzip
import io
import lzma
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from tracekit.errors import UnreadableError
from tracekit.events.sources import Source, find_sources, measure, read_lines

LINES = [f'7 1.{number:06} write(1, "{number * 7919:x}", 8) = 8\n' for number in range(20_000)]
TEXT = "".join(LINES).encode()
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}
PACKED = [name for name in PACKERS if name != "plain"]


def read(path: Path) -> list[str]:
    return list(read_lines(Source(str(path))))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.mark.parametrize("how", PACKERS)
def test_packed_in_one_piece_or_several(path: Path, how: str) -> None:
    pack = PACKERS[how]
    for parts in ([TEXT], [TEXT[:100_001], TEXT[100_001:]], [b"", TEXT]):
        path.write_bytes(b"".join(map(pack, parts)))
        assert read(path) == LINES


@pytest.mark.parametrize("how", PACKED)
@pytest.mark.parametrize("where", [0.5, 0.999])
def test_what_is_packed_and_cut_is_read_so_far_and_told(path: Path, how: str, where: float) -> None:
    packed = PACKERS[how](TEXT)
    path.write_bytes(packed[: int(len(packed) * where)])
    lines = read_lines(Source(str(path)))
    got: list[str] = []
    with pytest.raises(UnreadableError, match="cannot be unpacked") as raised:
        got.extend(lines)
    assert raised.value.hint
    assert got == LINES[: len(got)]


@pytest.mark.parametrize("how", PACKED)
def test_what_is_packed_and_damaged_is_told(path: Path, how: str) -> None:
    packed = bytearray(PACKERS[how](TEXT))
    packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(packed)
    with pytest.raises(UnreadableError, match="cannot be unpacked"):
        read(path)


def test_zstd_with_a_skippable_frame_and_a_large_window(path: Path) -> None:
    window = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
    packed = zstandard.ZstdCompressor(compression_params=window).compress(TEXT)
    path.write_bytes(packed + b"\x50\x2a\x4d\x18\x05\x00\x00\x00hello")
    assert read(path) == LINES


@pytest.mark.parametrize("how", PACKERS)
def test_a_meter_tells_the_bytes_on_the_disk(path: Path, how: str) -> None:
    path.write_bytes(PACKERS[how](TEXT))
    sources = [Source(str(path)), Source(str(path))]
    meter = measure(sources)
    assert (meter.total, meter.done) == (2 * path.stat().st_size, 0)
    lines = read_lines(sources[0], meter)
    next(lines)
    begun = meter.done
    assert 0 < begun <= path.stat().st_size
    assert len(list(lines)) == len(LINES) - 1
    assert meter.done == path.stat().st_size
    assert list(read_lines(sources[1], meter)) == LINES
    assert meter.done == meter.total


def test_a_pipe_has_no_size(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    path.write_bytes(b"x\n")
    reading, writing = os.pipe()
    os.write(writing, b"one\ntw")
    os.write(writing, b"o\n")
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(pipe))
        meter = measure([Source(str(path)), Source("-")])
        assert meter.total is None
        assert list(read_lines(Source("-"), meter)) == ["one\n", "two\n"]
        assert meter.done == 8


def test_standard_input_may_be_a_packed_file(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    path.write_bytes(gzip.compress(TEXT))
    with path.open("rb") as file:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(file))
        meter = measure([Source("-")])
        assert meter.total == path.stat().st_size
        assert list(read_lines(Source("-"), meter)) == LINES


def test_patterns_prefixes_and_folders(tmp_path: Path) -> None:
    for name in ("out.12", "out.13.gz", "out.log", "a[1].7", ".hidden"):
        (tmp_path / name).write_text("x\n")
    (tmp_path / "out.d").mkdir()

    def found(*given: str) -> list[tuple[str, int | None]]:
        sources = find_sources(str(tmp_path / each) for each in given)
        return [(Path(source.name).name, source.tid) for source in sources]

    assert found("out") == found("out.1*") == [("out.12", 12), ("out.13.gz", 13)]
    assert found("out.*") == [("out.12", 12), ("out.13.gz", 13), ("out.log", None)]
    assert found("o?t.12", "out.12", "out") == [("out.12", 12), ("out.13.gz", 13)]
    assert found("a[1]") == found("a[1].7") == [("a[1].7", 7)]
    assert found("") == [("a[1].7", 7), ("out.12", 12), ("out.13.gz", 13)]
    for nothing in ("none*", "out.[x", "nothing"):
        with pytest.raises(UnreadableError, match="does not exist"):
            found(nothing)

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
from tracekit.events.sources import Meter, Source, find_sources, measure, read_blocks

LINES = [f'7 1.{number:06} write(1, "{number * 7919:x}", 8) = 8\n' for number in range(20_000)]
TEXT = "".join(LINES).encode()
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}
CHECKS = {"gzip": -8, "xz": -28, "zstd": -1}
"""Where a byte of the check of what was packed stands; in xz, index and footer come behind."""
ZSTD_BLOCK = 1 << 17
"""What zstd packs at once, and cannot unpack in part."""
PACKED = [name for name in PACKERS if name != "plain"]


def text_of(name: str, meter: Meter | None = None) -> str:
    return "".join(read_blocks(Source(name), meter))


def read(path: Path) -> list[str]:
    return text_of(str(path)).splitlines(keepends=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.mark.parametrize("how", PACKERS)
def test_packed_in_one_piece_or_several(path: Path, how: str) -> None:
    pack = PACKERS[how]
    for parts in ([TEXT], [TEXT[:100_001], TEXT[100_001:]], [b"", TEXT]):
        path.write_bytes(b"".join(map(pack, parts)))
        assert read(path) == LINES


def damage(path: Path) -> tuple[str, str]:
    """Return what can be read of a file, and the one warning about it."""
    meter = Meter()
    text = text_of(str(path), meter)
    (warning,) = meter.warnings()
    assert f": {text.count(chr(10)) + (not text.endswith(chr(10))):,} lines (" in warning
    return text, warning


@pytest.mark.parametrize("how", PACKED)
@pytest.mark.parametrize("where", [0.3, 0.5, 0.9, 0.999])
def test_what_is_packed_and_cut_is_read_so_far(path: Path, how: str, where: float) -> None:
    packed = PACKERS[how](TEXT)
    path.write_bytes(packed[: int(len(packed) * where)])
    text, warning = damage(path)
    assert "log was cut (its end is missing)" in warning
    assert TEXT.decode().startswith(text)
    assert f"({len(text):,} bytes unpacked)" in warning
    assert len(text) > len(TEXT) * where - ZSTD_BLOCK * 3


@pytest.mark.parametrize("how", PACKED)
@pytest.mark.parametrize("lines", [1, 50, 20_000])
def test_all_is_read_of_what_lacks_but_its_check(path: Path, how: str, lines: int) -> None:
    text = "".join(LINES[:lines])
    path.write_bytes(PACKERS[how](text.encode())[:-1])
    assert damage(path)[0] == text


@pytest.mark.parametrize("how", PACKED)
@pytest.mark.parametrize("lines", [50, 20_000])
def test_all_is_read_of_what_has_a_wrong_check(path: Path, how: str, lines: int) -> None:
    text = "".join(LINES[:lines])
    packed = bytearray(PACKERS[how](text.encode()))
    packed[CHECKS[how]] ^= 0xFF
    path.write_bytes(packed)
    got, warning = damage(path)
    assert got == text
    assert "log is damaged (" in warning


@pytest.mark.parametrize("how", PACKED)
@pytest.mark.parametrize("where", [0.3, 0.5, 0.9])
def test_what_is_packed_and_damaged_is_read_so_far(path: Path, how: str, where: float) -> None:
    packed = bytearray(PACKERS[how](TEXT))
    place = int(len(packed) * where)
    packed[place : place + 64] = bytes(64)
    path.write_bytes(packed)
    text, warning = damage(path)
    assert "log is damaged (" in warning
    good = next(
        (at for at, (got, was) in enumerate(zip(text, TEXT.decode(), strict=False)) if got != was), len(text)
    )
    assert good > len(TEXT) * where - ZSTD_BLOCK * 3


@pytest.mark.parametrize("how", PACKED)
def test_a_damaged_part_behind_a_whole_one(path: Path, how: str) -> None:
    path.write_bytes(PACKERS[how](TEXT) + b"garbage" * 9)
    text, warning = damage(path)
    assert text == TEXT.decode()
    assert "log is damaged (" in warning
    path.write_bytes(PACKERS[how](TEXT) + bytes(512))
    assert read(path) == LINES


@pytest.mark.parametrize("how", PACKED)
def test_what_has_nothing_that_can_be_unpacked_is_refused(path: Path, how: str) -> None:
    packed = PACKERS[how](TEXT)
    for left in (packed[:9], packed[:6] + bytes(200)):
        path.write_bytes(left)
        with pytest.raises(UnreadableError, match="cannot be unpacked") as raised:
            read(path)
        assert raised.value.hint


@pytest.mark.parametrize("how", PACKED)
def test_a_pipe_that_is_damaged_is_read_so_far(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    packed = bytearray(PACKERS[how](TEXT[:60_000]))
    packed[CHECKS[how]] ^= 0xFF
    reading, writing = os.pipe()
    os.write(writing, packed)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(pipe))
        meter = Meter()
        text = text_of("-", meter)
    assert text == TEXT[:60_000].decode()
    assert len(meter.warnings()) == 1


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
    blocks = read_blocks(sources[0], meter)
    begun = next(blocks)
    assert 0 < meter.done <= path.stat().st_size
    assert begun + "".join(blocks) == TEXT.decode()
    assert meter.done == path.stat().st_size
    assert "".join(read_blocks(sources[1], meter)) == TEXT.decode()
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
        assert text_of("-", meter) == "one\ntwo\n"
        assert meter.done == 8


def test_standard_input_may_be_a_packed_file(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    path.write_bytes(gzip.compress(TEXT))
    with path.open("rb") as file:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(file))
        meter = measure([Source("-")])
        assert meter.total == path.stat().st_size
        assert text_of("-", meter) == TEXT.decode()


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

"""Packed files (gzip: RFC 1952, xz, Zstandard: RFC 8878), unpacked in bounded memory, as far as they go.

One that was cut, or is damaged, gives everything that stands before that place.
"""

import io
import lzma
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, cast

MOUTHFUL = 1024
"""Packed bytes that are unpacked at once. A zstd block of 4 bytes can be 128 KiB, so these can be 32 MiB."""
BITE = 4
"""Packed bytes of a pipe that are: those with a damage are lost, and no check has fewer."""
WINDOW = 1 << 31
"""Bytes that a frame may refer back to: ``zstd --long=31`` packs so; memory is taken as it is needed."""
GZIP = 16 + zlib.MAX_WBITS
"""What tells zlib of the header and the check of gzip."""
CUT = "its end is missing"


class Frame(Protocol):
    """One packed stream, of which a file may hold several, one after another."""

    @property
    def eof(self) -> bool:
        """Whether its end was met."""

    @property
    def unused_data(self) -> bytes:
        """What came behind the end."""

    def decompress(self, data: bytes, /) -> bytes:
        """Return what some packed bytes stand for."""


class Kind(NamedTuple):
    """One way of packing.

    Attributes:
        start: begins a frame.
        error: what is raised where one is damaged.
    """

    start: Callable[[], Frame]
    error: type[Exception]


def _gzip() -> Kind:
    return Kind(lambda: zlib.decompressobj(GZIP), zlib.error)


def _xz() -> Kind:
    return Kind(lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ), lzma.LZMAError)


def _zstd() -> Kind:
    import zstandard  # noqa: PLC0415 - most logs do without

    frames = zstandard.ZstdDecompressor(max_window_size=WINDOW)
    return Kind(lambda: cast("Frame", frames.decompressobj()), zstandard.ZstdError)


MAGIC: dict[bytes, Callable[[], Kind]] = {
    b"\x1f\x8b": _gzip,
    b"\xfd7zXZ\x00": _xz,
    b"\x28\xb5\x2f\xfd": _zstd,
}
"""How a file is packed, by its first bytes."""


class DamagedError(Exception):
    """Nothing of the packed bytes can be unpacked."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Why the unpacking of a file ended early, and where.

    Attributes:
        reason: what is wrong there; ``CUT`` when nothing is but that there is no more.
        size: how many bytes were unpacked.
        lines: how many lines these are; the last may be a part of one.
    """

    reason: str
    size: int
    lines: int

    def __str__(self) -> str:
        what = "was cut" if self.reason == CUT else "is damaged"
        return f"{what} ({self.reason}): {self.lines:,} lines ({self.size:,} bytes unpacked) of it were read"


class Frames:
    """Unpacks frames that stand one after another; NULs may stand between them."""

    def __init__(self, start: Callable[[], Frame]) -> None:
        """Begin before the first."""
        self._start = start
        self._frame: Frame | None = None

    def within(self) -> bool:
        """Tell whether a frame has begun and not ended."""
        return self._frame is not None

    def feed(self, packed: bytes) -> bytes:
        """Return what the next packed bytes stand for; raise the error of their kind."""
        unpacked = []
        while packed := packed if self._frame else packed.lstrip(b"\0"):
            self._frame = self._frame or self._start()
            unpacked.append(self._frame.decompress(packed))
            packed = b""
            if self._frame.eof:
                packed, self._frame = self._frame.unused_data, None
        return b"".join(unpacked)


class Packed(io.RawIOBase):
    """The bytes that were packed."""

    def __init__(self, packed: io.BufferedReader, kind: Kind, tell: Callable[[Damage], None]) -> None:
        """Begin to unpack what ``packed`` reads; ``tell`` is told when that ends early."""
        self._packed, self._kind, self._tell = packed, kind, tell
        self._begin = packed.tell() if packed.seekable() else None
        self._frames = Frames(kind.start)
        self._mouthful = BITE if self._begin is None else MOUTHFUL
        self._mouthfuls = 0
        self._ready = memoryview(b"")
        self._over = False
        self._size = self._lines = 0
        self._within_line = False

    def readable(self) -> bool:
        """Tell that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Unpack some bytes; 0 at the end, or where no more can be unpacked.

        Raises:
            DamagedError: that is at the very beginning.
        """
        while not self._ready and not self._over:
            self._ready = memoryview(self._more())
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _more(self) -> bytes:
        """Return what the next packed bytes stand for; find out whether that is the end."""
        packed = self._packed.read(self._mouthful)
        try:
            unpacked = self._frames.feed(packed)
            reason = CUT if not packed and self._frames.within() else ""
        except self._kind.error as error:
            unpacked, reason = self._carefully(packed), str(error)
        self._mouthfuls += 1
        self._over = bool(reason) or not packed
        self._count(unpacked)
        if reason:
            self._end(reason)
        return unpacked

    def _carefully(self, packed: bytes) -> bytes:
        """Return what the packed bytes stand for up to the damage among them.

        What was unpacked in one go with the damage is lost, so the file is unpacked anew, and this
        part of it byte by byte. A pipe cannot be; but of it, that is a few bytes.
        """
        if self._begin is None:
            return b""
        self._packed.seek(self._begin)
        frames = Frames(self._kind.start)
        for _ in range(self._mouthfuls):
            frames.feed(self._packed.read(self._mouthful))
        unpacked = []
        with suppress(self._kind.error):
            for byte in packed:
                unpacked.append(frames.feed(bytes([byte])))  # noqa: PERF401 - what there is, is kept
        return b"".join(unpacked)

    def _count(self, unpacked: bytes) -> None:
        if unpacked:
            self._size += len(unpacked)
            self._lines += unpacked.count(b"\n")
            self._within_line = not unpacked.endswith(b"\n")

    def _end(self, reason: str) -> None:
        if not self._size:
            raise DamagedError(reason)
        self._tell(Damage(reason, self._size, self._lines + self._within_line))

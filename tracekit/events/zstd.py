"""Zstandard files (RFC 8878), unpacked in bounded memory; a missing end is told, as for the other kinds."""

import io
from typing import Any

MOUTHFUL = 1024
"""Packed bytes that are unpacked at once. A block of 4 bytes can stand for 128 KiB, so these for 32 MiB."""
WINDOW = 1 << 31
"""Bytes that a frame may refer back to: ``zstd --long=31`` packs so; memory is taken as it is needed."""


class DamagedError(Exception):
    """The packed bytes cannot be unpacked."""


class Zstd(io.RawIOBase):
    """The bytes that were packed."""

    def __init__(self, packed: io.BufferedReader) -> None:
        """Begin to unpack what this reads."""
        import zstandard  # noqa: PLC0415 - most logs do without

        self._packed = packed
        self._error = zstandard.ZstdError
        self._frames = zstandard.ZstdDecompressor(max_window_size=WINDOW)
        self._frame = self._frames.decompressobj()
        self._begun = False
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        """Tell that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Unpack some bytes; 0 at the end.

        Raises:
            EOFError: the last frame is cut.
            DamagedError: a frame is damaged.
        """
        while not self._ready and (packed := self._packed.read(MOUTHFUL)):
            self._ready = memoryview(self._unpack(packed))
        if not self._ready and self._begun:
            raise EOFError("the file ended before its last frame did")
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _unpack(self, packed: bytes) -> bytes:
        """Unpack what may be the end of one frame and the beginning of the next."""
        unpacked = []
        while packed:
            self._begun = True
            try:
                unpacked.append(self._frame.decompress(packed))
            except self._error as error:
                raise DamagedError(error) from error
            packed = b""
            if self._frame.eof:
                packed = self._frame.unused_data
                self._frame, self._begun = self._frames.decompressobj(), False
        return b"".join(unpacked)

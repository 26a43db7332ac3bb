"""The pipe of death: the parent writes one byte for every child that is to leave.

All children read the same pipe, so who reads a byte is the one that leaves. When
the parent itself is gone, the pipe has no writer left, and every child leaves.
"""

import os

RESTART = b"$"  # leave now, as httpd writes it for a restart that is not graceful


class PipeOfDeath:
    """One pipe, made before the first fork."""

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()

    def close_write_end(self) -> None:
        """Give up writing; every child does so, or nobody would notice a dead parent."""
        os.close(self._write_end)

    def kill(self, children: int) -> None:
        """Tell that many children to leave."""
        os.write(self._write_end, RESTART * children)

    def wait(self) -> None:
        """Block until this child is told to leave (main thread of a threaded child)."""
        os.read(self._read_end, 1)

    def never_block(self) -> None:
        """Make the pipe one to look into now and then (prefork, where nobody waits for it)."""
        os.set_blocking(self._read_end, False)

    def check(self) -> bool:
        """Say whether this child is to leave (prefork, before every connection)."""
        try:
            os.read(self._read_end, 1)
        except BlockingIOError:
            return False
        return True

"""The pipe of death: the parent writes one byte for every child that is to leave.

All children of a generation read the same pipe, so who reads a byte is the one that
leaves. When the parent itself is gone, the pipe has no writer left, and every child
leaves (httpd's ap_mpm_pod_* and ap_mpm_podx_* in server/mpm_unix.c).
"""

import contextlib
import os

GRACEFUL = b"!"  # finish what there is to do, then leave
RESTART = b"$"  # leave now


class PipeOfDeath:
    """The pipe of one generation, made before its first fork."""

    def __init__(self, *, one_process: bool = False) -> None:
        """Open it; with one process there is no child to close its write end."""
        self._read_end, self._write_end = os.pipe()
        self._one_process = one_process
        os.set_blocking(self._write_end, False)  # a full pipe is not to hold up the parent

    def close_write_end(self) -> None:
        """Give up writing; every child does so, or nobody would notice a dead parent."""
        if not self._one_process:
            os.close(self._write_end)

    def close(self) -> None:
        """Close both ends in the parent: what is in the pipe can still be read by the children."""
        os.close(self._read_end)
        os.close(self._write_end)

    def graceful(self, children: int) -> None:
        """Tell that many children to leave when they have done what they have to do."""
        self._write(GRACEFUL * children)

    def kill(self, children: int) -> None:
        """Tell that many children to leave at once."""
        self._write(RESTART * children)

    def _write(self, data: bytes) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._write_end, data)

    def wait(self) -> bytes:
        """Block until this child is told to leave (main thread of a threaded child).

        Returns:
            :data:`GRACEFUL`, :data:`RESTART`, or nothing at all when the parent is gone.
        """
        return os.read(self._read_end, 1)

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

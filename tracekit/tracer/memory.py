"""Reading a traced task's memory.

process_vm_readv(2) needs no file that goes stale at an exec. It may stop early
at a page that cannot be read; what was read up to there is returned.
"""

import ctypes
import struct

PAGE = 4096

_LIMIT = 1 << 20
"""Nothing that is printed needs more; a length given by the traced program may be anything."""

# Reads are on the way of each stop: one buffer serves them all, the two iovecs (uio.h) stand in memory that
# is filled by hand, and without argtypes ctypes makes the call in half the time.
_transfer = ctypes.CDLL(None, use_errno=True).process_vm_readv
_buffer = ctypes.create_string_buffer(_LIMIT)
_data = memoryview(_buffer).cast("B")
_IOVEC = struct.Struct("=QQ")
_vectors = ctypes.create_string_buffer(2 * _IOVEC.size)
_local = ctypes.c_void_p(ctypes.addressof(_vectors))
_remote = ctypes.c_void_p(ctypes.addressof(_vectors) + _IOVEC.size)
_IOVEC.pack_into(_vectors, 0, ctypes.addressof(_buffer), _LIMIT)
_fill_remote = _IOVEC.pack_into


def read(tid: int, address: int, size: int) -> bytes:
    """Return up to ``size`` bytes from ``address`` on; fewer, or none, where memory cannot be read."""
    if size <= 0 or not address:
        return b""
    _fill_remote(_vectors, _IOVEC.size, address, min(size, _LIMIT))
    got = _transfer(tid, _local, 1, _remote, 1, 0)
    if got <= 0 and address % PAGE + size > PAGE:
        # Some kernels refuse the whole piece when its end is unreadable.
        _fill_remote(_vectors, _IOVEC.size, address, PAGE - address % PAGE)
        got = _transfer(tid, _local, 1, _remote, 1, 0)
    return _data[:got].tobytes() if got > 0 else b""

"""Reading a traced task's memory.

process_vm_readv(2) needs no file that goes stale at an exec. It may stop early
at a page that cannot be read; what was read up to there is returned.
"""

import ctypes
from ctypes import POINTER, Structure, byref, c_long, c_size_t, c_ssize_t, c_ulong, c_void_p

PAGE = 4096

_LIMIT = 1 << 20
"""Nothing that is printed needs more; a length given by the traced program may be anything."""


class _Vector(Structure):
    """struct iovec, uio.h."""

    _fields_ = (("base", c_void_p), ("length", c_size_t))


_libc = ctypes.CDLL(None, use_errno=True)
_transfer = _libc.process_vm_readv
_transfer.argtypes = (c_long, POINTER(_Vector), c_ulong, POINTER(_Vector), c_ulong, c_ulong)
_transfer.restype = c_ssize_t

# One buffer serves every read, and the kernel is told of it once: reads are on the way of each stop.
_buffer = ctypes.create_string_buffer(_LIMIT)
_start = ctypes.addressof(_buffer)
_local = _Vector(_start, _LIMIT)
_remote = _Vector(0, 0)
_to, _from = byref(_local), byref(_remote)


def read(tid: int, address: int, size: int) -> bytes:
    """Return up to ``size`` bytes from ``address`` on; fewer, or none, where memory cannot be read."""
    if size <= 0 or not address:
        return b""
    _remote.base = address
    _remote.length = min(size, _LIMIT)
    got = _transfer(tid, _to, 1, _from, 1, 0)
    if got <= 0 and address % PAGE + size > PAGE:
        # Some kernels refuse the whole piece when its end is unreadable.
        _remote.length = PAGE - address % PAGE
        got = _transfer(tid, _to, 1, _from, 1, 0)
    return ctypes.string_at(_start, got) if got > 0 else b""

"""Reading a traced task's memory.

process_vm_readv(2) needs no file that goes stale at an exec. It may stop early
at a page that cannot be read; what was read up to there is returned.
"""

import ctypes
from ctypes import POINTER, Structure, byref, c_long, c_size_t, c_ssize_t, c_ulong, c_void_p

PAGE = 4096


class _Vector(Structure):
    """struct iovec, uio.h."""

    _fields_ = (("base", c_void_p), ("length", c_size_t))


_libc = ctypes.CDLL(None, use_errno=True)
_read = _libc.process_vm_readv
_read.argtypes = (c_long, POINTER(_Vector), c_ulong, POINTER(_Vector), c_ulong, c_ulong)
_read.restype = c_ssize_t

_LIMIT = 1 << 20
"""Nothing that is printed needs more; a length given by the traced program may be anything."""


def read(tid: int, address: int, size: int) -> bytes:
    """Return up to ``size`` bytes from ``address`` on; fewer, or none, where memory cannot be read."""
    size = min(size, _LIMIT)
    if size <= 0 or not address:
        return b""
    buffer = ctypes.create_string_buffer(size)
    got = _transfer(tid, address, buffer, size)
    if got <= 0 and (address % PAGE) + size > PAGE:
        # Some kernels refuse the whole piece when its end is unreadable.
        got = _transfer(tid, address, buffer, PAGE - address % PAGE)
    return buffer.raw[:got] if got > 0 else b""


def _transfer(tid: int, address: int, buffer: ctypes.Array[ctypes.c_char], size: int) -> int:
    local = _Vector(ctypes.addressof(buffer), size)
    remote = _Vector(address, size)
    return int(_read(tid, byref(local), 1, byref(remote), 1, 0))

"""Reading a traced task's memory, while it stands at a stop.

process_vm_readv(2) needs no file that goes stale at an exec. What a stop's arguments point to
often lies side by side, so whole pages are read and kept until the next stop. Where the call
is not to be had (a seccomp filter, an old kernel) words are peeked one by one.
"""

import ctypes
import errno
import struct

from tracekit.tracer.kernel import ptrace

PAGE = 4096

_LIMIT = 1 << 20
"""Nothing that is printed needs more; a length given by the traced program may be anything."""
_SOME_PAGES = 4
"""So many pages of one read are kept; what is longer is not looked at twice."""
_END = 1 << 64
_WORD = 8
_REFUSED = frozenset({errno.ENOSYS, errno.EPERM})

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


Pages = dict[int, bytes]
"""Pages of one task at one stop, by their addresses."""


def read(tid: int, address: int, size: int, pages: Pages | None = None) -> bytes:
    """Return up to ``size`` bytes from ``address`` on; fewer, or none, where memory cannot be read.

    Pages that were read are kept in ``pages``, which serve as long as the task stands.
    """
    if size <= 0 or not 0 < address < _END:
        return b""
    pages = {} if pages is None else pages
    at = address % PAGE
    start = address - at
    if at + size <= PAGE:
        page = pages.get(start)
        if page is None:
            page = pages[start] = _direct(tid, start, PAGE)
        return page[at : at + size]
    if at + size <= _SOME_PAGES * PAGE:
        return _across(tid, address, size, pages)
    got = _direct(tid, address, min(size, _LIMIT, _END - address))
    # Some kernels refuse the whole piece when its end is unreadable.
    return got or read(tid, address, PAGE - at)


def _across(tid: int, address: int, size: int, pages: Pages) -> bytes:
    """Read what stands in several pages, up to the first of them that cannot be read."""
    at = address % PAGE
    pieces = []
    for start in range(address - at, min(address + size, _END), PAGE):
        if start not in pages:
            pages[start] = _direct(tid, start, PAGE)
        pieces.append(pages[start])
        if len(pieces[-1]) < PAGE:
            break
    return b"".join(pieces)[at : at + size]


def transfer(tid: int, address: int, size: int) -> bytes | None:
    """Make the call alone: what it read, or None and an error number in ``ctypes.get_errno()``."""
    _fill_remote(_vectors, _IOVEC.size, address, size)
    got = _transfer(tid, _local, 1, _remote, 1, 0)
    return None if got < 0 else _data[:got].tobytes()


def _direct(tid: int, address: int, size: int) -> bytes:
    read = transfer(tid, address, size)
    if read is None:
        return _peeked(tid, address, size) if ctypes.get_errno() in _REFUSED else b""
    return read


def _peeked(tid: int, address: int, size: int) -> bytes:
    """Read word by word, as far as the task can be peeked into."""
    skipped = address % _WORD
    pieces = []
    for at in range(address - skipped, address + size, _WORD):
        word = ptrace.peek(tid, at)
        if word is None:
            break
        pieces.append(word)
    return b"".join(pieces)[skipped : skipped + size]

"""Memory of a task that stands still: pages that are kept, the ends of what can be read, and peeking."""

import ctypes
import errno
import mmap
import os
import signal
from collections.abc import Iterator

import pytest

from tests.support.requirements import need_ptrace
from tracekit.tracer.kernel import memory, ptrace

PAGE = memory.PAGE
libc = ctypes.CDLL(None, use_errno=True)


@pytest.fixture
def pages() -> Iterator[int]:
    """Three pages of our own, the last of which cannot be read: their address."""
    block = mmap.mmap(-1, 3 * PAGE)
    block[:] = bytes(at % 251 for at in range(3 * PAGE))
    view = (ctypes.c_char * (3 * PAGE)).from_buffer(block)
    address = ctypes.addressof(view)
    assert libc.mprotect(ctypes.c_void_p(address + 2 * PAGE), PAGE, 0) == 0
    yield address
    libc.mprotect(ctypes.c_void_p(address + 2 * PAGE), PAGE, mmap.PROT_READ | mmap.PROT_WRITE)


def expected(start: int, end: int) -> bytes:
    return bytes(at % 251 for at in range(start, end))


@pytest.mark.parametrize(
    ("start", "size", "end"),
    [
        (0, 16, 16),
        (PAGE - 4, 8, PAGE + 4),
        (3, 2 * PAGE - 3, 2 * PAGE),
        (2 * PAGE - 5, 64, 2 * PAGE),
        (2 * PAGE, 8, 2 * PAGE),
        (10, 3 * PAGE, 2 * PAGE),
        (10, 1 << 30, 2 * PAGE),
    ],
)
def test_what_can_be_read_is_read_up_to_the_page_that_cannot(
    pages: int, start: int, size: int, end: int
) -> None:
    assert memory.read(os.getpid(), pages + start, size) == expected(start, end)
    assert memory.read(os.getpid(), pages + start, size, {}) == expected(start, end)


def test_nothing_is_read_at_null_or_behind_the_end_of_all_memory() -> None:
    for address in (0, -1, 1 << 64, (1 << 64) - 8):
        assert memory.read(os.getpid(), address, 64) == b""
    assert memory.read(os.getpid(), 4096 * 1000, 0) == b""


def test_pages_are_read_once_as_long_as_they_are_kept(pages: int) -> None:
    kept: memory.Pages = {}
    before = memory.read(os.getpid(), pages + 8, 8, kept)
    ctypes.memset(pages + 8, 0, 8)
    assert memory.read(os.getpid(), pages + 8, 8, kept) == before
    assert memory.read(os.getpid(), pages + 4, 2 * PAGE - 4, kept)[4:12] == before
    kept.clear()
    assert memory.read(os.getpid(), pages + 8, 8, kept) == bytes(8)


def test_where_the_call_is_refused_words_are_peeked(pages: int, monkeypatch: pytest.MonkeyPatch) -> None:
    need_ptrace()

    def refuse(_tid: int, _address: int, _size: int) -> None:
        ctypes.set_errno(errno.ENOSYS)

    monkeypatch.setattr(memory, "transfer", refuse)
    ready, say = os.pipe()
    child = os.fork()
    if not child:  # a tracer may look into a page that is merely protected, not into one that is not there
        libc.munmap(ctypes.c_void_p(pages + 2 * PAGE), PAGE)
        os.write(say, b"1")
        signal.pause()
        os._exit(0)
    try:
        os.read(ready, 1)
        ptrace.seize(child, follow=False)
        ptrace.interrupt(child)
        os.waitpid(child, 0)
        assert memory.read(child, pages + 3, 40) == expected(3, 43)
        assert memory.read(child, pages + 2 * PAGE - 5, 64) == expected(2 * PAGE - 5, 2 * PAGE)
        assert memory.read(child, pages + 2 * PAGE, 64) == b""
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ready)
        os.close(say)


def test_peeking_a_task_that_nobody_holds_reads_nothing(pages: int) -> None:
    assert ptrace.peek(os.getpid(), pages) is None

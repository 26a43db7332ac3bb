"""A response on its way into a socket that may be full at any time.

As in httpd (server/core_filters.c) what is in memory goes out in one writev, head and mapped file
together, and a file with EnableSendfile from 256 bytes on by sendfile. While more is to follow, the
socket is corked, so that no segment leaves half full.
"""

import errno
import mmap
import os
import socket
from collections import deque

from ..http.response import FilePart, Response

WINDOW = 4 << 20  # bytes of a file that are mapped at a time, apr's MMAP_LIMIT
SMALLEST_MAPPING = 4096  # bytes; to map and unmap less takes longer than to read it
READ_SIZE = 65536  # bytes of a file at a time, where mapping is off
SMALLEST_SENDFILE = 256  # bytes, httpd's AP_MIN_SENDFILE_BYTES
ENOUGH = 65536  # bytes that are collected before they are written, httpd's flush threshold
MOST_BUFFERS = os.sysconf("SC_IOV_MAX")  # in one writev

Buffer = bytes | memoryview | mmap.mmap


class FileChangedError(OSError):
    """The file has become shorter than its Content-Length while it was sent: the client must be left."""


class Sender:
    """What is left to be sent of one response."""

    __slots__ = ("_buffers", "_corked", "_left", "_response", "_size", "_socket")

    def __init__(self, connection: socket.socket, response: Response) -> None:
        self._socket = connection
        self._response = response
        self._buffers: list[Buffer] = [response.head]
        self._size = len(response.head)  # of all buffers
        self._left = deque(response.content)
        self._corked = False

    def send(self) -> bool:
        """Send as much as the socket takes; False when it is full.

        Raises:
            FileChangedError: the file ends too early.
            OSError: the client is gone.
        """
        try:
            while True:
                if self._left:
                    self._collect()
                if self._buffers:
                    self._write()
                elif self._left:
                    self._send_file()
                else:
                    return True
        except BlockingIOError:
            return False
        finally:
            if self._corked:
                self._cork(on=False)

    def _collect(self) -> None:
        """Get in memory what the next write takes."""
        left = self._left
        while left and self._size < ENOUGH and len(self._buffers) < MOST_BUFFERS:
            piece = left[0]
            if isinstance(piece, bytes):
                left.popleft()
                buffer: Buffer = piece
            elif self._response.use_sendfile and piece.length >= SMALLEST_SENDFILE:
                break
            else:
                buffer = self._load(piece)
            self._buffers.append(buffer)
            self._size += len(buffer)
        if left and self._buffers and not self._corked:
            self._cork(on=True)

    def _load(self, part: FilePart) -> Buffer:
        """Return the first bytes of a part of the file; mapped ones are left to the kernel to touch.

        A page of a mapping that the file has lost meanwhile would end the process if it were
        touched here; the kernel only refuses to send it (EFAULT).
        """
        response = self._response
        mapped = response.use_mmap and part.length >= SMALLEST_MAPPING
        length = min(part.length, WINDOW if mapped else READ_SIZE)
        buffer: Buffer
        if mapped:
            buffer = _map(response.file, FilePart(part.offset, length))
        else:
            buffer = os.pread(response.file, length, part.offset)
            if len(buffer) < length:
                raise FileChangedError
        self._advance(part, length)
        return buffer

    def _advance(self, part: FilePart, sent: int) -> None:
        """Take bytes away from the first part that is left."""
        if sent == part.length:
            self._left.popleft()
        else:
            self._left[0] = FilePart(part.offset + sent, part.length - sent)

    def _write(self) -> None:
        """Write the buffers once, and keep what the kernel did not take."""
        try:
            written = os.writev(self._socket.fileno(), self._buffers)
        except OSError as error:
            raise FileChangedError if error.errno == errno.EFAULT else error from None
        self._response.sent += written
        self._size -= written
        if not self._size:
            self._buffers = []
            return
        for index, buffer in enumerate(self._buffers):
            if written < len(buffer):
                self._buffers[: index + 1] = [memoryview(buffer)[written:]]
                return
            written -= len(buffer)

    def _send_file(self) -> None:
        """Have the kernel send from the file once."""
        part = self._left[0]
        assert isinstance(part, FilePart)  # bytes are among the buffers by now
        sent = os.sendfile(self._socket.fileno(), self._response.file, part.offset, part.length)
        if sent == 0:
            raise FileChangedError
        self._response.sent += sent
        self._advance(part, sent)

    def _cork(self, *, on: bool) -> None:
        """Let the kernel hold back a segment that is not full, or send it."""
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, on)
        self._corked = on


def _map(file: int, part: FilePart) -> Buffer:
    """Map a part of a file; a mapping begins at the start of a page."""
    before = part.offset % mmap.ALLOCATIONGRANULARITY
    try:
        mapping = mmap.mmap(
            file,
            before + part.length,
            flags=mmap.MAP_SHARED,
            prot=mmap.PROT_READ,
            offset=part.offset - before,
        )
    except ValueError:  # it does not reach so far any more
        raise FileChangedError from None
    return memoryview(mapping)[before:] if before else mapping

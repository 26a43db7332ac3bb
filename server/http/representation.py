"""What is sent of a file: all of it, some ranges, or only that it has not changed (RFC 9110, 13 and 14)."""

import os
import secrets
import time
from functools import lru_cache
from typing import NamedTuple

from . import conditions, ranges
from .conditions import WEAK, Validators
from .dates import http_date
from .ranges import RangeLimits
from .request import Request
from .response import FilePart, Header, Response
from .status import HttpError

ETAG_PARTS = frozenset({"mtime", "size"})
WEAK_FOR_NS = 10**9  # after a modification: another one could leave the same time behind
BOUNDARY_BYTES = 8
REMEMBERED_STATES = 1024
DEFAULT_LIMITS = RangeLimits()


class FileOptions(NamedTuple):
    """What the configuration says of sending a file.

    Attributes:
        use_mmap, use_sendfile: EnableMMAP, EnableSendfile.
        etag_parts: FileETag: any of inode, mtime and size.
        limits: MaxRanges and its like.
    """

    use_mmap: bool = True
    use_sendfile: bool = False
    etag_parts: frozenset[str] = ETAG_PARTS
    limits: RangeLimits = DEFAULT_LIMITS


DEFAULT_OPTIONS = FileOptions()


def file_response(
    request: Request,
    file: int,
    info: os.stat_result,
    media_type: bytes | None,
    *,
    headers: tuple[Header, ...] = (),
    options: FileOptions = DEFAULT_OPTIONS,
    status: int = 200,
) -> Response:
    """Answer a GET, HEAD or POST with a file.

    Args:
        request: what is asked.
        file: descriptor of a regular file; it becomes the response's and is closed with it,
            or at once when an error is raised.
        info: what fstat says of it.
        media_type: Content-Type; None for a file whose type is not known.
        headers: more fields about the content (Content-Encoding, Content-Language).
        options: from the configuration.
        status: of the page of an ErrorDocument, for which there are neither conditions nor ranges.

    Raises:
        HttpError: 416, none of the ranges is in the file.
    """
    response = Response(status, [])
    response.file = file
    response.use_mmap, response.use_sendfile = options.use_mmap, options.use_sendfile
    try:
        parts = _selected(response, request, info, options)
    except BaseException:
        response.close()
        raise
    if response.status != 304:  # which says only what tells states apart (RFC 9110, 15.4.5)
        _fill(response, parts, info.st_size, media_type)
        response.headers += headers
    return response


class _State(NamedTuple):
    """One state of a file, and the fields that tell it from others."""

    validators: Validators
    fields: tuple[Header, ...]


@lru_cache(maxsize=REMEMBERED_STATES)
def _state(inode: int, size: int, mtime_ns: int, etag_parts: frozenset[str]) -> _State:
    """Describe the state of a file that was not modified just now."""
    return _described(_entity_tag(inode, size, mtime_ns, etag_parts), mtime_ns // 10**9)


def _recent(state: _State, now_ns: int) -> _State:
    """Describe a file that was: its tag is weak, and a date to come counts as today's (RFC 9110, 8.8.2.1)."""
    etag = state.validators.etag
    return _described(etag and WEAK + etag, min(state.validators.modified, now_ns // 10**9))


def _state_of(info: os.stat_result, etag_parts: frozenset[str]) -> _State:
    """Return the state that fstat shows."""
    state = _state(info.st_ino, info.st_size, info.st_mtime_ns, etag_parts)
    now_ns = time.time_ns()
    return state if now_ns - info.st_mtime_ns > WEAK_FOR_NS else _recent(state, now_ns)


def _described(etag: bytes, modified: int) -> _State:
    fields = [(b"Last-Modified", http_date(modified)), (b"ETag", etag), (b"Accept-Ranges", b"bytes")]
    return _State(Validators(etag, modified), tuple(field for field in fields if field[1]))


def _entity_tag(inode: int, size: int, mtime_ns: int, parts: frozenset[str]) -> bytes:
    """Return httpd's entity tag: FileETag's parts in hexadecimal, the time in microseconds; b'' for none."""
    values = {"inode": inode, "size": size, "mtime": mtime_ns // 1000}
    tag = b"-".join([b"%x" % value for name, value in values.items() if name in parts])
    return tag and b'"' + tag + b'"'


def _selected(
    response: Response, request: Request, info: os.stat_result, options: FileOptions
) -> list[FilePart] | None:
    """Say which state the file is in and what the preconditions lead to; return the parts to be sent.

    None is all of it. A page in the place of an error has neither conditions nor ranges.
    """
    state = _state_of(info, options.etag_parts)
    response.headers += state.fields
    if not request.is_conditional or response.status != 200:
        return None
    response.status = conditions.evaluate(request, state.validators)
    return _wanted(request, info.st_size, state, options.limits) if response.status == 200 else []


def _wanted(request: Request, size: int, state: _State, limits: RangeLimits) -> list[FilePart] | None:
    """Return the parts of the file that Range asks for; None for no range, and so for all of it.

    Raises:
        HttpError: 416, there are no such parts.
    """
    field = request.headers.get(b"range")
    # A range is defined for GET alone (RFC 9110, 14.2), and there is none of nothing.
    if field is None or not size or request.method != b"GET":
        return None
    if not conditions.range_applies(request.headers, state.validators):
        return None
    parts = ranges.parse(field, size, limits)
    if parts == []:
        raise HttpError(416, ((b"Content-Range", b"bytes */%d" % size),))
    return parts


def _fill(response: Response, parts: list[FilePart] | None, size: int, media_type: bytes | None) -> None:
    """Set the content: all of the file for None, else parts of it; none of it is the body of a 412."""
    if parts is None:
        response.content = [FilePart(0, size)] if size else []
        response.content_length = size
    elif len(parts) == 1:
        response.status = 206
        response.headers.append((b"Content-Range", _content_range(parts[0], size)))
        response.set_content(list(parts))
    elif parts:
        response.status = 206
        boundary = secrets.token_hex(BOUNDARY_BYTES).encode()
        response.set_content(_multipart(parts, size, media_type, boundary))
        media_type = b"multipart/byteranges; boundary=" + boundary
    if media_type is not None:
        response.headers.append((b"Content-Type", media_type))


def _multipart(
    parts: list[FilePart], size: int, media_type: bytes | None, boundary: bytes
) -> list[bytes | FilePart]:
    """Return several parts of the file, each with a head of its own (RFC 9110, 14.6)."""
    content: list[bytes | FilePart] = []
    line = b"" if media_type is None else b"Content-type: " + media_type + b"\r\n"
    for part in parts:
        span = _content_range(part, size)
        content += (b"\r\n--" + boundary + b"\r\n" + line + b"Content-range: " + span + b"\r\n\r\n", part)
    return [*content, b"\r\n--" + boundary + b"--\r\n"]


def _content_range(part: FilePart, size: int) -> bytes:
    return b"bytes %d-%d/%d" % (part.offset, part.offset + part.length - 1, size)

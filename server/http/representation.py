"""What is sent of a file: all of it, some ranges, or only that it has not changed (RFC 9110, 13 and 14)."""

import os
import secrets
import time
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
    now_ns = time.time_ns()
    validators = _validators(info, options.etag_parts, now_ns)
    is_asked_for = status == 200
    if is_asked_for:
        status = conditions.evaluate(request, validators)
    response = Response(status, _validator_fields(validators))
    response.file = file
    response.use_mmap, response.use_sendfile = options.use_mmap, options.use_sendfile
    if is_asked_for and status in (304, 412):
        return response  # nothing is said of the content but what tells states apart (RFC 9110, 15.4.5)
    try:
        parts = _parts(request, info.st_size, validators, options.limits) if is_asked_for else None
    except HttpError:
        response.close()
        raise
    _fill(response, parts, info.st_size, media_type)
    response.headers += headers
    return response


def _validators(info: os.stat_result, etag_parts: frozenset[str], now_ns: int) -> Validators:
    """Return what tells states of the file apart; a modification to come counts as one now (8.8.2.1)."""
    now = now_ns // 10**9
    etag = entity_tag(info, etag_parts, now_ns)
    return Validators(etag, min(info.st_mtime_ns // 10**9, now), now)


def _validator_fields(validators: Validators) -> list[Header]:
    fields = [(b"Last-Modified", http_date(validators.modified)), (b"Accept-Ranges", b"bytes")]
    if validators.etag:
        fields.insert(1, (b"ETag", validators.etag))
    return fields


def entity_tag(info: os.stat_result, parts: frozenset[str], now_ns: int) -> bytes:
    """Return httpd's entity tag: FileETag's parts in hexadecimal, the time in microseconds; b'' for none."""
    values = []
    if "inode" in parts:
        values.append(b"%x" % info.st_ino)
    if "size" in parts:
        values.append(b"%x" % info.st_size)
    if "mtime" in parts:
        values.append(b"%x" % (info.st_mtime_ns // 1000))
    if not values:
        return b""
    weak = b"" if now_ns - info.st_mtime_ns > WEAK_FOR_NS else WEAK
    return weak + b'"' + b"-".join(values) + b'"'


def _parts(request: Request, size: int, validators: Validators, limits: RangeLimits) -> list[FilePart] | None:
    """Return the parts of the file that Range asks for; None for no range, and so for all of it.

    Raises:
        HttpError: 416, there are no such parts.
    """
    field = request.headers.get(b"range")
    # A range is defined for GET alone (RFC 9110, 14.2), and there is none of nothing.
    if field is None or not size or request.method != b"GET":
        return None
    if not conditions.range_applies(request.headers, validators):
        return None
    parts = ranges.parse(field, size, limits)
    if parts == []:
        raise HttpError(416, ((b"Content-Range", b"bytes */%d" % size),))
    return parts


def _fill(response: Response, parts: list[FilePart] | None, size: int, media_type: bytes | None) -> None:
    """Set the content, and what the fields say of it."""
    if parts is None:
        response.set_content([FilePart(0, size)] if size else [])
    elif len(parts) == 1:
        response.status = 206
        response.headers.append((b"Content-Range", _content_range(parts[0], size)))
        response.set_content(list(parts))
    else:
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
    line = b"" if media_type is None else b"Content-Type: " + media_type + b"\r\n"
    for part in parts:
        span = _content_range(part, size)
        content += (b"\r\n--" + boundary + b"\r\n" + line + b"Content-Range: " + span + b"\r\n\r\n", part)
    return [*content, b"\r\n--" + boundary + b"--\r\n"]


def _content_range(part: FilePart, size: int) -> bytes:
    return b"bytes %d-%d/%d" % (part.offset, part.offset + part.length - 1, size)

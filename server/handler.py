"""The static file handler: one request to one response."""

import os
import stat
import traceback

from . import files
from .error_log import ErrorLog
from .http import conditions
from .http.dates import http_date
from .http.request import Request
from .http.response import Header, Response, error_response
from .http.status import HttpError
from .http.target import decode_path, encode_path
from .media_types import MediaTypes
from .sites import Site

ALLOW = (b"Allow", b"GET,HEAD,OPTIONS")
# Methods that httpd knows (modules/http/http_protocol.c): those are not allowed here, others not implemented.
KNOWN_METHODS = frozenset(
    b"PUT POST DELETE CONNECT TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT "
    b"VERSION-CONTROL CHECKOUT UNCHECKOUT CHECKIN UPDATE LABEL MKWORKSPACE MKACTIVITY "
    b"BASELINE-CONTROL MERGE".split()
)
SMALL_FILE = 65536  # bytes that are read and written together with the head; more goes through sendfile


class StaticFiles:
    """Serves the files of all sites."""

    def __init__(self, media_types: MediaTypes, error_log: ErrorLog) -> None:
        self._media_types = media_types
        self._error_log = error_log

    def respond(self, request: Request, site: Site, authority: bytes, client: tuple[str, int]) -> Response:
        """Return the response; every refusal is one, too.

        Args:
            request: a request whose body has been read.
            site: the host that it is for.
            authority: host and port for a redirect.
            client: address and port, for the error log.
        """
        path = b""
        try:
            if request.method not in (b"GET", b"HEAD"):
                return _other_method(request)
            if request.headers.get(b"expect", b"").lower() not in (b"", b"100-continue"):
                raise HttpError(417)
            url_path = decode_path(request.origin)
            path = site.file_path(url_path)
            info = files.find(site, path)
            if stat.S_ISDIR(info.st_mode):
                if not url_path.endswith(b"/"):
                    raise HttpError(301, (_location(request, url_path, authority),))
                path = files.find_index(site, path)
            response = self._file(request, site, path)
        except HttpError as error:
            if error.reason:
                self._error_log.log("core", error.level, error.reason, client)
            response = error_response(error.status, error.headers)
        except Exception:  # noqa: BLE001  a bug costs one request, and is not mistaken for a client that left
            self._error_log.log("core", "crit", traceback.format_exc(), client)
            response = error_response(500)
        response.path = path
        return response

    def _file(self, request: Request, site: Site, path: bytes) -> Response:
        """Answer with a file, or with what the client's conditions make of it."""
        fd, info = files.open_regular(site, path)
        response = Response(200, [])
        response.file = fd
        try:
            self._describe(response, request, path, info)
        except BaseException:
            response.close()
            raise
        return response

    def _describe(self, response: Response, request: Request, path: bytes, info: os.stat_result) -> None:
        """Fill in status, fields and content."""
        etag, modified = _etag(info), int(info.st_mtime)
        response.status = conditions.evaluate(request.headers, etag, modified) or 200
        if response.status == 412:
            raise HttpError(412)
        response.headers = [(b"Last-Modified", http_date(modified)), (b"ETag", etag)]
        if response.status == 304:
            return  # no more about the content than its validators (RFC 9110, 15.4.5)
        media_type = self._media_types.of(path)
        if media_type is not None:
            response.headers.append((b"Content-Type", media_type))
        if info.st_size <= SMALL_FILE:
            response.body = _read_all(response.file, path, info.st_size)
        else:
            response.end = info.st_size


def _read_all(fd: int, path: bytes, size: int) -> bytes:
    """Read a small file; one that shrinks meanwhile is served as short as it is now.

    Raises:
        HttpError: 500, the file system fails.
    """
    try:
        return os.read(fd, size) if size else b""
    except OSError as error:
        raise HttpError(500, reason=b"(%d) cannot read %s" % (error.errno or 0, path)) from None


def _etag(info: os.stat_result) -> bytes:
    """Return httpd's FileETag MTime Size: both in hexadecimal, the time in microseconds."""
    return b'"%x-%x"' % (info.st_size, info.st_mtime_ns // 1000)


def _location(request: Request, url_path: bytes, authority: bytes) -> Header:
    _, question, query = request.origin.partition(b"?")
    return b"Location", b"http://" + authority + encode_path(url_path) + b"/" + question + query


def _other_method(request: Request) -> Response:
    if request.method == b"OPTIONS":
        return Response(200, [ALLOW])
    if request.method in KNOWN_METHODS:
        raise HttpError(405, (ALLOW,))
    raise HttpError(501, (ALLOW,))

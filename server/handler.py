"""The static file handler: one request to one response."""

import stat
import traceback

from . import files
from .error_log import ErrorLog
from .http.representation import file_response
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


class StaticFiles:
    """Serves the files of all sites."""

    def __init__(self, media_types: MediaTypes, error_log: ErrorLog) -> None:
        self._media_types = media_types
        self._error_log = error_log

    def refuse(
        self,
        error: HttpError,
        request: Request,
        site: Site,
        client: tuple[str, int],
        *,
        local: tuple[str, int] = ("", 0),
    ) -> Response:
        """Return the response to a request that the protocol does not allow."""
        del request, site, client, local
        return error_response(error.status, error.headers)

    def respond(
        self,
        request: Request,
        site: Site,
        authority: bytes,
        client: tuple[str, int],
        *,
        local: tuple[str, int] = ("", 0),
    ) -> Response:
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
        return file_response(request, fd, info, self._media_types.of(path))


def _location(request: Request, url_path: bytes, authority: bytes) -> Header:
    _, question, query = request.origin.partition(b"?")
    return b"Location", b"http://" + authority + encode_path(url_path) + b"/" + question + query


def _other_method(request: Request) -> Response:
    if request.method == b"OPTIONS":
        return Response(200, [ALLOW])
    if request.method in KNOWN_METHODS:
        raise HttpError(405, (ALLOW,))
    raise HttpError(501, (ALLOW,))

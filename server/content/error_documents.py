"""ErrorDocument: a text, a path of this server or another URL in the place of the usual page.

httpd's ap_die and ap_send_error_response (modules/http). A path is looked up as if
it had been requested with GET, but keeps the status of the error; when that fails,
too, the usual page names both errors.
"""

import re
from collections.abc import Callable

from ..http.response import Response
from ..http.status import DROPS_CONNECTION, HttpError
from . import error_pages
from .exchange import Exchange

URL = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:")
NUMBER = re.compile(rb"AH[0-9]{5}")
# The modules of httpd whose messages these are; the others are core's.
MODULES = {b"AH01275": "autoindex", b"AH01276": "autoindex", b"AH01588": "http", b"AH01630": "authz_core"}
HEADER_ONLY = frozenset({204, 304})
REDIRECTS = frozenset({300, 301, 302, 303, 307, 308})

LocalDocument = Callable[[Exchange, bytes, int], Response]
"""Answers a path of this server, with query, under the status of an error."""


def answer(exchange: Exchange, error: HttpError, local: LocalDocument) -> Response:
    """Return the response to an error or a redirect; no error comes out of this.

    Args:
        exchange: the request, with the settings that held when it failed.
        error: why.
        local: how a path of this server is answered.
    """
    _log(exchange, error)
    document = exchange.settings.error_documents.get(error.status, b"")
    if document.startswith(b'"'):
        return _response(exchange, error, document[1:])
    if URL.match(document):
        response = _response(exchange, HttpError(302, ((b"Location", document),)))
        response.closes = error.status in DROPS_CONNECTION
        return response
    if not document.startswith(b"/"):
        return _response(exchange, error)
    before = exchange.state
    try:
        response = local(exchange, document, error.status)
    except HttpError as second:
        _log(exchange, second)
        exchange.settings = before[0]
        response = _response(exchange, error, is_second=True)
    else:
        if error.status == 405:  # has to say what is allowed (RFC 9110, 15.5.6)
            response.headers += error.headers
    path = exchange.path  # the log names the file that was tried last, and else what was asked for
    exchange.state = before
    exchange.path = path
    return response


def _response(
    exchange: Exchange, error: HttpError, text: bytes | None = None, *, is_second: bool = False
) -> Response:
    """Return a page of ours, or the administrator's text."""
    if error.status in HEADER_ONLY:
        return Response(error.status, list(error.headers))
    if text is None:
        location = dict(error.headers).get(b"Location", b"") if error.status in REDIRECTS else b""
        text = error_pages.page(exchange, error.status, location, is_second=is_second, notes=error.notes)
    return Response(error.status, [*error.headers, error_pages.CONTENT_TYPE], text)


def _log(exchange: Exchange, error: HttpError) -> None:
    if error.reason:
        number = NUMBER.search(error.reason)
        module = MODULES.get(number[0], "core") if number else "core"
        exchange.log(module, error.level, error.reason)

"""One request to one response: look it up, find who answers, and turn every failure into a page."""

import contextlib
import traceback

from ..config import Options, ServerConfig
from ..http.representation import file_response
from ..http.response import Response
from ..http.status import HttpError
from ..media_types import MediaTypes
from ..processes.scoreboard import Scoreboard
from . import autoindex, crash, directory, error_documents, error_pages, methods, mime, server_status, static
from .exchange import Exchange
from .lookup import Lookup, Resource

STATUS_HANDLER, CRASH_HANDLER = b"server-status", b"crash"


class Content:
    """Answers the requests of all sites."""

    def __init__(self, config: ServerConfig, media_types: MediaTypes, scoreboard: Scoreboard) -> None:
        self._config = config
        self._media_types = media_types
        self._scoreboard = scoreboard
        self._lookups: dict[int, Lookup] = {}

    def respond(self, exchange: Exchange) -> Response:
        """Return the response to a request whose body has been read; every refusal is one, too."""
        try:
            resource = exchange.resource or self._resolve(exchange, _target(exchange))
            response = self._answer(exchange, resource, exchange.request.method)
        except HttpError as error:
            response = self.refuse(exchange, error)
        except Exception:  # noqa: BLE001  a bug costs one request, and is not mistaken for a client that left
            exchange.log("core", "crit", traceback.format_exc())
            response = self.refuse(exchange, HttpError(500))
        return _noted(response, exchange)

    def body_limit(self, exchange: Exchange) -> int:
        """Return how many bytes the request's body may have (LimitRequestBody); 0 for any number.

        What was looked up for that is kept for :meth:`respond`; so are the settings if it was refused.
        """
        with contextlib.suppress(HttpError):  # which comes again when it is answered
            exchange.resource = self._resolve(exchange, _target(exchange))
        return exchange.settings.limit_request_body or 0

    def refuse(self, exchange: Exchange, error: HttpError) -> Response:
        """Return the page of an error or a redirect, or what ErrorDocument says instead."""
        try:
            response = error_documents.answer(exchange, error, self._error_document)
        except Exception:  # noqa: BLE001  the page of last resort needs nothing
            exchange.log("core", "crit", traceback.format_exc())
            response = Response(500, [error_pages.CONTENT_TYPE], error_pages.page(exchange, 500))
        return _noted(response, exchange)

    def _error_document(self, exchange: Exchange, target: bytes, status: int) -> Response:
        """Answer a path of this server in the place of an error page."""
        return self._answer(exchange, self._resolve(exchange, target), b"GET", status)

    def _resolve(self, exchange: Exchange, target: bytes) -> Resource:
        """Look a target up, down to the index file of a directory.

        Raises:
            HttpError: it is refused, or redirected.
        """
        lookup = self._lookup(exchange)
        path, question, query = target.partition(b"?")
        resource = lookup.find(exchange, lookup.url_path(path))
        if resource.found.is_directory and not resource.found.path_info:
            return directory.resolve(exchange, lookup, resource, question + query)
        if resource.found.info is None:
            return directory.fall_back(exchange, lookup, resource)
        return resource

    def _answer(self, exchange: Exchange, resource: Resource, method: bytes, status: int = 200) -> Response:
        """Have the handler of a resource answer.

        Raises:
            HttpError: it is refused.
        """
        if method in methods.READING:
            special = self._special(exchange, resource)
            if special is not None:
                special.status = status
                return special
        return self._default(exchange, resource, method, status)

    def _special(self, exchange: Exchange, resource: Resource) -> Response | None:
        """Answer with what is made for the request; None for what the default handler serves."""
        if resource.handler == STATUS_HANDLER:
            return server_status.respond(exchange, self._config.mpm, self._scoreboard)
        if resource.handler == CRASH_HANDLER:
            crash.crash(exchange)
        if not resource.found.is_directory or resource.found.path_info:
            return None
        if resource.handler not in (None, mime.DIRECTORY_TYPE):
            return None
        if Options.INDEXES in (resource.settings.options or Options.NONE):
            return autoindex.respond(exchange, self._lookup(exchange), resource, exchange.query)
        names = resource.settings.directory_index
        tried = b",".join(directory.DEFAULT_INDEX if names is None else names)
        raise HttpError(
            403,
            reason=b"AH01276: Cannot serve directory %s: No matching DirectoryIndex (%s) found, and "
            b"server-generated directory index forbidden by Options directive" % (resource.found.path, tried),
        )

    def _default(self, exchange: Exchange, resource: Resource, method: bytes, status: int) -> Response:
        """Answer with the file; other methods than reading it are not for files."""
        if method not in methods.SERVED:
            return self._other_method(exchange, resource, method)
        static.check(resource)
        fd, info = static.open_file(resource.found)
        return file_response(
            exchange.request,
            fd,
            info,
            resource.content.media_type,
            headers=tuple(resource.content.headers),
            options=resource.options,
            status=status,
        )

    def _other_method(self, exchange: Exchange, resource: Resource, method: bytes) -> Response:
        allow = methods.allow(trace=exchange.site.values.trace_enable)
        if method == b"OPTIONS":
            media_type = resource.content.media_type
            return Response(200, [allow] + ([(b"Content-Type", media_type)] if media_type else []))
        if method in methods.KNOWN:
            raise HttpError(405, (allow,))
        raise HttpError(501, (allow,), b"AH00135: Invalid method in request " + exchange.request.line)

    def _lookup(self, exchange: Exchange) -> Lookup:
        """Return what remembers the rules of a site; sites live as long as this object."""
        lookup = self._lookups.get(id(exchange.site))
        if lookup is None:
            lookup = self._lookups[id(exchange.site)] = Lookup(exchange.site, self._media_types)
        return lookup


def _target(exchange: Exchange) -> bytes:
    """Return path and query of the request; those of CONNECT are none, and it is refused in any case."""
    return b"/" if exchange.request.method == b"CONNECT" else exchange.request.origin


def _noted(response: Response, exchange: Exchange) -> Response:
    """Have the response know what the access log says of it."""
    response.path, response.url_path, response.handler = exchange.path, exchange.url_path, exchange.handler
    response.log_id, response.environment = exchange.log_id, exchange.settings.environment
    return response

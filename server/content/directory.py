"""Directories: the redirect to the name with a slash, and DirectoryIndex (mod_dir)."""

from ..http.status import HttpError
from .escaping import url_of
from .exchange import Exchange
from .lookup import Lookup, Resource
from .mime import DIRECTORY_TYPE

DEFAULT_INDEX = (b"index.html",)


def resolve(exchange: Exchange, lookup: Lookup, directory: Resource, query: bytes) -> Resource:
    """Return the index file of a directory; the directory itself if there is none.

    Args:
        exchange: the request.
        lookup: of its site.
        directory: an existing directory.
        query: what stands behind the target's path, with its question mark.

    Raises:
        HttpError: 301, the slash is missing; or as looking up the index files said.
    """
    exchange.handler = handler = directory.handler or DIRECTORY_TYPE
    if not directory.url_path.endswith(b"/"):
        if directory.settings.directory_slash is False:
            return directory
        raise redirect(exchange, directory.url_path + b"/", query)
    names = directory.settings.directory_index
    failure = None
    for name in DEFAULT_INDEX if names is None else names:
        url_path = name if name.startswith(b"/") else directory.url_path + name
        try:
            index = lookup.find(exchange, url_path)
        except HttpError as error:
            if error.status < 400:
                raise
            failure = failure if error.status == 404 else error
            continue
        if index.is_file:
            status = directory.settings.directory_index_redirect
            if status:
                raise redirect(exchange, url_path, b"", status)
            return index
        if index.found.is_directory and not index.found.path_info and not url_path.endswith(b"/"):
            raise redirect(exchange, url_path + b"/", query)
    exchange.url_path, exchange.path = directory.url_path, directory.found.path
    exchange.settings, exchange.handler = directory.settings, handler
    if failure is not None:
        raise failure
    return directory


def fall_back(exchange: Exchange, lookup: Lookup, missing: Resource) -> Resource:
    """Return FallbackResource's file for what is not there; what is missing itself, if there is none."""
    url_path = missing.settings.fallback_resource
    if missing.found.info is not None or missing.handler is not None or url_path in (None, b"disabled"):
        return missing
    before = exchange.state
    try:
        resource = lookup.find(exchange, url_path)
    except HttpError as error:
        if error.status != 404:
            raise
    else:
        if resource.is_file:
            return resource
    exchange.state = before
    return missing


def redirect(exchange: Exchange, url_path: bytes, query: bytes, status: int = 301) -> HttpError:
    """Return the error that sends the client to another path of this server."""
    return HttpError(status, ((b"Location", exchange.url(url_of(url_path)) + query),))

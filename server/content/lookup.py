"""From a URL path to what answers for it: aliases, the directory walk, ``<Location>``, access, type.

The order is that of httpd's ap_process_request_internal (server/request.c).
"""

import re
import stat
from dataclasses import dataclass

from ..config import DirectorySettings, Section
from ..config.settings import Redirect
from ..http.status import HttpError
from ..media_types import MediaTypes
from ..sites import Site, substituted
from . import mime
from .escaping import url_of
from .exchange import Exchange
from .walk import Found, Walker

PATH_MAX = 4096  # bytes; apr_filepath_merge refuses longer ones


@dataclass(slots=True)
class Resource:
    """What a URL path leads to.

    Attributes:
        url_path: decoded and normalised.
        found: what is in the file system.
        settings: everything that holds for it.
        content: what its name says of its content.
        handler: who answers, by the name of SetHandler or AddHandler; None for the usual one.
    """

    url_path: bytes
    found: Found
    settings: DirectorySettings
    content: mime.Description
    handler: bytes | None

    @property
    def is_file(self) -> bool:
        """There is a regular file, and nothing was asked for behind it."""
        info = self.found.info
        return info is not None and stat.S_ISREG(info.st_mode)


class Lookup:
    """Looks URL paths up in one site."""

    def __init__(self, site: Site, media_types: MediaTypes) -> None:
        self._site = site
        self._media_types = media_types
        self._walker = Walker(site)

    def find(self, exchange: Exchange, url_path: bytes) -> Resource:
        """Return what a URL path leads to, for a client that may have it.

        The exchange learns the settings and the path, for the error page and the log.

        Raises:
            HttpError: a redirect, or the client may not have it.
        """
        locations = [section for section in self._site.locations if section.matches_url(url_path)]
        self._redirect(self._site.redirects, url_path)
        path = self._file_path(url_path, locations)
        if len(path) >= PATH_MAX:
            raise HttpError(403, reason=b"AH00127: Cannot map %s to file" % exchange.request.line)
        exchange.path = path
        found = self._walker.walk(path)
        settings = found.rules.with_sections(self._walker.sections(found) + locations)
        exchange.path = found.path
        exchange.settings = settings
        self._authorize(exchange, found, settings)
        resource = self._describe(url_path, found, settings)
        self._redirect(settings.redirects, url_path)
        return resource

    def entry(self, exchange: Exchange, directory: Resource, name: bytes) -> Resource:
        """Return what a name in a directory leads to, for an index page.

        Raises:
            HttpError: the client may not have it.
        """
        url_path = directory.url_path + name
        locations = [section for section in self._site.locations if section.matches_url(url_path)]
        found = self._walker.walk(directory.found.path + name)
        settings = found.rules.with_sections(self._walker.sections(found) + locations)
        self._authorize(exchange, found, settings)
        return self._describe(url_path, found, settings)

    def _file_path(self, url_path: bytes, locations: list[Section]) -> bytes:
        """Translate to a path without empty components (mod_alias, then DocumentRoot).

        Raises:
            HttpError: 403, the groups of an AliasMatch made a path with ``..``.
        """
        own = [section.settings.alias for section in locations if section.settings.alias is not None]
        path = own[-1] if own else self._site.file_path(url_path)
        if b"//" in path:
            path = re.sub(rb"/{2,}", b"/", path)
        if b"/../" in path + b"/":
            raise HttpError(403, reason=b"AH00127: Cannot map %s to file: %s" % (url_path, path))
        return path

    @staticmethod
    def _redirect(redirects: tuple[Redirect, ...], url_path: bytes) -> None:
        """Raise the first Redirect that is for this path."""
        for redirect in redirects:
            target = _redirected(redirect, url_path)
            if target is not None:
                raise HttpError(redirect.status, ((b"Location", target),) if target else ())

    @staticmethod
    def _authorize(exchange: Exchange, found: Found, settings: DirectorySettings) -> None:
        require = settings.require
        if require is not None and not require.allows(
            exchange.client[0], exchange.request.method, exchange.local[0]
        ):
            raise HttpError(403, reason=b"AH01630: client denied by server configuration: " + found.path)

    def _describe(self, url_path: bytes, found: Found, settings: DirectorySettings) -> Resource:
        if found.is_directory:
            content = mime.Description(mime.DIRECTORY_TYPE, None, None, None)
        else:
            content = mime.describe(found.path, settings, self._media_types)
        handler = settings.set_handler
        if handler is None or handler == b"none":
            handler = content.handler
        return Resource(url_path, found, settings, content, handler)


def _redirected(redirect: Redirect, url_path: bytes) -> bytes | None:
    """Return the target of a redirect for a path; b'' for a status alone, None when it is not for it."""
    if isinstance(redirect.pattern, bytes):
        rest = url_path[len(redirect.pattern) :]
        at_component = not rest or rest.startswith(b"/") or redirect.pattern.endswith(b"/")
        if not url_path.startswith(redirect.pattern) or not at_component:
            return None
        return redirect.target and redirect.target + url_of(rest)
    match = redirect.pattern.search(url_path)
    return None if match is None else redirect.target and substituted(redirect.target, match)


def parent_url(url_path: bytes) -> bytes:
    """Return the URL path of the directory above one."""
    return url_path.rstrip(b"/").rpartition(b"/")[0] + b"/"

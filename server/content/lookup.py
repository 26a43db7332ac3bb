"""From a URL path to what answers for it: aliases, the directory walk, ``<Location>``, access, type.

The order is that of httpd's ap_process_request_internal (server/request.c).
"""

import re
import stat
from functools import lru_cache
from typing import NamedTuple

from ..config import DirectorySettings, Section
from ..config.settings import Redirect
from ..http.ranges import RangeLimits
from ..http.representation import FileOptions
from ..http.status import HttpError
from ..http.target import decode_path
from ..media_types import MediaTypes
from ..sites import Site, substituted
from . import mime
from .escaping import substituted_url, url_of
from .exchange import Exchange
from .walk import Found, Rules, StopError, Walker

REMEMBERED = 512  # targets, URL paths and files of which the facts are kept
REMEMBERED_LENGTH = 512  # bytes of the longest of them: what is kept comes from clients
PATH_MAX = 4096  # bytes; apr_filepath_merge refuses longer ones


class Facts(NamedTuple):
    """What the configuration says of a resource; where no ``.htaccess`` is read it follows from the URL path.

    Attributes:
        settings: everything that holds for it.
        content: what its name says of its content.
        handler: who answers, by the name of SetHandler or AddHandler; None for the usual one.
        options: how it is sent, if it is a file.
    """

    settings: DirectorySettings
    content: mime.Description
    handler: bytes | None
    options: FileOptions


class Resource(NamedTuple):
    """What a URL path leads to.

    Attributes:
        url_path: decoded and normalised.
        found: what is in the file system.
        settings, content, handler, options: as in :class:`Facts`.
    """

    url_path: bytes
    found: Found
    settings: DirectorySettings
    content: mime.Description
    handler: bytes | None
    options: FileOptions

    @property
    def is_file(self) -> bool:
        """There is a regular file."""
        info = self.found.info
        return info is not None and stat.S_ISREG(info.st_mode)


class Lookup:
    """Looks URL paths up in one site."""

    def __init__(self, site: Site, media_types: MediaTypes) -> None:
        self._site = site
        self._media_types = media_types
        self._walker = Walker(site)
        self._known_url_path = lru_cache(REMEMBERED)(self._url_path)
        self._file_path = lru_cache(REMEMBERED)(self._translate)
        self._known_facts = lru_cache(REMEMBERED)(self._facts_of_path)

    def url_path(self, target: bytes) -> bytes:
        """Return the decoded, normalised path of a target that has no query.

        Raises:
            HttpError: 400 or 404, it is not valid.
        """
        return (self._known_url_path if len(target) <= REMEMBERED_LENGTH else self._url_path)(target)

    def _url_path(self, target: bytes) -> bytes:
        values = self._site.values
        return decode_path(target, values.allow_encoded_slashes, merge_slashes=values.merge_slashes)

    def find(self, exchange: Exchange, url_path: bytes) -> Resource:
        """Return what a URL path leads to, for a client that may have it.

        The exchange learns the settings and the path, for the error page and the log.

        Raises:
            HttpError: a redirect, or the client may not have it.
        """
        exchange.url_path = url_path
        if self._site.redirects:
            _redirect(self._site.redirects, exchange, url_path)
        is_short = len(url_path) <= REMEMBERED_LENGTH
        exchange.path = path = (self._file_path if is_short else self._translate)(url_path)
        try:
            found = self._walker.walk(path)
        except StopError as error:
            exchange.path = error.path
            raise
        facts = self._facts(url_path, found)
        exchange.path, exchange.settings, exchange.handler = found.path, facts.settings, facts.handler
        _authorize(exchange, found, facts.settings)
        if facts.settings.redirects:
            _redirect(facts.settings.redirects, exchange, url_path)
        return Resource(url_path, found, *facts)

    def entry(self, exchange: Exchange, directory: Resource, name: bytes) -> Resource:
        """Return what a name in a directory leads to, for an index page.

        Raises:
            HttpError: the client may not have it.
        """
        url_path = directory.url_path + name
        found = self._walker.walk(directory.found.path + name)
        # Not remembered: a long list would push out what is asked for.
        facts = self._facts_by_rules(url_path, found.path, found.rules, is_directory=found.is_directory)
        _authorize(exchange, found, facts.settings)
        return Resource(url_path, found, *facts)

    def _translate(self, url_path: bytes) -> bytes:
        """Return the path that a URL path is mapped to, by Alias or DocumentRoot; nothing is looked at.

        Raises:
            HttpError: 400, it is no path; 403, the file's path is too long, or the groups of an
                AliasMatch made one with ``..``.
        """
        if not url_path.startswith(b"/"):
            raise HttpError(400, reason=b"AH00126: Invalid URI in request '%s'" % url_path)
        own = [section.settings.alias for section in self._locations(url_path)]
        path = next((alias for alias in reversed(own) if alias is not None), None)
        if path is None:
            path = self._site.file_path(url_path)
        path = re.sub(rb"/{2,}", b"/", path)
        if len(path) >= PATH_MAX or b"/../" in path + b"/":
            raise HttpError(403, reason=b"AH00127: Cannot map %s to file" % url_path)
        return path

    def _locations(self, url_path: bytes) -> list[Section]:
        return [section for section in self._site.locations if section.matches_url(url_path)]

    def _facts(self, url_path: bytes, found: Found) -> Facts:
        """Return what holds for what was found; it is remembered where it follows from the paths alone."""
        if not found.is_overridden and len(url_path) <= REMEMBERED_LENGTH:
            return self._known_facts(url_path, found.path, found.is_directory)
        return self._facts_by_rules(url_path, found.path, found.rules, is_directory=found.is_directory)

    def _facts_of_path(self, url_path: bytes, path: bytes, is_directory: bool) -> Facts:
        rules = self._walker.rules_at(path, is_directory=is_directory)
        return self._facts_by_rules(url_path, path, rules, is_directory=is_directory)

    def _facts_by_rules(self, url_path: bytes, path: bytes, rules: Rules, *, is_directory: bool) -> Facts:
        """Merge ``<Files>`` and ``<Location>`` over the directory's rules, and describe what is there."""
        sections = self._walker.sections(path, rules) + self._locations(url_path)
        settings = rules.settings
        for section in sections:
            settings = settings.merged(section.settings)
        if is_directory:
            content = mime.Description(mime.DIRECTORY_TYPE, None, None, None)
        else:
            content = mime.describe(path, settings, self._media_types)
        handler = settings.set_handler
        if handler is None or handler == b"none":
            handler = content.handler
        return Facts(settings, content, handler, _file_options(settings))


def _file_options(settings: DirectorySettings) -> FileOptions:
    """Return how a file is sent and described; merged settings have a value for all of it."""
    limits = (settings.max_ranges, settings.max_range_overlaps, settings.max_range_reversals)
    return FileOptions(
        use_mmap=settings.enable_mmap is not False,
        use_sendfile=settings.enable_sendfile is True,
        etag_parts=settings.file_etag or frozenset(),
        limits=RangeLimits(*(limit or 0 for limit in limits)),
    )


def _authorize(exchange: Exchange, found: Found, settings: DirectorySettings) -> None:
    require, request = settings.require, exchange.request
    if require is not None and not require.allows(exchange.client[0], request.method, exchange.local[0]):
        raise HttpError(403, reason=b"AH01630: client denied by server configuration: " + found.path)


def _redirect(redirects: tuple[Redirect, ...], exchange: Exchange, url_path: bytes) -> None:
    """Raise the first Redirect that is for this path; the query goes with it, unless there is one already."""
    for redirect in redirects:
        target = _redirected(redirect, url_path)
        if target is not None:
            if b"?" not in target:
                target = target and target + b"".join(exchange.request.origin.partition(b"?")[1:])
            raise HttpError(redirect.status, ((b"Location", target),) if target else ())


def _redirected(redirect: Redirect, url_path: bytes) -> bytes | None:
    """Return the target of a redirect for a path; b'' for a status alone, None when it is not for it."""
    if isinstance(redirect.pattern, bytes):
        rest = url_path[len(redirect.pattern) :]
        at_component = not rest or rest.startswith(b"/") or redirect.pattern.endswith(b"/")
        if not url_path.startswith(redirect.pattern) or not at_component:
            return None
        return redirect.target and redirect.target + url_of(rest)
    groups = redirect.pattern.search(url_path)
    return None if groups is None else substituted_url(substituted(redirect.target, groups))


def parent_url(url_path: bytes) -> bytes:
    """Return the URL path of the directory above one."""
    return url_path.rstrip(b"/").rpartition(b"/")[0] + b"/"

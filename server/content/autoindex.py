"""Index pages: which names are shown, in which order and form (mod_autoindex)."""

import os
import stat

from ..config.settings import Decoration
from ..config.wildcards import plain_wildcards
from ..http.dates import http_date
from ..http.response import Header, Response
from ..http.status import HttpError
from . import index_entry, index_text, listing, static
from .exchange import Exchange
from .index_entry import Entry
from .index_query import View
from .lookup import Lookup, Resource, parent_url

DIRECTORY_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_DIRECTORY
FORBIDDEN = (401, 403)
DIRECTORY_PATTERN = b"^^DIRECTORY^^"
BLANK_PATTERN = b"^^BLANKICON^^"


def respond(exchange: Exchange, lookup: Lookup, directory: Resource, query: bytes) -> Response:
    """Return the index page of a directory.

    Args:
        exchange: a GET or HEAD for it.
        lookup: of its site.
        directory: an existing directory whose URL path ends with a slash.
        query: without its question mark.

    Raises:
        HttpError: 403, it cannot be opened; 503, there are no descriptors left for it.
    """
    options = directory.settings.index_options or {}
    view = View.of(query, options, directory.settings.index_order_default)
    charset = options.get("charset", "ISO-8859-1")
    media_type = options.get("type", "text/html") + (f";charset={charset}" if charset else "")
    headers = [(b"Content-Type", media_type.encode("latin-1", "replace"))]
    fd = _open(directory)
    try:
        if "trackmodified" in options:
            headers += _validators(os.fstat(fd))
        entries = _entries(exchange, lookup, directory, fd, view)
    except OSError as error:
        raise _refusal(error, directory) from None
    finally:
        os.close(fd)
    index_entry.sort(
        entries,
        view.column,
        descending=view.descending,
        by_version=view.version_sort,
        ignore_case=view.ignore_case,
    )
    blank_icon = _exactly(directory.settings.icons, BLANK_PATTERN)
    head = index_text.head(exchange, lookup, directory, view)
    tail = index_text.tail(exchange, lookup, directory, view)
    body = head + listing.render(entries, view, directory.settings, blank_icon) + tail
    return Response(200, headers, body.encode("latin-1", "replace"))


def _open(directory: Resource) -> int:
    """Open a directory; what was opened is what was found."""
    found = directory.found
    try:
        fd = os.open(found.path, DIRECTORY_FLAGS)
    except OSError as error:
        raise _refusal(error, directory) from None
    try:
        static.check_name(fd, found)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _validators(info: os.stat_result) -> list[Header]:
    """Return when the directory was modified, and its entity tag (IndexOptions TrackModified)."""
    etag = b'"%x-%x"' % (info.st_size, info.st_mtime_ns // 1000)
    return [(b"Last-Modified", http_date(int(info.st_mtime))), (b"ETag", etag)]


def _refusal(error: OSError, directory: Resource) -> HttpError:
    text = b"(%d)%s: AH01275: Can't open directory for index: %s"
    reason = text % (error.errno or 0, (error.strerror or "").encode(), directory.found.path)
    return HttpError(503 if error.errno in static.SHORTAGE else 403, reason=reason)


def _entries(exchange: Exchange, lookup: Lookup, directory: Resource, fd: int, view: View) -> list[Entry]:
    entries = []
    above = _parent(directory, view)
    if above is not None:
        entries.append(above)
    with os.scandir(fd) as names:
        for item in names:
            entry = _entry(exchange, lookup, directory, os.fsencode(item.name), view)
            if entry is not None:
                entries.append(entry)
    return entries


def _parent(directory: Resource, view: View) -> Entry | None:
    """Return the line that leads up; none where a pattern ignores ``..``, nor above the root."""
    settings = directory.settings
    path = directory.found.path.rstrip(b"/") + b"/.."
    if directory.url_path == b"/" or _is_ignored(settings.index_ignore, path):
        return None
    entry = Entry(name=parent_url(directory.url_path), title=b"Parent Directory")
    if view.is_fancy:
        entry.icon, entry.alt = _decorated(settings.icons, settings.alts, path, DIRECTORY_PATTERN)
        entry.alt = entry.alt or b"PARENTDIR"
        entry.description = _description(settings.descriptions, path)
    return entry


def _entry(exchange: Exchange, lookup: Lookup, directory: Resource, name: bytes, view: View) -> Entry | None:
    """Return the line of one name; None when it is not shown."""
    settings = directory.settings
    path = directory.found.path.rstrip(b"/") + b"/" + name
    if not view.wants(name) or _is_ignored(settings.index_ignore, path):
        return None
    try:
        resource = lookup.entry(exchange, directory, name)
    except HttpError as error:
        return _forbidden(path, name, view) if error.status in FORBIDDEN and view.shows_forbidden else None
    info = resource.found.info
    if info is None or resource.found.path_info:
        return None
    is_directory = stat.S_ISDIR(info.st_mode)
    if not is_directory and not stat.S_ISREG(info.st_mode):
        return None
    entry = Entry(name=name + b"/" if is_directory else name)
    if view.is_fancy:
        entry.modified = info.st_mtime
        entry.size = -1 if is_directory else info.st_size
        entry.is_folder = is_directory and view.folders_first
        _decorate(entry, path, resource, is_directory=is_directory)
        if entry.description is None and "scanhtmltitles" in view.options:
            entry.description = index_text.title_of(resource)
    return entry


def _forbidden(path: bytes, name: bytes, view: View) -> Entry | None:
    """Return the line of something that the client may not have (IndexOptions ShowForbidden)."""
    try:
        info = os.stat(path)  # noqa: PTH116  paths are bytes
    except OSError:
        return None
    is_directory = stat.S_ISDIR(info.st_mode)
    entry = Entry(name=name + b"/" if is_directory else name)
    if view.is_fancy:
        entry.modified, entry.size = info.st_mtime, -1 if is_directory else info.st_size
    return entry


def _decorate(entry: Entry, path: bytes, resource: Resource, *, is_directory: bool) -> None:
    """Find the icon, its alternative text and the description of a line."""
    settings, content = resource.settings, resource.content
    if is_directory:
        entry.icon, entry.alt = _decorated(settings.icons, settings.alts, path, DIRECTORY_PATTERN)
        entry.alt = entry.alt or b"DIR"
    else:
        about = {"path": path, "type": content.media_type or b"", "encoding": content.encoding or b""}
        entry.icon = _first(settings.icons, about)
        entry.alt = _first(settings.alts, about)
    entry.description = _description(settings.descriptions, path)


def _decorated(
    icons: tuple[Decoration, ...], alts: tuple[Decoration, ...], path: bytes, pattern: bytes
) -> tuple[bytes, bytes]:
    """Return icon and alternative text: those of the name, else those of a directory."""
    about = {"path": path}
    icon = _first(icons, about) or _exactly(icons, pattern)
    return icon, _first(alts, about) or _exactly(alts, pattern)


def _first(decorations: tuple[Decoration, ...], about: dict[str, bytes]) -> bytes:
    for decoration in decorations:
        text = about.get(decoration.by, b"")
        if (
            text
            and not decoration.pattern.lstrip(b"*").startswith(b"^^")
            and _decoration_matches(decoration, text)
        ):
            return decoration.value
    return b""


def _exactly(decorations: tuple[Decoration, ...], pattern: bytes) -> bytes:
    return next((each.value for each in decorations if each.pattern.lstrip(b"*") == pattern), b"")


def _decoration_matches(decoration: Decoration, text: bytes) -> bool:
    if decoration.by != "path":
        return bool(plain_wildcards(decoration.pattern).fullmatch(text))
    return _name_matches(decoration.pattern, text)


def _description(descriptions: tuple[Decoration, ...], path: bytes) -> bytes | None:
    """Return the description of a path: the pattern may stand anywhere in it (mod_autoindex's find_desc)."""
    for each in descriptions:
        text = path if b"/" in each.pattern else path.rpartition(b"/")[2]
        if _has_wildcards(each.pattern):
            found = plain_wildcards(b"*" + each.pattern + b"*").fullmatch(text) is not None
        else:
            found = each.pattern in text
        if found:
            return each.value
    return None


def _is_ignored(patterns: tuple[bytes, ...], path: bytes) -> bool:
    return any(_name_matches(pattern, path) for pattern in patterns)


def _name_matches(pattern: bytes, path: bytes) -> bool:
    """Hold a pattern against the name at the end of a path; one with a slash against all of it, too."""
    if not _has_wildcards(pattern):
        return path.endswith(pattern)
    if b"/" in pattern:
        return plain_wildcards(pattern).fullmatch(path) is not None
    return plain_wildcards(pattern).fullmatch(path.rpartition(b"/")[2]) is not None


def _has_wildcards(pattern: bytes) -> bool:
    return b"*" in pattern or b"?" in pattern

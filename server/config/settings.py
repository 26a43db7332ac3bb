"""What holds for a part of the site: one record for each section, merged in httpd's order."""

import re
from dataclasses import dataclass, field, fields
from enum import Flag, auto
from functools import cached_property
from typing import Any, NamedTuple

from .authorization import Authorization
from .levels import LogLevels
from .patterns import Pattern
from .wildcards import wildcard_pattern


class Options(Flag):
    """The words of the Options directive (httpd's OPT_*, include/http_core.h)."""

    NONE = 0
    INDEXES = auto()
    INCLUDES = auto()
    FOLLOW_SYMLINKS = auto()
    SYMLINKS_IF_OWNER_MATCH = auto()
    EXEC_CGI = auto()
    INCLUDES_WITH_EXEC = auto()
    MULTIVIEWS = auto()
    ALL = INDEXES | INCLUDES | FOLLOW_SYMLINKS | EXEC_CGI | INCLUDES_WITH_EXEC


class Place(Flag):
    """Where a directive may stand: outside sections, inside them, and by AllowOverride's classes.

    These are httpd's RSRC_CONF, ACCESS_CONF and OR_* (include/http_config.h).
    """

    NOWHERE = 0
    SERVER = auto()
    SECTION = auto()
    LIMIT = auto()
    OPTIONS = auto()
    FILE_INFO = auto()
    AUTH_CONFIG = auto()
    INDEXES = auto()
    ALL_CLASSES = LIMIT | OPTIONS | FILE_INFO | AUTH_CONFIG | INDEXES


@dataclass(frozen=True)
class AllowOverride:
    """What .htaccess files may say; false when they are not even looked for.

    Attributes:
        classes: the classes of directives that are allowed.
        options: the words that Options may use there.
        directives: single directives that are allowed beside, in lower case (AllowOverrideList).
        forbidden_is_fatal: a directive that is not allowed is an error, not just left out.
        unknown_is_fatal: so is a directive that nobody knows.
    """

    classes: Place = Place.NOWHERE
    options: Options = Options.ALL | Options.SYMLINKS_IF_OWNER_MATCH | Options.MULTIVIEWS
    directives: frozenset[str] = frozenset()
    forbidden_is_fatal: bool = True
    unknown_is_fatal: bool = True

    def __bool__(self) -> bool:
        return bool(self.classes or self.directives)


class Redirect(NamedTuple):
    """One Redirect or RedirectMatch: what it is for, where to ('' for a status alone), and how."""

    pattern: bytes | Pattern
    target: bytes
    status: int


class EnvironmentRule(NamedTuple):
    """One SetEnv, SetEnvIf or BrowserMatch: an attribute of the request, a pattern, what is set.

    Attributes:
        attribute: a field's name in lower case, or Remote_Addr and its like; '' for always.
        pattern: what it must match; None for anything.
        values: variables and their values; None takes one away.
    """

    attribute: str
    pattern: Pattern | None
    values: dict[str, str | None]


class Decoration(NamedTuple):
    """One AddIcon, AddAlt or AddDescription of an index page.

    Attributes:
        value: the icon's URL, the alternative text or the description.
        pattern: what it is for: a name or its end with wildcards, a media type, an encoding.
        by: "path", "type" or "encoding": what the pattern is held against.
    """

    value: bytes
    pattern: bytes
    by: str


def _merged_dict(base: dict[Any, Any], over: dict[Any, Any]) -> dict[Any, Any]:
    return {**base, **over} if over else base


@dataclass
class DirectorySettings:
    """What one section, one .htaccess file or a merge of them says; None is silence.

    Records are never changed once the configuration has been read. Values of ``types``
    and the like are None where a Remove directive took them away.
    """

    options: Options | None = None
    options_add: Options = Options.NONE
    options_remove: Options = Options.NONE
    allow_override: AllowOverride | None = None
    require: Authorization | None = None
    auth_merging: str | None = None
    directory_index: tuple[bytes, ...] | None = None
    directory_index_redirect: int | None = None
    directory_slash: bool | None = None
    fallback_resource: bytes | None = None
    error_documents: dict[int, bytes] = field(default_factory=dict)
    set_handler: bytes | None = None
    force_type: bytes | None = None
    add_default_charset: bytes | None = None
    default_language: bytes | None = None
    types: dict[bytes, bytes | None] = field(default_factory=dict)
    charsets: dict[bytes, bytes | None] = field(default_factory=dict)
    encodings: dict[bytes, bytes | None] = field(default_factory=dict)
    languages: dict[bytes, bytes | None] = field(default_factory=dict)
    handlers: dict[bytes, bytes | None] = field(default_factory=dict)
    enable_sendfile: bool | None = None
    enable_mmap: bool | None = None
    file_etag: frozenset[str] | None = None
    accept_path_info: bool | None = None
    limit_request_body: int | None = None
    max_ranges: int | None = None
    max_range_overlaps: int | None = None
    max_range_reversals: int | None = None
    hostname_lookups: str | None = None
    use_canonical_name: str | None = None
    use_canonical_physical_port: bool | None = None
    server_signature: str | None = None
    index_options: dict[str, str] | None = None
    index_options_add: dict[str, str] = field(default_factory=dict)
    index_options_remove: frozenset[str] = frozenset()
    index_ignore: tuple[bytes, ...] = ()
    index_order_default: tuple[bytes, bytes] | None = None
    header_name: bytes | None = None
    readme_name: bytes | None = None
    index_style_sheet: bytes | None = None
    index_head_insert: bytes | None = None
    default_icon: bytes | None = None
    icons: tuple[Decoration, ...] = ()
    alts: tuple[Decoration, ...] = ()
    descriptions: tuple[Decoration, ...] = ()
    alias: bytes | None = None
    redirects: tuple[Redirect, ...] = ()
    log_levels: LogLevels | None = None
    environment: tuple[EnvironmentRule, ...] = ()
    files: "tuple[Section, ...]" = ()

    def merged(self, over: "DirectorySettings") -> "DirectorySettings":
        """Return what holds where both do and ``over`` was said later or of less."""
        values: dict[str, Any] = {}
        for name in _SIMPLE:
            value = getattr(over, name)
            values[name] = getattr(self, name) if value is None else value
        for name in _DICTS:
            values[name] = _merged_dict(getattr(self, name), getattr(over, name))
        for name in _LATER_FIRST:
            values[name] = getattr(over, name) + getattr(self, name)
        for name in _EARLIER_FIRST:
            values[name] = getattr(self, name) + getattr(over, name)
        values.update(self._merged_options(over), **self._merged_index_options(over))
        values["log_levels"] = self.log_levels.merged(over.log_levels) if self.log_levels else over.log_levels
        values["require"] = _merged_require(self.require, over.require, over.auth_merging)
        return DirectorySettings(**values)

    def _merged_options(self, over: "DirectorySettings") -> dict[str, Options | None]:
        """Httpd's merge_core_dir_configs: plain Options replace, those with a sign change."""
        if over.options is not None:
            return {
                "options": over.options,
                "options_add": over.options_add,
                "options_remove": over.options_remove,
            }
        add = (self.options_add & ~over.options_remove) | over.options_add
        remove = (self.options_remove & ~over.options_add) | over.options_remove
        options = None if self.options is None else (self.options & ~remove) | add
        return {"options": options, "options_add": add, "options_remove": remove}

    def _merged_index_options(self, over: "DirectorySettings") -> dict[str, Any]:
        """The same for IndexOptions (merge_autoindex_configs of mod_autoindex)."""
        if over.index_options is not None:
            return {"index_options": over.index_options}
        base = self.index_options or {}
        kept = {name: value for name, value in base.items() if name not in over.index_options_remove}
        return {"index_options": {**kept, **over.index_options_add}}


def _merged_require(
    base: Authorization | None, over: Authorization | None, merging: str | None
) -> Authorization | None:
    """AuthMerging: a section's own Require replaces what held before, unless it says And or Or."""
    if base is None or over is None:
        return over or base
    if merging == "and":
        return Authorization("all", (base, over))
    if merging == "or":
        return Authorization("any", (base, over))
    return over


_DICTS = ("error_documents", "types", "charsets", "encodings", "languages", "handlers")
_LATER_FIRST = ("index_ignore", "icons", "alts", "descriptions", "redirects")
_EARLIER_FIRST = ("environment", "files")
_OPTIONS = ("options", "options_add", "options_remove")
_OWN_RULE = {"require", "log_levels", *_OPTIONS, *(f"index_{name}" for name in _OPTIONS)}
_SIMPLE = tuple(
    item.name
    for item in fields(DirectorySettings)
    if item.name not in {*_DICTS, *_LATER_FIRST, *_EARLIER_FIRST, *_OWN_RULE}
)

DEFAULTS = DirectorySettings(
    options=Options.FOLLOW_SYMLINKS,
    allow_override=AllowOverride(),
    directory_slash=True,
    enable_sendfile=False,
    enable_mmap=True,
    file_etag=frozenset({"mtime", "size"}),
    limit_request_body=1 << 30,
    max_ranges=200,
    max_range_overlaps=20,
    max_range_reversals=20,
    hostname_lookups="off",
    use_canonical_name="off",
    use_canonical_physical_port=False,
    server_signature="off",
    index_options={},
)
"""What holds where nobody says anything (httpd's compiled-in defaults)."""


@dataclass
class Section:
    """One ``<Directory>``, ``<Files>`` or ``<Location>`` and what stands in it.

    Attributes:
        pattern: as it was written; of a path, in its canonical form.
        regex: the pattern of a Match section or of one with ``~``; None for the others.
        has_wildcards: the pattern has shell wildcards.
        settings: what stands in it.
    """

    pattern: bytes
    settings: DirectorySettings
    regex: Pattern | None = None
    has_wildcards: bool = False

    @cached_property
    def depth(self) -> int:
        """The number of components of a directory's path: shorter ones are merged first."""
        return len([part for part in self.pattern.split(b"/") if part])

    @cached_property
    def _wildcards(self) -> re.Pattern[bytes]:
        return wildcard_pattern(self.pattern)

    def matches(self, text: bytes) -> bool:
        """Whether a text is what the pattern stands for: a whole directory path or file name.

        Args:
            text: a directory without a slash at its end (``/`` itself is ``/``), or a name.
        """
        if self.regex is not None:
            return self.regex.search(text) is not None
        if self.has_wildcards:
            return self._wildcards.fullmatch(text) is not None
        return text == self.pattern

    def matches_url(self, path: bytes) -> bool:
        """Whether a ``<Location>`` is for a URL path: the whole of it, or its first components."""
        if self.regex is not None:
            return self.regex.search(path) is not None
        if self.has_wildcards:
            return self._wildcards.fullmatch(path) is not None
        rest = path[len(self.pattern) :]
        at_component = not rest or rest.startswith(b"/") or self.pattern.endswith(b"/")
        return path.startswith(self.pattern) and at_component

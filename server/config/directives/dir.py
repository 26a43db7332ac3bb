"""DirectoryIndex and what goes with it (httpd's modules/mappers/mod_dir.c)."""

import os

from ..rules import (
    FLAG,
    ONE,
    RAW,
    DirectiveError,
    Rule,
    Scope,
    encoded,
    integer,
    nothing,
    on_off,
    set_setting,
)
from ..settings import Place
from ..syntax import Directive

STATUSES = {"on": 302, "off": 0, "permanent": 301, "temp": 302, "seeother": 303}


def _directory_index(scope: Scope, line: Directive) -> None:
    """Names add up within a section; ``disabled`` alone takes them away."""
    names = tuple(os.fsencode(name) for name in line.args)
    known = scope.settings.directory_index or ()
    scope.settings.directory_index = () if names == (b"disabled",) else known + names


def _index_redirect(line: Directive) -> int:
    word = line.args[0].lower()
    if word in STATUSES:
        return STATUSES[word]
    if not word[0].isdigit():
        raise DirectiveError("DirectoryIndexRedirect ON|OFF|permanent|temp|seeother|3xx")
    if not 300 <= integer(word) < 400:
        raise DirectiveError("DirectoryIndexRedirect only accepts values between 300 and 399")
    return integer(word)


INDEXES = Place.INDEXES
RULES = (
    Rule("DirectoryCheckHandler", INDEXES, FLAG, nothing),
    Rule("DirectoryIndex", INDEXES, RAW, _directory_index),
    Rule("DirectoryIndexRedirect", INDEXES, ONE, set_setting("directory_index_redirect", _index_redirect)),
    Rule("DirectorySlash", INDEXES, FLAG, set_setting("directory_slash", on_off)),
    Rule("FallbackResource", INDEXES, ONE, set_setting("fallback_resource", encoded)),
)

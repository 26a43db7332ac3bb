"""How the index of a folder looks (httpd's modules/generators/mod_autoindex.c)."""

import os

from ..rules import (
    EACH,
    EACH_AFTER_FIRST,
    FLAG,
    ONE,
    RAW,
    TWO,
    Apply,
    DirectiveError,
    Rule,
    Scope,
    encoded,
    integer,
    nothing,
    set_setting,
)
from ..settings import Decoration, Place
from ..syntax import Directive

INDEXES = Place.INDEXES
FLAGS = frozenset(
    [
        "addaltclass",
        "fancyindexing",
        "foldersfirst",
        "htmltable",
        "iconsarelinks",
        "ignorecase",
        "ignoreclient",
        "scanhtmltitles",
        "showforbidden",
        "suppresscolumnsorting",
        "suppressdescription",
        "suppresshtmlpreamble",
        "suppressicon",
        "suppresslastmodified",
        "suppressrules",
        "suppresssize",
        "trackmodified",
        "useolddateformat",
        "versionsort",
        "xhtml",
    ]
)
WIDTHS = {"namewidth": ("NameWidth", 5), "descriptionwidth": ("DescriptionWidth", 12)}
SIZES = {"iconwidth": "20", "iconheight": "22"}
TEXTS = frozenset({"type", "charset"})
KEYS = {"name": b"N", "date": b"M", "size": b"S", "description": b"D"}


def _index_options(scope: Scope, line: Directive) -> None:
    """Words replace what is inherited, words with a sign change it; values always replace."""
    settings = scope.settings
    for arg in line.args:
        sign, word = (arg[0], arg[1:]) if arg[:1] in ("+", "-") else ("", arg)
        name, equals, value = word.partition("=")
        name = name.lower()
        if name == "none":
            if sign:
                raise DirectiveError("Cannot combine '+' or '-' with 'None' keyword")
            settings.index_options = {}
        elif name in FLAGS and not equals:
            _put(scope, sign, name, "")
        else:
            _put(scope, sign or "+", name, _value(sign, name, value, has_value=bool(equals)))


def _put(scope: Scope, sign: str, name: str, value: str) -> None:
    settings = scope.settings
    if not sign:
        settings.index_options = {**(settings.index_options or {}), name: value}
        settings.index_options_add, settings.index_options_remove = {}, frozenset()
    elif sign == "+":
        settings.index_options_add = {**settings.index_options_add, name: value}
        settings.index_options_remove -= {name}
        if settings.index_options is not None:
            settings.index_options = {**settings.index_options, name: value}
    else:
        settings.index_options_add = {k: v for k, v in settings.index_options_add.items() if k != name}
        settings.index_options_remove |= {name}


def _value(sign: str, name: str, value: str, *, has_value: bool) -> str:
    """Return the value of an option that has one.

    Raises:
        DirectiveError: there is no such option, or it cannot have that value.
    """
    shown = {"iconwidth": "IconWidth", "iconheight": "IconHeight"}.get(name, WIDTHS.get(name, ("", 0))[0])
    if name in TEXTS and has_value:
        return value
    if name not in SIZES and name not in WIDTHS:
        raise DirectiveError("Invalid directory indexing option")
    if has_value and sign == "-":
        raise DirectiveError(f"Cannot combine '-' with {shown}=n")
    if name in SIZES:
        return str(integer(value)) if has_value else SIZES[name]
    if not has_value and sign != "-":
        raise DirectiveError(f"{shown} with no value may only appear as '-{shown}'")
    least = WIDTHS[name][1]
    if has_value and value != "*" and 0 < integer(value) < least:
        raise DirectiveError(f"{shown} value must be greater than {least}")
    return value


def _order(scope: Scope, line: Directive) -> None:
    direction, key = (arg.lower() for arg in line.args)
    if direction not in ("ascending", "descending"):
        raise DirectiveError("First keyword must be 'Ascending' or 'Descending'")
    if key not in KEYS:
        raise DirectiveError("Second keyword must be 'Name', 'Date', 'Size', or 'Description'")
    scope.settings.index_order_default = (direction[:1].upper().encode(), KEYS[key])


def _ignore(scope: Scope, line: Directive) -> None:
    scope.settings.index_ignore += tuple(os.fsencode(arg) for arg in line.args)


def _decorate(attribute: str, by: str) -> Apply:
    """Return the rule of AddIcon, AddAlt and AddDescription with their ByType and ByEncoding."""

    def apply(scope: Scope, line: Directive) -> None:
        value, *patterns = line.args
        if attribute == "icons" and value.startswith("("):
            if ")" not in value:
                raise DirectiveError("missing closing paren")
            alt, _, value = value[1:].partition(")")[0].partition(",")
            scope.settings.alts += _decorations(alt, patterns, by)
        known = getattr(scope.settings, attribute)
        setattr(scope.settings, attribute, known + _decorations(value, patterns, by))

    return apply


def _decorations(value: str, patterns: list[str], by: str) -> tuple[Decoration, ...]:
    return tuple(Decoration(os.fsencode(value), _pattern(pattern, by), by) for pattern in patterns)


def _pattern(text: str, by: str) -> bytes:
    if by == "path" and text == "**DIRECTORY**":
        return b"^^DIRECTORY^^"
    return os.fsencode(text.lower() if by == "encoding" else text)


def _text(name: str, attribute: str) -> Rule:
    return Rule(name, INDEXES, ONE, set_setting(attribute, encoded))


RULES = (
    Rule("AddAlt", INDEXES, EACH_AFTER_FIRST, _decorate("alts", "path")),
    Rule("AddAltByEncoding", INDEXES, EACH_AFTER_FIRST, _decorate("alts", "encoding")),
    Rule("AddAltByType", INDEXES, EACH_AFTER_FIRST, _decorate("alts", "type")),
    Rule("AddDescription", INDEXES, EACH_AFTER_FIRST, _decorate("descriptions", "path")),
    Rule("AddIcon", INDEXES, EACH_AFTER_FIRST, _decorate("icons", "path")),
    Rule("AddIconByEncoding", INDEXES, EACH_AFTER_FIRST, _decorate("icons", "encoding")),
    Rule("AddIconByType", INDEXES, EACH_AFTER_FIRST, _decorate("icons", "type")),
    _text("DefaultIcon", "default_icon"),
    _text("HeaderName", "header_name"),
    _text("IndexHeadInsert", "index_head_insert"),
    Rule("IndexIgnore", INDEXES, EACH, _ignore),
    Rule("IndexIgnoreReset", INDEXES, FLAG, nothing),
    Rule("IndexOptions", INDEXES, RAW, _index_options),
    Rule("IndexOrderDefault", INDEXES, TWO, _order),
    _text("IndexStyleSheet", "index_style_sheet"),
    _text("ReadmeName", "readme_name"),
)

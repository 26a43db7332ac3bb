"""Alias and Redirect (httpd's modules/mappers/mod_alias.c)."""

import os
import re

from ..model import Alias
from ..patterns import Pattern
from ..rules import (
    FLAG,
    ONE_OR_TWO,
    ONE_TO_THREE,
    TWO,
    TWO_OR_THREE,
    Apply,
    DirectiveError,
    Rule,
    Scope,
    compiled,
    integer,
    nothing,
)
from ..settings import Place, Redirect
from ..syntax import Directive

STATUSES = {"permanent": 301, "temp": 302, "seeother": 303, "gone": 410}
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
BAD_REGEX = "Regular expression could not be compiled."


def _alias(scope: Scope, line: Directive) -> None:
    """``Alias url path``, or in ``<Location>`` only ``Alias path``."""
    if len(line.args) == 1:
        if scope.path is None:
            raise DirectiveError("Alias must have two arguments when used globally")
        if not scope.in_location:
            raise DirectiveError(f"{line.name} cannot occur within {_parent(line)}> section")
        scope.settings.alias = _path(scope, line.args[0])
        return
    if scope.path is not None:
        raise DirectiveError(f"{line.name} cannot occur within directory context")
    url, path = os.fsencode(line.args[0]), line.args[1]
    for earlier in scope.host.aliases:
        if _covers(earlier, url):
            match = "Match" if isinstance(earlier.url, Pattern) else ""
            scope.warn(
                f"AH00671: The {line.name} directive in {line.file} at line {line.line} will probably never"
                f" match because it overlaps an earlier Alias{match}.",
                module="alias",
            )
            break
    scope.host.aliases.append(Alias(url, _path(scope, path)))


def _covers(earlier: Alias, url: bytes) -> bool:
    """Whether an Alias takes all that a later one is for."""
    if isinstance(earlier.url, Pattern):
        return earlier.url.search(url) is not None
    rest = url[len(earlier.url) :]
    at_component = not rest or rest.startswith(b"/") or earlier.url.endswith(b"/")
    return url.startswith(earlier.url) and at_component


def _alias_match(scope: Scope, line: Directive) -> None:
    pattern, path = line.args
    scope.host.aliases.append(Alias(compiled(pattern, BAD_REGEX), os.fsencode(path)))


def _path(scope: Scope, path: str) -> bytes:
    slash = b"/" if path.endswith("/") and path != "/" else b""  # pathlib drops it
    return bytes(scope.config.relative(path)) + slash


def _parent(line: Directive) -> str:
    return line.parent.name if line.parent else ""


def _redirect(default: int, *, is_regex: bool = False) -> Apply:
    """Return the rule: ``[status] from [to]``, in ``<Location>`` also ``[status] to``."""

    def apply(scope: Scope, line: Directive) -> None:
        args = list(line.args)
        status = STATUSES.get(args[0].lower(), integer(args[0]) if args[0][0].isdigit() else None)
        if status is not None:
            args.pop(0)
        elif len(args) == 3:
            raise DirectiveError("Redirect: invalid first argument (of three)")
        status = default if status is None else status
        expected = 2 if 300 <= status < 400 else 1
        if scope.path is not None and not scope.in_htaccess and len(args) == expected - 1:
            args.insert(0, scope.path.decode("utf-8", "surrogateescape"))
        source, target = args[0] if args else "", args[1] if len(args) > 1 else ""
        _check(status, target, is_regex=is_regex)
        pattern = compiled(source, BAD_REGEX) if is_regex else os.fsencode(source)
        redirect = Redirect(pattern, os.fsencode(target), status)
        if scope.path is None:
            scope.host.redirects.append(redirect)
        else:
            scope.settings.redirects += (redirect,)

    return apply


def _check(status: int, target: str, *, is_regex: bool) -> None:
    """Raise what httpd says of a status with a target that it cannot have, or without one."""
    if not 300 <= status < 400:
        if target:
            raise DirectiveError("Redirect URL not valid for this status")
    elif not target:
        raise DirectiveError("URL to redirect to is missing")
    elif not is_regex and not URL.match(target) and not target.startswith("/"):
        raise DirectiveError("Redirect to non-URL")


SERVER_OR_SECTION = Place.SERVER | Place.SECTION
RULES = (
    Rule("Alias", SERVER_OR_SECTION, ONE_OR_TWO, _alias),
    Rule("AliasMatch", Place.SERVER, TWO, _alias_match),
    Rule("AliasPreservePath", SERVER_OR_SECTION, FLAG, nothing),
    Rule("Redirect", Place.FILE_INFO, ONE_TO_THREE, _redirect(302)),
    Rule("RedirectMatch", Place.FILE_INFO, TWO_OR_THREE, _redirect(302, is_regex=True)),
    Rule("RedirectPermanent", Place.FILE_INFO, TWO, _redirect(301)),
    Rule("RedirectRelative", Place.FILE_INFO, FLAG, nothing),
    Rule("RedirectTemp", Place.FILE_INFO, TWO, _redirect(302)),
    Rule("ScriptAlias", SERVER_OR_SECTION, ONE_OR_TWO, _alias),
    Rule("ScriptAliasMatch", Place.SERVER, TWO, _alias_match),
)

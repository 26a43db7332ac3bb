"""Require and its sections (httpd's mod_authz_core.c and mod_authz_host.c)."""

import ipaddress

from ..authorization import Authorization, Condition, Network
from ..rules import (
    FLAG,
    ONE,
    RAW,
    Apply,
    DirectiveError,
    Requirements,
    Rule,
    Scope,
    choice,
    nothing,
    set_setting,
)
from ..settings import Place
from ..syntax import Directive
from ..walk import walk

METHODS = frozenset(
    [
        "GET",
        "PUT",
        "POST",
        "DELETE",
        "CONNECT",
        "OPTIONS",
        "TRACE",
        "PATCH",
        "PROPFIND",
        "PROPPATCH",
        "MKCOL",
        "COPY",
        "MOVE",
        "LOCK",
        "UNLOCK",
        "VERSION-CONTROL",
        "CHECKOUT",
        "UNCHECKOUT",
        "CHECKIN",
        "UPDATE",
        "LABEL",
        "REPORT",
        "MKWORKSPACE",
        "MKACTIVITY",
        "BASELINE-CONTROL",
        "MERGE",
        "HEAD",
    ]
)
SECTIONS = {"any": "<RequireAny>", "all": "<RequireAll>", "none": "<RequireNone>"}
FROM_HOST_MODULE = ("ip", "local", "host", "forward-dns")


def _require(scope: Scope, line: Directive) -> None:
    args = list(line.args)
    negated = bool(args) and args[0].lower() == "not"
    if negated:
        args.pop(0)
    kind = args.pop(0) if args else ""
    known = kind.lower() in ("all", "method", "env") or (
        kind.lower() in FROM_HOST_MODULE and scope.config.has_module("authz_host_module")
    )
    if not known:
        raise DirectiveError(f"Unknown Authz provider: {kind}")
    condition = Condition(kind.lower(), _values(kind.lower(), args), negated)
    how = scope.requirements.how
    if negated and how != "all":
        raise DirectiveError(f"negative Require directive has no effect in {SECTIONS[how]} directive")
    scope.requirements.parts.append(condition)
    scope.settings.require = scope.requirements.authorization()


def _values(kind: str, args: list[str]) -> tuple[str | Network, ...]:
    """Return what a condition is compared with.

    Raises:
        DirectiveError: it cannot be compared with that.
    """
    if kind == "all":
        words = " ".join(args).lower()
        if words not in ("granted", "denied"):
            raise DirectiveError("Argument for 'Require all' must be 'granted' or 'denied'")
        return (words,)
    if kind == "method":
        for method in args:
            if method not in METHODS:
                raise DirectiveError(f"Invalid Method '{method}'")
        return tuple(args)
    if kind == "ip":
        if not args:
            raise DirectiveError("'require ip' requires an argument")
        return tuple(_network(arg) for arg in args)
    if kind in ("host", "forward-dns", "env"):
        raise DirectiveError(f"Require {kind} is not decided here: only all, ip, local and method are")
    return ()


def _network(text: str) -> Network:
    """Return an address, a network, or the first parts of an IPv4 address (apr_ipsubnet_create)."""
    address, slash, mask = text.partition("/")
    parts = address.rstrip(".").split(".")
    if not slash and ":" not in address and 0 < len(parts) < 4:
        address, slash, mask = ".".join(parts + ["0"] * (4 - len(parts))), "/", str(8 * len(parts))
    try:
        return ipaddress.ip_network(address + slash + mask, strict=False)
    except ValueError:
        reason = ": The specified network mask is invalid." if slash and _is_address(address) else ""
        raise DirectiveError(f"ip address '{text}' appears to be invalid{reason}") from None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _group(how: str) -> Apply:
    """Return the rule of ``<RequireAny>`` and the like."""

    def apply(scope: Scope, line: Directive) -> None:
        argument, found, _ = line.text.rpartition(">")
        if not found:
            raise DirectiveError(f"{line.name}> directive missing closing '>'")
        if argument:
            raise DirectiveError(f"{line.name}> directive doesn't take additional arguments")
        outer, allowed = scope.requirements, scope.allowed
        scope.requirements, scope.allowed = Requirements(how), Place.AUTH_CONFIG
        walk(line.children or [], scope)
        parts, scope.requirements, scope.allowed = scope.requirements.parts, outer, allowed
        if not parts:
            raise DirectiveError(f"{SECTIONS[how]} directive contains no authorization directives")
        if how == "none" and outer.how != "all":
            raise DirectiveError(
                f"{SECTIONS[how]} directive has no effect in {SECTIONS[outer.how]} directive"
            )
        outer.parts.append(Authorization(how, tuple(parts)))
        scope.settings.require = outer.authorization()

    return apply


def _merging(line: Directive) -> str:
    return choice(
        line, {"off": "off", "and": "and", "or": "or"}, "AuthMerging must be one of: Off | And | Or"
    )


AUTH = Place.AUTH_CONFIG
RULES = (
    Rule("<RequireAll", AUTH, RAW, _group("all")),
    Rule("<RequireAny", AUTH, RAW, _group("any")),
    Rule("<RequireNone", AUTH, RAW, _group("none")),
    Rule("AuthMerging", AUTH, ONE, set_setting("auth_merging", _merging)),
    Rule("AuthzSendForbiddenOnFailure", AUTH, FLAG, nothing),
    Rule("Require", AUTH, RAW, _require),
)

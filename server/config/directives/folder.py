"""Directives of the core that say what holds for a part of the site (httpd's server/core.c)."""

import os
import re

from ..rules import (
    FLAG,
    ONE,
    ONE_OR_TWO,
    RAW,
    TWO,
    Apply,
    DirectiveError,
    Rule,
    Scope,
    choice,
    encoded,
    integer,
    nothing,
    set_setting,
)
from ..settings import Place
from ..syntax import Directive

ALL = Place.ALL_CLASSES
SERVER_OR_SECTION = Place.SERVER | Place.SECTION
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
ON_OFF = {"on": "on", "off": "off"}
# Statuses that an ErrorDocument can be for: those that httpd has a text for (http_protocol.c).
_STATUSES = """100 101 102 200 201 202 203 204 205 206 207 208 226 300 301 302 303 304 305 307 308
    400 401 402 403 404 405 406 407 408 409 410 411 412 413 414 415 416 417 421 422 423 424 426 428 429
    431 451 500 501 502 503 504 505 506 507 508 510 511"""
STATUSES = frozenset(map(int, _STATUSES.split()))
ESCAPE = re.compile(r"\\(.)")
ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
MAX_BODY = 2**63 - 1
RANGES_DEFAULT = {"none": 0, "unlimited": -1}


def _error_document(scope: Scope, line: Directive) -> None:
    """``ErrorDocument status text|/path|URL``; a text is kept with ``"`` before it, as httpd does."""
    code, message = line.args
    status = integer(code)
    if status not in STATUSES:
        raise DirectiveError(f"Unsupported HTTP response code {code}")
    is_url = URL.match(message) is not None and " " not in message
    if status == 401 and is_url:
        scope.warn(
            f"AH00113: {line.file}:{line.line} cannot use a full URL in a 401 ErrorDocument directive"
            " --- ignoring!",
            level="notice",
        )
        return
    is_path = message.startswith("/") and " " not in message
    is_default = message.lower() == "default"
    prefix = b"" if is_path or is_url or is_default else b'"'
    if prefix:
        message = ESCAPE.sub(lambda match: ESCAPED.get(match[1], match[1]), message)
    value = b"default" if is_default else prefix + os.fsencode(message)
    scope.settings.error_documents[status] = value


def _default_type(scope: Scope, line: Directive) -> None:
    """``DefaultType none``: what is left of it in httpd, too."""
    if line.args[0].lower() not in ("none", "off"):
        scope.warn(f"AH00117: Ignoring deprecated use of DefaultType in line {line.line} of {line.file}.")


def _default_charset(line: Directive) -> bytes:
    name = line.args[0]
    return {"on": b"iso-8859-1", "off": b""}.get(name.lower(), os.fsencode(name))


def _force_type(line: Directive) -> bytes:
    return os.fsencode(line.args[0].lower())


def _set_handler(scope: Scope, line: Directive) -> None:
    """Choose who answers; a crash can be asked for by the administrator alone."""
    if scope.in_htaccess and line.args[0].lower() == "crash":
        raise DirectiveError("SetHandler crash not allowed here")
    scope.settings.set_handler = encoded(line)


def _file_etag(scope: Scope, line: Directive) -> None:
    names = {"mtime": "mtime", "lmtime": "mtime", "lastmodified": "mtime"}
    names |= {name: name for name in ("size", "inode", "digest")}
    value = set(scope.settings.file_etag or ())
    for position, arg in enumerate(line.args):
        sign, name = (arg[0], arg[1:].lower()) if arg[:1] in ("+", "-") else ("", arg.lower())
        if name in ("none", "all") and sign:
            raise DirectiveError(f"{line.name} keyword '{arg[1:]}' cannot be used with '+' or '-'")
        if name not in names and name not in ("none", "all"):
            raise DirectiveError(f"Unknown keyword '{arg.lstrip('+-')}' for {line.name} directive")
        if not sign and position == 0:
            value = set()
        elif sign and scope.settings.file_etag is None and position == 0:
            value = {"mtime", "size"}  # what is inherited where nobody says anything
        if name == "all":
            value |= {"mtime", "size", "inode"}
        elif name != "none":
            (value.discard if sign == "-" else value.add)(names[name])
    scope.settings.file_etag = frozenset(value)


def _limit_request_body(line: Directive) -> int:
    value = line.args[0]
    if value.lstrip("-").isdigit() and abs(int(value)) > MAX_BODY:
        raise DirectiveError("LimitRequestBody argument is not parsable.")
    if not value.isdigit():
        raise DirectiveError("LimitRequestBody requires a non-negative integer.")
    return int(value)


def _ranges(attribute: str, default: int) -> Apply:
    """Return the rule of a MaxRange directive; -1 is no limit."""

    def apply(scope: Scope, line: Directive) -> None:
        word = line.args[0].lower()
        value = {**RANGES_DEFAULT, "default": default}.get(word, integer(word))
        if word not in RANGES_DEFAULT and value <= 0:
            raise DirectiveError(f"{line.name} requires 'none', 'default', 'unlimited' or a positive integer")
        setattr(scope.settings, attribute, value)

    return apply


def _flag(attribute: str) -> Apply:
    """Return the rule of a directive that takes on or off, and says so in its own way."""
    return set_setting(
        attribute, lambda line: choice(line, ON_OFF, "parameter must be 'on' or 'off'") == "on"
    )


def _word(attribute: str, words: str, complaint: str) -> Apply:
    """Return the rule of a directive that takes one of some words."""
    values = {word: word for word in words.split()}
    return set_setting(attribute, lambda line: choice(line, values, complaint))


RULES = (
    Rule(
        "AcceptPathInfo",
        Place.FILE_INFO,
        ONE,
        set_setting(
            "accept_path_info",
            lambda line: {"on": True, "off": False, "default": None}[
                choice(
                    line,
                    {**ON_OFF, "default": "default"},
                    "AcceptPathInfo must be set to on, off or default",
                )
            ],
        ),
    ),
    Rule("AddDefaultCharset", Place.FILE_INFO, ONE, set_setting("add_default_charset", _default_charset)),
    Rule("CGIPassAuth", Place.AUTH_CONFIG, FLAG, nothing),
    Rule("CGIVar", Place.FILE_INFO, TWO, nothing),
    Rule("ContentDigest", Place.OPTIONS, ONE, nothing),
    Rule("DefaultType", Place.FILE_INFO, ONE, _default_type),
    Rule("EnableMMAP", Place.FILE_INFO, ONE, _flag("enable_mmap")),
    Rule("EnableSendfile", Place.FILE_INFO, ONE, _flag("enable_sendfile")),
    Rule("ErrorDocument", Place.FILE_INFO, TWO, _error_document),
    Rule("FileETag", Place.FILE_INFO, RAW, _file_etag),
    Rule("ForceType", Place.FILE_INFO, ONE, set_setting("force_type", _force_type)),
    Rule(
        "HostnameLookups",
        SERVER_OR_SECTION,
        ONE,
        _word("hostname_lookups", "on off double", "parameter must be 'on', 'off', or 'double'"),
    ),
    Rule("LimitRequestBody", ALL, ONE, set_setting("limit_request_body", _limit_request_body)),
    Rule("LimitXMLRequestBody", ALL, ONE, nothing),
    Rule("MaxRangeOverlaps", SERVER_OR_SECTION, ONE, _ranges("max_range_overlaps", 20)),
    Rule("MaxRangeReversals", SERVER_OR_SECTION, ONE, _ranges("max_range_reversals", 20)),
    Rule("MaxRanges", SERVER_OR_SECTION, ONE, _ranges("max_ranges", 200)),
    Rule("QualifyRedirectURL", Place.FILE_INFO, ONE, nothing),
    Rule("RLimitCPU", ALL, ONE_OR_TWO, nothing),
    Rule("RLimitMEM", ALL, ONE_OR_TWO, nothing),
    Rule("RLimitNPROC", ALL, ONE_OR_TWO, nothing),
    Rule("ReadBufferSize", SERVER_OR_SECTION, ONE, nothing),
    Rule(
        "ServerSignature",
        ALL,
        ONE,
        _word("server_signature", "on off email", "ServerSignature: use one of: off | on | email"),
    ),
    Rule("SetHandler", Place.FILE_INFO, ONE, _set_handler),
    Rule("SetInputFilter", Place.FILE_INFO, ONE, nothing),
    Rule("SetOutputFilter", Place.FILE_INFO, ONE, nothing),
    Rule(
        "UseCanonicalName",
        SERVER_OR_SECTION,
        ONE,
        _word("use_canonical_name", "on off dns", "parameter must be 'on', 'off', or 'dns'"),
    ),
    Rule("UseCanonicalPhysicalPort", SERVER_OR_SECTION, ONE, _flag("use_canonical_physical_port")),
)

"""RequestReadTimeout (httpd's modules/filters/mod_reqtimeout.c)."""

import re

from ..model import ReadTimeout, RequestReadTimeout
from ..rules import RAW, DirectiveError, Scope, in_hosts, put_host_value
from ..syntax import Directive

RATE = re.compile(r",minrate=", re.IGNORECASE)
STAGES = frozenset({"handshake", "header", "body"})


def _request_read_timeout(scope: Scope, line: Directive) -> None:
    """``RequestReadTimeout stage=first[-max,MinRate=bytes] ...``; 0 turns a stage off."""
    known = scope.host.values.get("request_read_timeout") or scope.config.request_read_timeout
    value = known or RequestReadTimeout()
    for arg in line.args:
        stage, equals, text = arg.partition("=")
        if not equals:
            raise DirectiveError(
                "Invalid RequestReadTimeout parameter. Parameter must be in the form 'key=value'"
            )
        try:
            timeout = _timeout(stage, text)
        except DirectiveError as error:
            raise DirectiveError(f"RequestReadTimeout: {arg}: {error}") from None
        if stage.lower() != "handshake":  # there is no TLS
            value = value._replace(**{stage.lower(): timeout})
    put_host_value(scope, "request_read_timeout", value)


def _timeout(stage: str, text: str) -> ReadTimeout | None:
    if stage.lower() not in STAGES:
        raise DirectiveError("Unknown RequestReadTimeout parameter")
    times, *rate = RATE.split(text, maxsplit=1)
    first, dash, longest = times.partition("-")
    if not rate and dash:
        raise DirectiveError("Must set MinRate option if using timeout range")
    min_rate = _number(rate[0]) if rate else 0
    if rate and min_rate == 0:
        raise DirectiveError("Minimum data rate must be larger than 0")
    most = _number(longest) if dash else 0
    seconds = _number(first)
    if most and seconds >= most:
        raise DirectiveError("Maximum timeout must be larger than initial timeout")
    return ReadTimeout(seconds, most or None, min_rate) if seconds else None


def _number(text: str) -> int:
    match = re.match(r"\s*[+-]?\d+", text)
    if match is None:
        raise DirectiveError(f"Value '{text}' not numerical")
    if match.end() != len(text):
        raise DirectiveError(f"Cannot parse '{text[match.end() :]}'")
    if int(text) < 0:
        raise DirectiveError("Value must be non-negative")
    return int(text)


RULES = (in_hosts("RequestReadTimeout", RAW, _request_read_timeout),)

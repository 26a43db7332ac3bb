"""KeepAliveTimeout, whose form is its own (httpd's modules/http/http_core.c)."""

import re

from ..rules import ONE, DirectiveError, in_hosts, set_host_value
from ..syntax import Directive
from .core import MAX_SECONDS

DURATION = re.compile(r"\s*\+?(\d*)(?:(ms|mi|s|h).*)?")
SECONDS = {"ms": 0.001, "s": 1.0, "mi": 60.0, "h": 3600.0}


def _duration(line: Directive) -> float:
    """Return a time in seconds; only the beginning of a unit counts (ap_timeout_parameter_parse)."""
    match = DURATION.fullmatch(line.args[0])
    if match is None:
        raise DirectiveError("KeepAliveTimeout has wrong format")
    return min(int(match[1] or 0) * SECONDS[match[2] or "s"], MAX_SECONDS)


RULES = (in_hosts("KeepAliveTimeout", ONE, set_host_value("keep_alive_timeout", _duration)),)

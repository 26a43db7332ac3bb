"""The environment of a request: SetEnv, SetEnvIf and BrowserMatch (mod_env, mod_setenvif)."""

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..config.patterns import Groups
    from ..config.settings import EnvironmentRule
    from ..connections.transaction import Transaction

ATTRIBUTES: dict[str, Callable[["Transaction"], bytes]] = {
    "remote_addr": lambda done: str(done.connection.client[0]).encode(),
    "remote_host": lambda done: str(done.connection.client[0]).encode(),
    "server_addr": lambda done: done.connection.local[0].encode(),
    "request_uri": lambda done: done.request.origin.partition(b"?")[0],
    "request_method": lambda done: done.request.method,
    "request_protocol": lambda done: b"HTTP/%d.%d" % done.request.version,
}
GROUP = re.compile(r"\$([0-9])")


def environment_of(done: "Transaction") -> dict[str, str]:
    """Return the variables of a request, by the rules of its site and of its sections.

    SetEnv and its like come after all others, as mod_env looks at a request after mod_setenvif.
    """
    variables: dict[str, str] = {}
    rules = done.site.environment + done.response.environment
    for rule in sorted(rules, key=lambda rule: not rule.attribute):
        groups = _groups(rule, done, variables)
        if groups is None:
            continue
        for name, value in rule.values.items():
            if value is None:
                variables.pop(name, None)
            else:
                variables[name] = _with_groups(value, groups)
    return variables


def _groups(rule: "EnvironmentRule", done: "Transaction", variables: dict[str, str]) -> "Groups | None":
    """Return the match of a rule and its groups; None when the rule is not for this request."""
    if rule.pattern is None:
        return ()
    return rule.pattern.search(_attribute(rule.attribute, done, variables))


def _attribute(name: str, done: "Transaction", variables: dict[str, str]) -> bytes:
    known = ATTRIBUTES.get(name)
    if known is not None:
        return known(done)
    field = done.request.headers.get(name.encode())
    return os.fsencode(variables.get(name, "")) if field is None else field


def _with_groups(value: str, groups: "Groups") -> str:
    """Put a match and its groups in the place of ``$0`` to ``$9``."""

    def group(found: re.Match[str]) -> str:
        number = int(found[1])
        return os.fsdecode(groups[number] or b"") if number < len(groups) else ""

    return GROUP.sub(group, value)

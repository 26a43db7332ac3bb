"""Variables of a request (httpd's modules/metadata/mod_env.c and mod_setenvif.c)."""

import os

from ..patterns import Pattern
from ..rules import EACH, ONE_OR_TWO, RAW, Apply, DirectiveError, Rule, Scope, compiled
from ..settings import EnvironmentRule, Place
from ..syntax import Directive

FILE_INFO = Place.FILE_INFO


def _add(scope: Scope, attribute: str, pattern: Pattern | None, values: dict[str, str | None]) -> None:
    rule = EnvironmentRule(attribute, pattern, values)
    if scope.path is None:
        scope.host.environment.append(rule)
    else:
        scope.settings.environment += (rule,)


def _set_env(scope: Scope, line: Directive) -> None:
    name, *value = line.args
    _add(scope, "", None, {name: value[0] if value else ""})


def _unset_env(scope: Scope, line: Directive) -> None:
    _add(scope, "", None, dict.fromkeys(line.args))


def _pass_env(scope: Scope, line: Directive) -> None:
    found = {name: os.environ[name] for name in line.args if name in os.environ}
    for name in set(line.args) - set(found):
        scope.warn(f"AH01506: PassEnv variable {name} was undefined", module="env")
    _add(scope, "", None, dict(found))


def _set_env_if(attribute: str = "", *, ignore_case: bool = False) -> Apply:
    """Return the rule of ``SetEnvIf attribute pattern [!]name[=value] ...``, or of BrowserMatch."""

    def apply(scope: Scope, line: Directive) -> None:
        args = list(line.args)
        name = attribute or (args.pop(0) if args else "")
        if not name:
            raise DirectiveError(f"Missing header-field name for {line.name}")
        if not args:
            raise DirectiveError(f"Missing regular expression for {line.name}")
        complaint = f"{line.name} regex could not be compiled."
        pattern = compiled(args.pop(0), complaint, ignore_case=ignore_case)
        if not args:
            raise DirectiveError(f"Missing envariable expression for {line.name}")
        _add(scope, name.lower(), pattern, dict(map(_assignment, args)))

    return apply


def _assignment(text: str) -> tuple[str, str | None]:
    if text.startswith("!"):
        return text[1:], None
    name, equals, value = text.partition("=")
    return name, value if equals else "1"


ENV = (
    Rule("PassEnv", FILE_INFO, EACH, _pass_env),
    Rule("SetEnv", FILE_INFO, ONE_OR_TWO, _set_env),
    Rule("UnsetEnv", FILE_INFO, EACH, _unset_env),
)
SETENVIF = (
    Rule("BrowserMatch", FILE_INFO, RAW, _set_env_if("user-agent")),
    Rule("BrowserMatchNoCase", FILE_INFO, RAW, _set_env_if("user-agent", ignore_case=True)),
    Rule("SetEnvIf", FILE_INFO, RAW, _set_env_if()),
    Rule("SetEnvIfNoCase", FILE_INFO, RAW, _set_env_if(ignore_case=True)),
)

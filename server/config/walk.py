"""The tree of directives applied, one after the other (ap_walk_config of httpd's server/config.c)."""

from .rules import DirectiveError, Scope, check_words, forbidden
from .syntax import Directive

INVALID_COMMAND = (
    "Invalid command '{}', perhaps misspelled or defined by a module not included in the server configuration"
)


def walk(directives: list[Directive], scope: Scope) -> None:
    """Apply directives in their order.

    Raises:
        DirectiveError: one is wrong; the error has the culprit.
    """
    for line in directives:
        try:
            _apply(line, scope)
        except DirectiveError as error:
            if error.culprit is None:
                error.culprit = line
            raise


def _apply(line: Directive, scope: Scope) -> None:
    rule = scope.rules.get(line.name.lower())
    if rule is None:
        if scope.in_htaccess and not scope.overriding.unknown_is_fatal:
            return
        raise DirectiveError(INVALID_COMMAND.format(line.name))
    if not rule.places & scope.allowed and rule.name.lower() not in scope.overriding.directives:
        if scope.in_htaccess and not scope.overriding.forbidden_is_fatal:
            return
        raise forbidden(line)
    check_words(line, rule.arity)
    if rule.global_only and scope.in_host:
        raise DirectiveError(f"{_shown(rule.name)} cannot occur within <VirtualHost> section")
    rule.apply(scope, line)


def _shown(name: str) -> str:
    return f"{name}>" if name.startswith("<") else name

"""The access logs and the form of both logs (httpd's modules/loggers/mod_log_config.c, server/core.c)."""

from dataclasses import replace
from pathlib import Path

from ...logs.error_log_format import compile_error_format
from ...logs.log_format import COMMON_FORMAT, compile_format
from ..model import CustomLog
from ..rules import (
    FLAG,
    ONE,
    ONE_OR_TWO,
    TWO_OR_THREE,
    Apply,
    DirectiveError,
    Scope,
    in_hosts,
    in_server,
    nothing,
)
from ..syntax import Directive

CONNECTION_OR_REQUEST = ("connection", "request")


def _checked(template: str) -> str:
    try:
        compile_format(template)
    except ValueError as error:
        raise DirectiveError(str(error)) from None
    return template


def _path(scope: Scope, line: Directive) -> Path:
    """Return the file; httpd can also write to programs."""
    if line.args[0].startswith("|"):
        raise DirectiveError(f"{line.name}: logs are files here, not programs")
    return scope.config.relative(line.args[0])


def _place(line: Directive) -> str:
    return f"'{line.args[0]}' defined at {line.file}:{line.line}"


def _custom_log(*, everywhere: bool = False) -> Apply:
    """Return the rule of CustomLog, or of GlobalLog: the one of all hosts."""

    def apply(scope: Scope, line: Directive) -> None:
        template, *clause = line.args[1:]
        env, wanted = _condition(clause[0]) if clause else ("", True)
        _checked(template)
        log = CustomLog(_path(scope, line), template, env, wanted, _place(line))
        (scope.config.global_logs if everywhere else scope.host.custom_logs).append(log)

    return apply


def _condition(clause: str) -> tuple[str, bool]:
    """Return the variable of ``env=NAME`` or ``env=!NAME``, and whether it has to be set."""
    kind, equals, name = clause.partition("=")
    if not equals or kind.lower() not in ("env", "expr"):
        raise DirectiveError("error in condition clause")
    if kind.lower() == "expr":
        raise DirectiveError("CustomLog: expressions are not evaluated here")
    if not name.removeprefix("!"):
        raise DirectiveError("missing environment variable name")
    return name.removeprefix("!"), not name.startswith("!")


def _transfer_log(scope: Scope, line: Directive) -> None:
    """A log in the form of the last LogFormat without a name."""
    scope.host.custom_logs.append(CustomLog(_path(scope, line), "", place=_place(line)))


def _log_format(scope: Scope, line: Directive) -> None:
    template, *name = line.args
    scope.host.log_formats[name[0] if name else ""] = _checked(template)


def _error_log_format(scope: Scope, line: Directive) -> None:
    """The form of lines; what httpd writes once a connection or request is read, and not written."""
    kind, template = ("", line.args[0]) if len(line.args) == 1 else line.args
    if kind and kind.lower() not in CONNECTION_OR_REQUEST:
        raise DirectiveError("ErrorLogFormat type must be one of request, connection")
    try:
        compile_error_format(template, is_main=not kind)
    except ValueError as error:
        raise DirectiveError(str(error)) from None
    if not kind:
        scope.config.error_log_format = template


def resolve(formats: dict[str, str], log: CustomLog) -> CustomLog:
    """Return the log with its nickname replaced by the format that it stands for.

    Args:
        formats: those of the host and the main server.
        log: as it was written.
    """
    default = {"": COMMON_FORMAT, "clf": COMMON_FORMAT}
    known = {**default, **{name.lower(): template for name, template in formats.items()}}
    return replace(log, template=known.get(log.template.lower(), log.template))


RULES = (
    in_server("BufferedLogs", FLAG, nothing),
    in_hosts("CustomLog", TWO_OR_THREE, _custom_log()),
    in_server("GlobalLog", TWO_OR_THREE, _custom_log(everywhere=True)),
    in_hosts("LogFormat", ONE_OR_TWO, _log_format),
    in_hosts("TransferLog", ONE, _transfer_log),
)
ERROR_LOG_RULES = (in_hosts("ErrorLogFormat", ONE_OR_TWO, _error_log_format),)

"""The directives, as a table: name, where it may stand, how many words, what it does.

Each rule takes the scope that the directive stands in and the directive itself;
it raises the ConfigError of :meth:`Directive.error` with httpd's own words.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, auto
from pathlib import Path
from typing import NamedTuple

from ..log_format import compile_format
from .authorization import Authorization, Condition
from .model import Alias, CustomLog, ListenAddress, ServerConfig, VirtualHost
from .settings import DirectorySettings, Options
from .syntax import Directive

LOG_LEVELS = ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug", "trace1")
# ServerLimit and ThreadLimit can be no higher (httpd's server/mpm/prefork and worker).
MAX_SERVER_LIMIT = 200_000
MAX_THREAD_LIMIT = 20_000
MAX_SECONDS = 2_000_000  # poll(2) and epoll_wait(2) count milliseconds in an int
MPM_MODULE = re.compile(r"mpm_(\w+)_module")
MPMS = ("event", "prefork")
COMMON_FORMAT = '%h %l %u %t "%r" %>s %b'
ADDRESS = re.compile(r"(?:(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+):)?(?P<port>\d+|\*)")


class Where(Flag):
    """The places that a directive may stand in."""

    MAIN = auto()
    HOST = auto()
    DIRECTORY = auto()


SERVER = Where.MAIN
HOST = Where.MAIN | Where.HOST
ANYWHERE = HOST | Where.DIRECTORY


@dataclass
class Scope:
    """The records that a directive works on."""

    config: ServerConfig
    host: VirtualHost
    directory: DirectorySettings | None = None

    @property
    def where(self) -> Where:
        """The place of the lines in this scope."""
        if self.directory is not None:
            return Where.DIRECTORY
        return Where.MAIN if self.host is self.config.main else Where.HOST


class Rule(NamedTuple):
    """One row of the table; ``most`` None is "any number of words"."""

    where: Where
    least: int
    most: int | None
    apply: Callable[[Scope, Directive], None]


def _number(directive: Directive, least: int = 0, most: int = 2**31 - 1) -> int:
    text = directive.args[0]
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise directive.error(f"{directive.name} takes a number from {least} to {most}")
    return int(text)


def _seconds(directive: Directive) -> float:
    """Return a time in seconds; httpd takes the suffixes ms, s, min and h."""
    match = re.fullmatch(r"(\d+)(ms|s|min|h)?", directive.args[0])
    if match is None:
        raise directive.error(f"{directive.name} has wrong format")
    seconds = int(match[1]) * {"ms": 0.001, "s": 1, "min": 60, "h": 3600}[match[2] or "s"]
    if seconds > MAX_SECONDS:
        raise directive.error(f"{directive.name} takes at most {MAX_SECONDS} seconds")
    return seconds


def _on_off(directive: Directive) -> bool:
    value = directive.args[0].lower()
    if value not in ("on", "off"):
        raise directive.error(f"{directive.name} must be On or Off")
    return value == "on"


def _set_number(attribute: str, least: int = 0, most: int = 2**31 - 1) -> Callable[[Scope, Directive], None]:
    return lambda scope, line: setattr(scope.config, attribute, _number(line, least, most))


def _set_seconds(attribute: str) -> Callable[[Scope, Directive], None]:
    return lambda scope, line: setattr(scope.config, attribute, _seconds(line))


def _set_text(attribute: str) -> Callable[[Scope, Directive], None]:
    return lambda scope, line: setattr(scope.config, attribute, line.args[0])


def _set_path(attribute: str) -> Callable[[Scope, Directive], None]:
    return lambda scope, line: setattr(scope.config, attribute, scope.config.relative(line.args[0]))


def _server_root(scope: Scope, line: Directive) -> None:
    path = Path(line.args[0])
    if not path.is_dir():
        raise line.error("ServerRoot must be a valid directory")
    scope.config.server_root = path.absolute()


def _listen(scope: Scope, line: Directive) -> None:
    match = ADDRESS.fullmatch(line.args[0])
    if match is None or not match["port"].isdigit() or int(match["port"]) > 65535:
        raise line.error("Port must be specified")
    host = (match["host"] or "").strip("[]")
    scope.config.listens.append(ListenAddress("" if host == "*" else host, int(match["port"])))


def _load_module(scope: Scope, line: Directive) -> None:
    """Choose the MPM; every other module is either built in or deliberately left out."""
    match = MPM_MODULE.fullmatch(line.args[0])
    if match is None:
        return
    if match[1] not in MPMS:
        raise line.error(f"Cannot load {line.args[0]} into server: no such MPM here")
    if any(MPM_MODULE.fullmatch(name) for name in scope.config.modules):
        raise line.error("AH00534: Configuration error: More than one MPM loaded.")
    scope.config.mpm = match[1]
    scope.config.modules.append(line.args[0])


def _document_root(scope: Scope, line: Directive) -> None:
    path = scope.config.relative(line.args[0])
    if not path.is_dir():
        if scope.where is Where.MAIN:
            raise line.error(f"DocumentRoot '{path}' is not a directory, or is not readable")
        scope.config.warnings.append(f"AH00112: Warning: DocumentRoot [{path}] does not exist")
    scope.host.document_root = bytes(path)


def _server_name(scope: Scope, line: Directive) -> None:
    scope.host.server_name = line.args[0].removeprefix("http://")


def _directory_index(scope: Scope, line: Directive) -> None:
    _directory_of(scope).directory_index = tuple(os.fsencode(arg) for arg in line.args if arg != "disabled")


def _alias(scope: Scope, line: Directive) -> None:
    url, path = line.args
    if not url.startswith("/"):
        raise line.error("Alias: the URL-path must begin with a slash")
    slash = b"/" if path.endswith("/") else b""  # pathlib drops it
    scope.host.aliases.append(Alias(os.fsencode(url), bytes(scope.config.relative(path)) + slash))


def _check_format(line: Directive, template: str) -> None:
    try:
        compile_format(template)
    except ValueError as error:
        raise line.error(str(error)) from None


def _log_path(scope: Scope, line: Directive) -> Path:
    name = line.args[0]
    if name.startswith("|") or name.partition(":")[0] == "syslog":
        raise line.error(f"{line.name}: logs are files here, neither programs nor syslog")
    return scope.config.relative(name)


def _error_log(scope: Scope, line: Directive) -> None:
    scope.config.error_log = _log_path(scope, line)


def _custom_log(scope: Scope, line: Directive) -> None:
    template = line.args[1] if len(line.args) > 1 else COMMON_FORMAT
    template = scope.config.log_formats.get(template, template)
    _check_format(line, template)
    scope.host.custom_logs.append(CustomLog(_log_path(scope, line), template))


def _log_format(scope: Scope, line: Directive) -> None:
    template, name = line.args
    _check_format(line, template)
    scope.config.log_formats[name] = template


def _log_level(scope: Scope, line: Directive) -> None:
    for arg in line.args:
        module, _, level = arg.rpartition(":")
        level = "trace1" if level.startswith("trace") else level
        if level not in LOG_LEVELS:
            raise line.error(f"Log level keyword must be one of {'/'.join(LOG_LEVELS)}/.../trace8")
        if module:
            scope.config.module_log_levels[module.removesuffix("_module")] = level
        else:
            scope.config.log_level = level


def _add_type(scope: Scope, line: Directive) -> None:
    media_type, *extensions = (os.fsencode(arg) for arg in line.args)
    for extension in extensions:
        scope.config.main.settings.types[extension.lstrip(b".").lower()] = media_type


def _server_alias(scope: Scope, line: Directive) -> None:
    scope.host.server_aliases.extend(line.args)


def _directory_of(scope: Scope) -> DirectorySettings:
    """Return the settings to change; outside of a section those of the whole file system."""
    if scope.directory is not None:
        return scope.directory
    return scope.host.settings


def _options(scope: Scope, line: Directive) -> None:
    names = {arg.lower().lstrip("+"): not arg.startswith("-") for arg in line.args}
    known = {"followsymlinks", "-followsymlinks", "none", "all", "indexes", "-indexes", "multiviews"}
    for name in names:
        if name not in known:
            raise line.error(f"Illegal option {name}")
    relative = all(arg[0] in "+-" for arg in line.args)
    settings = _directory_of(scope)
    if "-followsymlinks" in names:
        settings.options_remove = Options.FOLLOW_SYMLINKS
    elif "followsymlinks" in names or "all" in names:
        settings.options = Options.FOLLOW_SYMLINKS
    elif not relative:
        settings.options = Options.NONE


def _require(scope: Scope, line: Directive) -> None:
    words = [arg.lower() for arg in line.args]
    if words not in (["all", "granted"], ["all", "denied"]):
        raise line.error("Require: only 'all granted' and 'all denied' are known here")
    _directory_of(scope).require = Authorization("any", (Condition("all", (words[1],)),))


def _allow_override(scope: Scope, line: Directive) -> None:
    del scope
    if line.args[0].lower() != "none":
        raise line.error("AllowOverride: .htaccess files are not read here, only None is possible")


RULES: dict[str, Rule] = {
    "addtype": Rule(SERVER, 2, None, _add_type),
    "alias": Rule(HOST, 2, 2, _alias),
    "allowoverride": Rule(Where.DIRECTORY, 1, 1, _allow_override),
    "customlog": Rule(HOST, 1, 2, _custom_log),
    "directoryindex": Rule(HOST, 1, None, _directory_index),
    "documentroot": Rule(HOST, 1, 1, _document_root),
    "errorlog": Rule(SERVER, 1, 1, _error_log),
    "group": Rule(SERVER, 1, 1, _set_text("group")),
    "keepalive": Rule(SERVER, 1, 1, lambda scope, line: setattr(scope.config, "keep_alive", _on_off(line))),
    "keepalivetimeout": Rule(SERVER, 1, 1, _set_seconds("keep_alive_timeout")),
    "listen": Rule(SERVER, 1, 2, _listen),
    "listenbacklog": Rule(SERVER, 1, 1, _set_number("listen_backlog", 1)),
    "loadmodule": Rule(SERVER, 2, 2, _load_module),
    "logformat": Rule(SERVER, 2, 2, _log_format),
    "loglevel": Rule(SERVER, 1, None, _log_level),
    "maxkeepaliverequests": Rule(SERVER, 1, 1, _set_number("max_keep_alive_requests")),
    "maxrequestworkers": Rule(SERVER, 1, 1, _set_number("max_request_workers", 1, MAX_SERVER_LIMIT)),
    "options": Rule(ANYWHERE, 1, None, _options),
    "pidfile": Rule(SERVER, 1, 1, _set_path("pid_file")),
    "require": Rule(Where.DIRECTORY, 1, None, _require),
    "serveralias": Rule(Where.HOST, 1, None, _server_alias),
    "servername": Rule(HOST, 1, 1, _server_name),
    "serverroot": Rule(SERVER, 1, 1, _server_root),
    "startservers": Rule(SERVER, 1, 1, _set_number("start_servers", 1, MAX_SERVER_LIMIT)),
    "threadsperchild": Rule(SERVER, 1, 1, _set_number("threads_per_child", 1, MAX_THREAD_LIMIT)),
    "timeout": Rule(SERVER, 1, 1, _set_seconds("timeout")),
    "typesconfig": Rule(SERVER, 1, 1, _set_path("types_config")),
    "user": Rule(SERVER, 1, 1, _set_text("user")),
}


def virtual_host_address(section: Directive, text: str) -> tuple[str, int]:
    """Return the address and port that one word of ``<VirtualHost>`` names; '' and 0 are any.

    Raises:
        ConfigError: the word is no address.
    """
    if text in ("*", "_default_"):
        return "", 0
    match = ADDRESS.fullmatch(text) or ADDRESS.fullmatch(f"{text}:*")
    if match is None:
        raise section.error(f"cannot read the address {text!r}")
    host = (match["host"] or "").strip("[]")
    port = 0 if match["port"] == "*" else int(match["port"])
    return "" if host in ("*", "_default_") else host, port

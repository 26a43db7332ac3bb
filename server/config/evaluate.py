"""A configuration: its files read, its directives applied, and what only the whole can tell."""

import os
import socket
from collections.abc import Sequence
from pathlib import Path

from .. import PROGRAM
from .directives import rules_of, spelling_of
from .directives.log import resolve
from .model import ConfigError, ConfigWarning, RequestReadTimeout, ServerConfig, VirtualHost
from .modules import MPM_MODULE
from .reader import Frame, Reader
from .rules import DirectiveError, Scope
from .syntax import Directive, Line
from .walk import walk


def load(
    path: Path,
    defines: Sequence[str] = (),
    *,
    server_root: Path | None = None,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
) -> ServerConfig:
    """Read a configuration file.

    Args:
        path: the file; a relative one is taken from ServerRoot.
        defines: names that ``-D`` defined.
        server_root: what ``-d`` says.
        before: directives of ``-C``, which come first.
        after: directives of ``-c``, which come last.

    Raises:
        ConfigError: it cannot be read, or is not usable; the text is what httpd prints.
    """
    config = ServerConfig()
    if server_root is not None:
        config.server_root = server_root.absolute()
    config.config_file = path.absolute()
    config.defines.update(dict.fromkeys(defines))
    try:
        _apply(_read(config, before, after), config)
        _complete(config)
    except ConfigError as error:
        error.warnings = tuple(config.warnings)
        raise
    return config


def _apply(tree: list[Directive], config: ServerConfig) -> None:
    scope = Scope(config, config.main, config.main.settings, rules=rules_of(tuple(config.modules)))
    try:
        walk(tree, scope)
    except DirectiveError as error:
        culprit = error.culprit
        assert culprit is not None
        raise ConfigError(
            f"AH00526: Syntax error on line {culprit.line} of {culprit.file}:\n{error}"
        ) from None


def _read(config: ServerConfig, before: Sequence[str], after: Sequence[str]) -> list[Directive]:
    """Return the tree of all directives, and settle which MPM it is."""
    reader = Reader(config, lambda name: spelling_of(name, config.modules), Scope.allowed)
    try:
        tree = _from_command_line(reader, before)
        tree += reader.file(config.config_file)
        problem = _check_mpm(config)
        if problem is not None:
            raise ConfigError(f"AH00534: {PROGRAM}: Configuration error: {problem}")
        tree += _from_command_line(reader, after)
    except DirectiveError as error:
        raise ConfigError(f"{PROGRAM}: {error}") from None
    return tree


def _from_command_line(reader: Reader, texts: Sequence[str]) -> list[Directive]:
    """Return the directives of ``-C`` or ``-c``, each of which is a line of its own."""
    place = Path("-c/-C directives")
    lines = (Line(text.strip(), number) for number, text in enumerate(texts, 1))
    frame = Frame(place, lines)
    try:
        return reader.text(frame)
    except DirectiveError as error:
        raise DirectiveError(f"Syntax error in -C/-c directive: {error}") from None


def _check_mpm(config: ServerConfig) -> str | None:
    loaded = [match[1] for name in config.modules if (match := MPM_MODULE.fullmatch(name))]
    if len(loaded) != 1:
        return "More than one MPM loaded." if loaded else "No MPM loaded."
    config.mpm = loaded[0]
    return None


def _complete(config: ServerConfig) -> None:
    """Fill in what follows from the whole."""
    main = config.main
    if main.document_root is None:
        main.document_root = bytes(config.relative("htdocs"))
    for host in (main, *config.virtual_hosts):
        formats = {**main.log_formats, **host.log_formats}
        host.custom_logs = [resolve(formats, log) for log in host.custom_logs]
    config.global_logs = [resolve(main.log_formats, log) for log in config.global_logs]
    if config.has_module("reqtimeout_module") and config.request_read_timeout is None:
        config.request_read_timeout = RequestReadTimeout()
    if main.server_name is None:
        main.server_name = _own_name()
        text = (
            f"AH00558: {PROGRAM}: Could not reliably determine the server's fully qualified domain name,"
            f" using {main.server_name}. Set the 'ServerName' directive globally to suppress this message"
        )
        config.warnings.append(ConfigWarning(text, module=""))
    _check_log_folders(config)


def _own_name() -> str:
    """Return what httpd would call itself: a name with a dot, or else an address."""
    name = socket.getfqdn()
    if "." in name:
        return name
    try:
        return socket.gethostbyname(os.uname().nodename)
    except OSError:
        return "127.0.0.1"


def _check_log_folders(config: ServerConfig) -> None:
    """Find folders of logs that are not there: of an error log first, as httpd does, else of all others.

    Raises:
        ConfigError: there are such (check_errorlog_dir of httpd's server/core.c, check_log_dir of
            modules/loggers/mod_log_config.c).
    """
    hosts: list[tuple[VirtualHost | None, object]] = [(None, config.error_log)]
    hosts += [(host, host.values.get("error_log")) for host in config.virtual_hosts]
    for host, log in hosts:
        if isinstance(log, Path) and not log.parent.is_dir():
            whose = "main error log" if host is None else f"error log of vhost defined at {host.place}"
            raise _check_failed([f"AH02291: Cannot access directory '{log.parent}/' for {whose}"])
    logs = list(config.global_logs)
    for each in (config.main, *config.virtual_hosts):
        logs += each.custom_logs
    problems = [
        f"AH02297: Cannot access directory '{log.path.parent}/' for log file {log.place}"
        for log in logs
        if not log.path.parent.is_dir()
    ]
    if problems:
        raise _check_failed(problems)


def _check_failed(problems: list[str]) -> ConfigError:
    lines = [f"(2)No such file or directory: {problem}" for problem in problems]
    return ConfigError("\n".join([*lines, "AH00014: Configuration check failed"]))

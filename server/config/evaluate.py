"""Directives in their order to a configuration: Define, Include, conditions, sections."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .directives import MPM_MODULE, RULES, Scope, Where, virtual_host_address
from .model import ConfigError, ServerConfig, VirtualHost
from .settings import DirectorySettings, Section
from .syntax import Directive, parse

VARIABLE = re.compile(r"\$\{([^}]+)\}")
MAX_INCLUDE_DEPTH = 20  # AP_MAX_INCLUDE_DEPTH of httpd's server/core.c
BUILT_IN = frozenset(
    f"{name}_module"
    for name in ("core", "http", "so", "unixd", "log_config", "alias", "dir", "mime", "authz_core")
)
PLACE = {
    Where.MAIN: "here",
    Where.HOST: "in <VirtualHost> context",
    Where.DIRECTORY: "in <Directory> context",
}
INVALID_COMMAND = (
    "Invalid command '{}', perhaps misspelled or defined by a module not included in the server configuration"
)


def load(path: Path, defines: Iterable[str] = ()) -> ServerConfig:
    """Read a configuration file.

    Args:
        path: the file; ServerRoot does not apply to it.
        defines: names that ``-D`` defined.

    Raises:
        ConfigError: it cannot be read, or is not usable.
    """
    evaluation = _Evaluation(ServerConfig(), dict.fromkeys(defines, ""))
    config = evaluation.config
    evaluation.run(_read(path.absolute()), Scope(config, config.main))
    if not config.listens:
        raise ConfigError("AH00014: no listening sockets available, shutting down")
    if config.main.document_root is None:
        config.main.document_root = bytes(config.relative("htdocs"))
    return config


def _read(path: Path) -> list[Directive]:
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise ConfigError(
            f"AH00526: Could not open configuration file {path}: {os.strerror(error.errno or 0)}"
        ) from None
    return parse(text, path)


@dataclass
class _Evaluation:
    """One pass over the tree; the variables change while it goes."""

    config: ServerConfig
    variables: dict[str, str]
    depth: int = field(default=0)

    def run(self, directives: list[Directive], scope: Scope) -> None:
        """Apply every directive to the scope."""
        for directive in directives:
            line = Directive(
                directive.name,
                [self.expand(arg) for arg in directive.args],
                directive.file,
                directive.line,
                directive.children,
            )
            if line.children is not None:
                self._section(line, line.children, scope)
            else:
                self._plain(line, scope)

    def expand(self, text: str) -> str:
        """Replace ``${NAME}`` by what Define or the environment says; an unknown one stays."""
        return VARIABLE.sub(
            lambda match: self.variables.get(match[1], os.environ.get(match[1], match[0])), text
        )

    def _plain(self, line: Directive, scope: Scope) -> None:
        name = line.name.lower()
        if name == "define":
            self.variables[_first(line)] = line.args[1] if len(line.args) > 1 else ""
        elif name == "undefine":
            self.variables.pop(_first(line), None)
        elif name in ("include", "includeoptional"):
            self._include(line, scope, optional=name == "includeoptional")
        else:
            _apply(line, scope)

    def _include(self, line: Directive, scope: Scope, *, optional: bool) -> None:
        pattern = self.config.relative(_first(line))
        paths = sorted(Path("/").glob(str(pattern).lstrip("/")))
        if not paths and not optional:
            raise line.error(f"Could not open configuration file {pattern}: No such file or directory")
        if self.depth >= MAX_INCLUDE_DEPTH:
            raise line.error(f"Exceeded the maximum include depth of {MAX_INCLUDE_DEPTH}")
        self.depth += 1
        for path in paths:
            self.run(_read(path), scope)
        self.depth -= 1

    def _section(self, line: Directive, children: list[Directive], scope: Scope) -> None:
        name = line.name.lower()
        if name in ("<ifmodule", "<ifdefine"):
            wanted = _first(line)
            known = self._has_module if name == "<ifmodule" else self.variables.__contains__
            if known(wanted.removeprefix("!")) != wanted.startswith("!"):
                self.run(children, scope)
        elif name == "<virtualhost" and scope.where is Where.MAIN:
            host = VirtualHost([virtual_host_address(line, arg) for arg in line.args])
            self.config.virtual_hosts.append(host)
            self.run(children, Scope(self.config, host))
        elif name == "<directory" and scope.where is not Where.DIRECTORY:
            directory = DirectorySettings()
            path = bytes(self.config.relative(_first(line)))
            scope.host.directories.append(Section(path, directory))
            self.run(children, Scope(self.config, scope.host, directory))
        elif name in ("<virtualhost", "<directory"):
            raise line.error(f"{line.name}> not allowed here")
        else:
            raise line.error(INVALID_COMMAND.format(line.name))

    def _has_module(self, name: str) -> bool:
        """Know a module by its identifier (mime_module) or its source file (mod_mime.c, event.c)."""
        if name.endswith(".c"):
            stem = name.removesuffix(".c").removeprefix("mod_")
            name = f"mpm_{stem}_module" if f"mpm_{stem}_module" == self._mpm else f"{stem}_module"
        return name in BUILT_IN or name == self._mpm

    @property
    def _mpm(self) -> str:
        loaded = [name for name in self.config.modules if MPM_MODULE.fullmatch(name)]
        return loaded[0] if loaded else f"mpm_{self.config.mpm}_module"


def _first(line: Directive) -> str:
    if not line.args:
        raise line.error(f"{line.name.lstrip('<')} requires an argument")
    return line.args[0]


def _apply(line: Directive, scope: Scope) -> None:
    rule = RULES.get(line.name.lower())
    if rule is None:
        raise line.error(INVALID_COMMAND.format(line.name))
    if not scope.where & rule.where:
        raise line.error(f"{line.name} not allowed {PLACE[scope.where]}")
    if len(line.args) < rule.least or (rule.most is not None and len(line.args) > rule.most):
        expected = f"{rule.least}" if rule.least == rule.most else f"{rule.least} to {rule.most or 'any'}"
        raise line.error(f"{line.name} takes {expected} argument(s), {len(line.args)} given")
    rule.apply(scope, line)

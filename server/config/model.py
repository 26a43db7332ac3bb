"""What a configuration amounts to: one record for the server, one a virtual host."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from .. import SERVER_SOFTWARE
from .patterns import Pattern
from .settings import DEFAULTS, DirectorySettings, EnvironmentRule, Redirect, Section


class ConfigWarning(NamedTuple):
    """What the administrator should know of a configuration that can be used all the same.

    Attributes:
        text: in httpd's words.
        level, module: for the error log; a module '' is for the text alone, without time and process.
    """

    text: str
    level: str = "warn"
    module: str = "core"


class ConfigError(Exception):
    """The configuration cannot be used; the text is what httpd would print.

    Attributes:
        warnings: what was to be said before it was found out.
    """

    warnings: tuple[ConfigWarning, ...] = ()


@dataclass
class ListenAddress:
    """One ``Listen``: an address ('' for all of them) and a port (0: the kernel chooses)."""

    host: str
    port: int


@dataclass(frozen=True)
class CustomLog:
    """One ``CustomLog``.

    Attributes:
        path: where to.
        template: the format string with nicknames resolved.
        env: the environment variable that decides whether a request is logged; '' for none.
        env_wanted: it has to be set, or with ``env=!`` must not be.
        place: the path as it was written, file and line, in the words of httpd's complaint.
    """

    path: Path
    template: str
    env: str = ""
    env_wanted: bool = True
    place: str = field(default="", compare=False)


class ReadTimeout(NamedTuple):
    """One stage of RequestReadTimeout: seconds for the first byte and at most, bytes a second."""

    first: int
    max: int | None
    min_rate: int


class RequestReadTimeout(NamedTuple):
    """RequestReadTimeout as mod_reqtimeout has it when it is loaded; a stage is None when it is off."""

    header: ReadTimeout | None = ReadTimeout(20, 40, 500)
    body: ReadTimeout | None = ReadTimeout(20, None, 500)


class Alias(NamedTuple):
    """One Alias (a prefix) or AliasMatch (a pattern whose groups the path may name as ``$1``)."""

    url: bytes | Pattern
    path: bytes


@dataclass
class HostValues:
    """Values that the main server and each virtual host may have of their own, with httpd's defaults."""

    keep_alive: bool = True
    keep_alive_timeout: float = 5.0
    max_keep_alive_requests: int = 100
    timeout: float = 60.0
    limit_request_line: int = 8190
    limit_request_field_size: int = 8190
    limit_request_fields: int = 100
    request_read_timeout: RequestReadTimeout | None = None
    server_admin: str = "[no address given]"
    access_file_names: tuple[bytes, ...] = (b".htaccess",)
    allow_encoded_slashes: str = "off"
    merge_slashes: bool = True
    trace_enable: bool = True
    error_log: Path | None = None
    log_level: str = "warn"
    module_log_levels: dict[str, str] = field(default_factory=dict)


@dataclass
class VirtualHost:
    """The main server or one ``<VirtualHost>``; None or empty where the main server's value holds.

    Attributes:
        addresses: (address, port) pairs; '' and 0 stand for any.
        server_name, server_port: ServerName, its port if it has one.
        server_aliases: ServerAlias, ``*`` and ``?`` for any characters.
        values: those of :class:`HostValues` that are set here.
        settings: per-directory directives outside of any section.
        directories, files, locations: sections in the order in which they stand.
        place: file and line of ``<VirtualHost>``, as ``-S`` shows it.
    """

    addresses: list[tuple[str, int]] = field(default_factory=list)
    server_name: str | None = None
    server_port: int | None = None
    server_aliases: list[str] = field(default_factory=list)
    document_root: bytes | None = None
    aliases: list[Alias] = field(default_factory=list)
    redirects: list[Redirect] = field(default_factory=list)
    environment: list[EnvironmentRule] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    settings: DirectorySettings = field(default_factory=DirectorySettings)
    directories: list[Section] = field(default_factory=list)
    files: list[Section] = field(default_factory=list)
    locations: list[Section] = field(default_factory=list)
    custom_logs: list[CustomLog] = field(default_factory=list)
    log_formats: dict[str, str] = field(default_factory=dict)
    place: str = ""


@dataclass
class ServerConfig(HostValues):
    """The whole configuration, with httpd's defaults; None where the MPM has the default.

    The values of the main server stand here, those of virtual hosts in their records.

    Attributes:
        modules: those that were loaded, in their order.
        defines: variables, None for a name without a value.
        extended_status: whether the scoreboard knows requests; mod_status turns it on.
        included: of each file that was read, how deep it was included, on which line, and its path.
    """

    server_root: Path = Path(__file__).resolve().parents[1]
    config_file: Path = Path()
    listens: list[ListenAddress] = field(default_factory=list)
    mpm: str = "event"
    modules: list[str] = field(default_factory=list)
    defines: dict[str, str | None] = field(default_factory=dict)
    start_servers: int | None = None
    min_spare_servers: int | None = None
    max_spare_servers: int | None = None
    min_spare_threads: int | None = None
    max_spare_threads: int | None = None
    server_limit: int | None = None
    thread_limit: int | None = None
    threads_per_child: int | None = None
    max_request_workers: int | None = None
    max_connections_per_child: int = 0
    async_request_worker_factor: float = 2.0
    graceful_shutdown_timeout: int = 0
    listen_backlog: int = 511
    user: str | None = None
    group: str | None = None
    pid_file: Path | None = None
    error_log_format: str | None = None
    server_tokens: str = "full"
    extended_status: bool = False
    http_protocol_options: frozenset[str] = frozenset()
    default_runtime_dir: Path | None = None
    core_dump_directory: Path | None = None
    mutexes: dict[str, str] = field(default_factory=dict)
    types_config: Path | None = None
    global_logs: list[CustomLog] = field(default_factory=list)
    warnings: list[ConfigWarning] = field(default_factory=list)
    included: list[tuple[int, int, Path]] = field(default_factory=list)
    main: VirtualHost = field(default_factory=VirtualHost)
    virtual_hosts: list[VirtualHost] = field(default_factory=list)

    def relative(self, path: str) -> Path:
        """Return ``path`` taken from ServerRoot, as httpd does with every relative file name.

        It has no ``..`` left: paths are compared with those of ``<Directory>``.
        """
        return Path(os.path.normpath(self.server_root / path))

    def has_module(self, name: str) -> bool:
        """Whether a module, named as in LoadModule, is loaded."""
        return name in self.modules

    @cached_property
    def base(self) -> DirectorySettings:
        """What holds outside of all sections of the main server."""
        return DEFAULTS.merged(self.main.settings)

    @cached_property
    def server_software(self) -> bytes:
        """The Server field, as much of it as ServerTokens lets be known."""
        product, _, version = SERVER_SOFTWARE.partition("/")
        major, minor = version.split(".")[:2]
        return {
            "prod": product,
            "major": f"{product}/{major}",
            "minor": f"{product}/{major}.{minor}",
            "min": SERVER_SOFTWARE,
            "os": f"{SERVER_SOFTWARE} (Unix)",
            "full": f"{SERVER_SOFTWARE} (Unix)",
        }[self.server_tokens].encode()

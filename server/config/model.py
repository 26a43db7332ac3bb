"""What a configuration amounts to: one record for the server, one a virtual host."""

import os
from dataclasses import dataclass, field
from pathlib import Path


class ConfigError(Exception):
    """The configuration cannot be used; the text is what httpd would print."""


@dataclass
class ListenAddress:
    """One ``Listen``: an address ('' for all of them) and a port (0: the kernel chooses)."""

    host: str
    port: int


@dataclass
class CustomLog:
    """One ``CustomLog``: where to, and the format string with nicknames resolved."""

    path: Path
    template: str


@dataclass
class DirectorySettings:
    """One ``<Directory>``: settings for this path and all below; None where it says nothing."""

    path: bytes
    follow_symlinks: bool | None = None
    granted: bool | None = None


@dataclass
class VirtualHost:
    """The main server or one ``<VirtualHost>``; None where the main server's value holds."""

    addresses: list[tuple[str, int]] = field(default_factory=list)
    server_name: str | None = None
    server_aliases: list[str] = field(default_factory=list)
    document_root: bytes | None = None
    directory_index: list[bytes] | None = None
    url_aliases: list[tuple[bytes, bytes]] = field(default_factory=list)
    directories: list[DirectorySettings] = field(default_factory=list)
    custom_logs: list[CustomLog] = field(default_factory=list)


@dataclass
class ServerConfig:
    """The whole configuration, with httpd's defaults."""

    server_root: Path = Path(__file__).resolve().parents[1]
    listens: list[ListenAddress] = field(default_factory=list)
    mpm: str = "event"
    start_servers: int | None = None
    threads_per_child: int | None = None
    max_request_workers: int | None = None
    listen_backlog: int = 511
    keep_alive: bool = True
    keep_alive_timeout: float = 5.0
    max_keep_alive_requests: int = 100
    timeout: float = 60.0
    user: str | None = None
    group: str | None = None
    pid_file: Path | None = None
    error_log: Path | None = None
    log_level: str = "warn"
    module_log_levels: dict[str, str] = field(default_factory=dict)
    log_formats: dict[str, str] = field(default_factory=dict)
    types_config: Path | None = None
    added_types: dict[bytes, bytes] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)
    main: VirtualHost = field(default_factory=VirtualHost)
    virtual_hosts: list[VirtualHost] = field(default_factory=list)

    def relative(self, path: str) -> Path:
        """Return ``path`` taken from ServerRoot, as httpd does with every relative file name.

        It has no ``..`` left: paths are compared with those of ``<Directory>``.
        """
        return Path(os.path.normpath(self.server_root / path))

"""The hosts that are served: which one a request is for, and what holds for its files."""

import os
from dataclasses import dataclass

from .access_log import AccessLog
from .config import ServerConfig, VirtualHost
from .config.model import CustomLog, DirectorySettings

DEFAULT_INDEX = (b"index.html",)


@dataclass(frozen=True)
class Site:
    """The main server or one virtual host, with everything that it inherits filled in.

    Attributes:
        name: ServerName without port, for %v and for redirects of HTTP/1.0.
        names: every name that the site answers to, lower case.
        addresses: (address, port) pairs; '' and 0 stand for any.
        document_root: without a slash at its end.
        url_aliases: (URL prefix, path) in the order in which they are tried.
        directories: sections, the shortest path first.
    """

    name: bytes
    names: frozenset[bytes]
    addresses: tuple[tuple[str, int], ...]
    document_root: bytes
    directory_index: tuple[bytes, ...]
    url_aliases: tuple[tuple[bytes, bytes], ...]
    directories: tuple[DirectorySettings, ...]
    access_logs: tuple[AccessLog, ...]

    def file_path(self, url_path: bytes) -> bytes:
        """Return the path that a decoded, normalised URL path is mapped to."""
        for prefix, path in self.url_aliases:
            if url_path.startswith(prefix):
                rest = url_path[len(prefix) :]
                if not rest or prefix.endswith(b"/") or rest.startswith(b"/"):
                    return path + rest
        return self.document_root + url_path

    def settings(self, path: bytes) -> tuple[bool, bool]:
        """Return (symbolic links are followed, access is granted) for a path."""
        follow, granted = True, True  # httpd's Options FollowSymLinks; no Require, no refusal
        for directory in self.directories:
            if path.startswith(directory.path) and path[len(directory.path) :][:1] in (b"", b"/"):
                follow = follow if directory.follow_symlinks is None else directory.follow_symlinks
                granted = granted if directory.granted is None else directory.granted
        return follow, granted


class Sites:
    """Name-based virtual hosts: by local address first, then by Host (httpd's vhost.c)."""

    def __init__(self, config: ServerConfig) -> None:
        """Open the access logs and fill in what each host inherits."""
        logs: dict[tuple[str, str], AccessLog] = {}
        self._main = _site(config.main, config.main, logs)
        self._hosts = [_site(host, config.main, logs) for host in config.virtual_hosts]

    def select(self, local: tuple[str, int], host: bytes) -> Site:
        """Return the site for a request.

        Args:
            local: address and port that the client connected to.
            host: lower-case host name without port; b'' for none.
        """
        candidates = [site for site in self._hosts if _serves(site, local)]
        for site in candidates:
            if host in site.names:
                return site
        return candidates[0] if candidates else self._main


def _serves(site: Site, local: tuple[str, int]) -> bool:
    return any(host in ("", local[0]) and port in (0, local[1]) for host, port in site.addresses)


def _site(host: VirtualHost, main: VirtualHost, logs: dict[tuple[str, str], AccessLog]) -> Site:
    def opened(log: CustomLog) -> AccessLog:
        key = (str(log.path), log.template)
        if key not in logs:
            logs[key] = AccessLog(log.path, log.template)
        return logs[key]

    inherited = [] if host is main else main.url_aliases
    sections = main.directories if host is main else main.directories + host.directories
    name = (host.server_name or main.server_name or os.uname().nodename).partition(":")[0]
    root = host.document_root or main.document_root or b""
    index = main.directory_index if host.directory_index is None else host.directory_index
    return Site(
        name=os.fsencode(name),
        names=frozenset(os.fsencode(each).lower() for each in (name, *host.server_aliases)),
        addresses=tuple(host.addresses),
        document_root=root.rstrip(b"/"),
        directory_index=DEFAULT_INDEX if index is None else tuple(index),
        url_aliases=tuple(host.url_aliases + inherited),
        directories=tuple(_with_slashless_path(sections)),
        access_logs=tuple(opened(log) for log in host.custom_logs or main.custom_logs),
    )


def _with_slashless_path(sections: list[DirectorySettings]) -> list[DirectorySettings]:
    """Sort sections and take the slash off ``/``, so that a prefix ends at a component."""
    for section in sections:
        section.path = section.path.rstrip(b"/")
    return sorted(sections, key=lambda section: len(section.path))

"""The hosts that are served: which one a request is for, and what holds there."""

import os
import re
from dataclasses import dataclass, fields
from functools import lru_cache

from .config import ServerConfig, VirtualHost
from .config.model import Alias, CustomLog, HostValues
from .config.patterns import Groups
from .config.settings import DirectorySettings, EnvironmentRule, Redirect, Section
from .config.wildcards import plain_wildcards
from .logs.access_log import AccessLog
from .logs.error_log import ErrorLog
from .virtual_hosts import chains_of, find_chain

REMEMBERED = 1024  # pairs of a local address and a Host: they come from clients
REMEMBERED_LENGTH = 255  # bytes of a Host, as long as a name can be
HOST_VALUES = tuple(item.name for item in fields(HostValues))


@dataclass(frozen=True)
class Site:
    """The main server or one virtual host, with everything that it inherits filled in.

    Attributes:
        name: ServerName without port, for %v and for redirects of HTTP/1.0.
        port: the port of ServerName; 0 when it names none.
        names: ServerName and those of ServerAlias without wildcards, lower case.
        patterns: those of ServerAlias with wildcards.
        addresses: (address, port) pairs; '' and 0 stand for any.
        document_root: without a slash at its end.
        base: what holds outside of all sections.
        directories: sections in the order in which they are merged: those with the fewest
            components first, regular expressions last.
        files, locations: sections in the order in which they stand, the main server's first.
        values: KeepAlive, Timeout and their like.
        modules: those that are loaded, in their order.
        software: the Server field.
    """

    name: bytes
    port: int
    names: frozenset[bytes]
    patterns: tuple[re.Pattern[bytes], ...]
    addresses: tuple[tuple[str, int], ...]
    document_root: bytes
    aliases: tuple[Alias, ...]
    redirects: tuple[Redirect, ...]
    environment: tuple[EnvironmentRule, ...]
    base: DirectorySettings
    directories: tuple[Section, ...]
    files: tuple[Section, ...]
    locations: tuple[Section, ...]
    error_log: ErrorLog
    access_logs: tuple[AccessLog, ...]
    values: HostValues
    modules: tuple[str, ...]
    software: bytes

    def file_path(self, url_path: bytes) -> bytes:
        """Return the path that a decoded, normalised URL path is mapped to."""
        for alias in self.aliases:
            path = aliased(alias, url_path)
            if path is not None:
                return path
        return self.document_root + url_path


def aliased(alias: Alias, url_path: bytes) -> bytes | None:
    """Return where an Alias or AliasMatch maps a URL path to; None when it is not for it."""
    if isinstance(alias.url, bytes):
        if not url_path.startswith(alias.url):
            return None
        rest = url_path[len(alias.url) :]
        is_for_it = not rest or alias.url.endswith(b"/") or rest.startswith(b"/")
        return alias.path + rest if is_for_it else None
    groups = alias.url.search(url_path)
    return None if groups is None else substituted(alias.path, groups)


def substituted(template: bytes, groups: Groups) -> bytes:
    """Put a match and its groups in the place of ``$0`` to ``$9`` and ``&`` (httpd's ap_pregsub)."""

    def group(found: re.Match[bytes]) -> bytes:
        if found[0].startswith(b"\\"):
            return found[0][1:]
        number = 0 if found[0] == b"&" else int(found[0][1:])
        return (groups[number] or b"") if number < len(groups) else b""

    return re.sub(rb"\\[$&]|\$[0-9]|&", group, template)


class Sites:
    """Name-based virtual hosts: by local address first, then by Host (httpd's vhost.c)."""

    def __init__(self, config: ServerConfig, error_log: ErrorLog) -> None:
        """Open the logs that the main server's error log does not stand for, and fill in what is inherited.

        Raises:
            ConfigError: a log cannot be opened.
        """
        logs: dict[CustomLog, AccessLog] = {}
        self._error_logs = {id(host): error_log.of_host(host) for host in config.virtual_hosts}
        self._main = _site(config.main, config, error_log, logs)
        self._sites = {
            id(host): _site(host, config, self._error_logs[id(host)], logs) for host in config.virtual_hosts
        }
        self._chains = chains_of(config.virtual_hosts)
        self._remembered = lru_cache(REMEMBERED)(self._select)
        self._logs = list(logs.values())

    def close(self) -> None:
        """Close the logs, the main server's error log aside."""
        for log in self._logs:
            log.close()
        for error_log in self._error_logs.values():
            error_log.close()

    def select(self, local: tuple[str, int], host: bytes) -> Site:
        """Return the site for a request.

        Args:
            local: address and port that the client connected to.
            host: lower-case host name without port; b'' for none.
        """
        return (self._remembered if len(host) <= REMEMBERED_LENGTH else self._select)(local, host)

    def _select(self, local: tuple[str, int], host: bytes) -> Site:
        address = local[0].removeprefix("::ffff:") if "." in local[0] else local[0]
        chain = find_chain(self._chains, address, local[1])
        if chain is None:
            return self._main
        host = host.removesuffix(b".")
        candidates = [self._sites[id(each)] for each in chain.hosts]
        for site in candidates:
            if host in site.names or any(pattern.fullmatch(host) for pattern in site.patterns):
                return site
        return candidates[0]


def _site(
    host: VirtualHost, config: ServerConfig, error_log: ErrorLog, logs: dict[CustomLog, AccessLog]
) -> Site:
    def opened(log: CustomLog) -> AccessLog:
        if log not in logs:
            logs[log] = AccessLog(log)
        return logs[log]

    main = config.main
    outer = VirtualHost() if host is main else main  # whose lists are inherited
    name = (host.server_name or main.server_name or os.uname().nodename).lower()
    aliases = [os.fsencode(alias.lower()) for alias in host.server_aliases]
    wild = [alias for alias in aliases if b"*" in alias or b"?" in alias]
    root = host.document_root or main.document_root or b""
    return Site(
        name=os.fsencode(name),
        port=(host.server_port or 0),
        names=frozenset([os.fsencode(name), *aliases]) - frozenset(wild),
        patterns=tuple(plain_wildcards(alias) for alias in wild),
        addresses=tuple(host.addresses),
        document_root=root.rstrip(b"/"),
        aliases=tuple(host.aliases + outer.aliases),
        redirects=tuple(host.redirects + outer.redirects),
        environment=tuple(outer.environment + host.environment),
        base=config.base if host is main else config.base.merged(host.settings),
        directories=tuple(sorted(outer.directories + host.directories, key=_merge_order)),
        files=tuple(outer.files + host.files),
        locations=tuple(outer.locations + host.locations),
        error_log=error_log,
        access_logs=tuple(opened(log) for log in (host.custom_logs or main.custom_logs) + config.global_logs),
        values=HostValues(**{name: getattr(config, name) for name in HOST_VALUES} | host.values),
        modules=tuple(config.modules),
        software=config.server_software,
    )


def _merge_order(section: Section) -> tuple[bool, int]:
    """Httpd's reorder_sorter (server/core.c); sorting leaves equal ones in their order."""
    return section.regex is not None, section.depth

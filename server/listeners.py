"""The listening sockets, set up as httpd's server/listen.c does."""

import contextlib
import socket
from collections.abc import Iterable

from . import SERVER_SOFTWARE
from .config import ConfigError, ServerConfig
from .config.model import ListenAddress
from .logs.error_log import ErrorLog

DEFER_ACCEPT_SECONDS = 30  # a connection is shown to us when its first byte is there, or after this
DUMMY_SECONDS = 3.0
DUMMY_REQUEST = f"OPTIONS * HTTP/1.0\r\nUser-Agent: {SERVER_SOFTWARE} (internal dummy connection)\r\n\r\n"
NOTHING_TO_LISTEN_TO = "no listening sockets available, shutting down\nAH00015: Unable to open logs"

Bound = tuple[ListenAddress, socket.socket]


def open_listeners(config: ServerConfig, earlier: Iterable[Bound] = ()) -> list[socket.socket]:
    """Bind and listen for every Listen, in their order; an unchanged Listen keeps its socket.

    Args:
        config: the configuration.
        earlier: the addresses and sockets of the last generation.

    Raises:
        ConfigError: an address cannot be had, or there is none.
    """
    if not config.listens:
        raise ConfigError(NOTHING_TO_LISTEN_TO)
    kept = list(earlier)
    sockets = []
    for address in config.listens:
        known = next((bound for bound in kept if bound[0] == address), None)
        if known is None:
            sockets.append(_bind(address, config.listen_backlog))
        else:
            kept.remove(known)
            known[1].listen(config.listen_backlog)
            sockets.append(known[1])
    return sockets


def report_chosen_ports(
    config: ServerConfig,
    listeners: list[socket.socket],
    error_log: ErrorLog,
    known: Iterable[socket.socket] = (),
) -> None:
    """Log every port that the kernel chose for ``Listen address:0``, unless it is known."""
    for address, listener in zip(config.listens, listeners, strict=True):
        if address.port == 0 and listener not in known:
            host, port = listener.getsockname()[:2]
            text = f"Listen {shown(address.host, 0)} is bound to {shown(host, port)}"
            error_log.log("core", "notice", text)


def wake_an_accepter(listener: socket.socket) -> bool:
    """Make a connection of our own, which gets one child out of its accept; False when it failed.

    It asks something, or the kernel would not show it (httpd's dummy_connection, server/mpm_unix.c).
    """
    with contextlib.suppress(OSError), socket.socket(listener.family, socket.SOCK_STREAM) as dummy:
        dummy.settimeout(DUMMY_SECONDS)
        dummy.connect(listener.getsockname())
        dummy.sendall(DUMMY_REQUEST.encode())
        return True
    return False


def _bind(address: ListenAddress, backlog: int) -> socket.socket:
    try:
        return _open(address, backlog)
    except OSError as error:
        wanted = shown(address.host or "0.0.0.0", address.port)  # noqa: S104  (shown, not bound)
        raise ConfigError(
            f"({error.errno}){error.strerror}: AH00072: make_sock: could not bind to address {wanted}\n"
            + NOTHING_TO_LISTEN_TO
        ) from None


def shown(host: str, port: int) -> str:
    """Return an address as httpd writes it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _open(address: ListenAddress, backlog: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited by what is accepted
        listener.bind((address.host, address.port))
        listener.listen(backlog)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, DEFER_ACCEPT_SECONDS)
    except OSError:
        listener.close()
        raise
    return listener

"""The listening sockets, set up as httpd's server/listen.c does."""

import socket

from .config import ConfigError, ServerConfig
from .config.model import ListenAddress
from .error_log import ErrorLog

DEFER_ACCEPT_SECONDS = 30  # a connection is shown to us when its first byte is there, or after this


def open_listeners(config: ServerConfig) -> list[socket.socket]:
    """Bind and listen for every Listen, in their order.

    Raises:
        ConfigError: an address cannot be had.
    """
    sockets = []
    for address in config.listens:
        try:
            listener = _open(address, config.listen_backlog)
        except OSError as error:
            raise ConfigError(
                f"({error.errno}){error.strerror}: AH00072: make_sock: could not bind to address "
                + _shown(address.host or "0.0.0.0", address.port)  # noqa: S104  (shown, not bound)
            ) from None
        sockets.append(listener)
    return sockets


def report_chosen_ports(config: ServerConfig, listeners: list[socket.socket], error_log: ErrorLog) -> None:
    """Log every port that the kernel chose for ``Listen address:0``."""
    for address, listener in zip(config.listens, listeners, strict=True):
        if address.port == 0:
            host, port = listener.getsockname()[:2]
            shown, bound = _shown(address.host, 0), _shown(host, port)
            error_log.log("core", "notice", f"Listen {shown} is bound to {bound}")


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _open(address: ListenAddress, backlog: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited by what is accepted
    listener.bind((address.host, address.port))
    listener.listen(backlog)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, DEFER_ACCEPT_SECONDS)
    return listener

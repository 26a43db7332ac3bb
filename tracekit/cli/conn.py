"""``tracekit conn``: hold connections open, so that a server has to grow."""

import contextlib
import resource
import select
import socket
import sys

import click

from tracekit.errors import UsageError

_BYTE = b"A"
"""Sent on each connection: with TCP_DEFER_ACCEPT, as httpd sets it, accept(2) shows none that is silent."""
_CONNECT_SECONDS = 5.0
_SPARE_DESCRIPTORS = 32


@click.command()
@click.argument("host")
@click.argument("port", type=click.IntRange(1, 65535))
@click.option("-n", "--number", type=click.IntRange(1), metavar="N", default=100, help="How many (100).")
@click.option(
    "--duration", type=click.FloatRange(0), metavar="S", help="Hold them S seconds, not until ENTER."
)
def conn(host: str, port: int, number: int, duration: float | None) -> None:
    """Hold connections open with one byte sent on each, until ENTER.

    A request that never ends keeps a worker waiting for the rest of it. So the server runs out of idle
    workers, and shows how it grows: tracekit scaling, or ps -efL, while this waits.
    """
    _allow_descriptors(number)
    with contextlib.ExitStack() as stack:
        held = _open(stack, host, port, number)
        click.echo(f"{len(held)} connections to {host}:{port} are open, one byte sent on each.")
        _wait(duration)
        gone = sum(map(_is_closed, held))
        if gone:
            click.echo(f"The server closed {gone} of them meanwhile.")


def _allow_descriptors(number: int) -> None:
    """Raise the limit of open files as far as this user may (getrlimit(2))."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number + _SPARE_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and wanted > soft:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))


def _open(stack: contextlib.ExitStack, host: str, port: int, number: int) -> list[socket.socket]:
    """Return as many connections as can be had; the first that fails is the last that is tried.

    Raises:
        UsageError: not one can be had.
    """
    held: list[socket.socket] = []
    while len(held) < number:
        try:
            connection = stack.enter_context(socket.create_connection((host, port), _CONNECT_SECONDS))
            connection.sendall(_BYTE)
        except OSError as error:
            reason = error.strerror or str(error)
            if not held:
                raise UsageError(
                    f"cannot connect to {host}:{port}: {reason}", "is the server running, and on that port?"
                ) from None
            click.echo(f"no more than {len(held)} of {number} connections: {reason}", err=True)
            break
        held.append(connection)
    return held


def _wait(duration: float | None) -> None:
    """Wait for ENTER or the end of standard input; with a duration, for that long."""
    if duration is not None:
        select.select([], [], [], duration)
        return
    click.echo("Press ENTER to close them.")
    sys.stdin.readline()


def _is_closed(connection: socket.socket) -> bool:
    """Say whether the other end has closed: what it sent before that does not matter here."""
    connection.setblocking(False)
    try:
        while connection.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True

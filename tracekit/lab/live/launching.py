"""From a site to a server that runs, with its keeper beside it.

Both run on when the command that started them has ended, each in a session of its own: apache2's prefork
signals its whole process group when it stops.
"""

import contextlib
import json
import socket
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracekit.errors import TracekitError
from tracekit.lab.live import configuration, proc, records, spawning
from tracekit.lab.live.site import Site

HOST: Final = "127.0.0.1"
ATTEMPTS: Final = 5
"""How often a port is looked for, should another program take it first."""
PATIENCE_S: Final = 30.0
"""For what ought to happen at once."""
POLL_S: Final = 0.02


class Where(NamedTuple):
    """A server that runs.

    Attributes:
        server: ``apache2`` or ``tracekit``.
        host: its address.
        port: its port.
        pid: its first process.
        command: what ps calls its processes.
        targets: what may be asked of it; the exercise asks about these.
    """

    server: str
    host: str
    port: int
    pid: int
    command: str
    targets: tuple[str, ...]

    @property
    def url(self) -> str:
        """Its address for browsers."""
        return f"http://{self.host}:{self.port}"


def launch(site: Site, server: str, place: Path, key: bytes, victim: tuple[int, int]) -> Where:
    """Start the server of a site and its keeper.

    Args:
        site: what it is like.
        server: ``apache2`` or ``tracekit``.
        place: its folder in the key store.
        key: of the seal of its record.
        victim: who is to crash, as `keeper.Keeper` takes it.

    Raises:
        UsageError: there is no such server here.
        NotPermittedError: it takes root.
        TracekitError: it does not start.
    """
    if server == "apache2":
        configuration.find_apache()
    records.make(place)
    configuration.lay_out(site)
    try:
        first, port = _server(site, server, place)
        try:
            return _kept(
                Where(server, HOST, port, first, proc.command(first), site.targets), site, place, key, victim
            )
        except BaseException:
            spawning.end(first)
            raise
    except BaseException:
        configuration.remove(site.root)
        raise


def _kept(found: Where, site: Site, place: Path, key: bytes, victim: tuple[int, int]) -> Where:
    """Start the keeper of a server that runs, and write down where both are."""
    server = proc.stat(found.pid)
    started = server.started if server else 0
    given = {
        "place": str(place.resolve()),
        "key": key.hex(),
        "first": found.pid,
        "started": started,
        "known": _known(site, found.server),
        "victim": victim,
        "threads": site.threads_per_process,
        "root": str(site.root),
    }
    pid = spawning.keeper(json.dumps(given).encode(), place / "keeper.log")
    keeper = proc.stat(pid)
    state = {
        "where": found._asdict(),
        "started": started,
        "keeper": [pid, keeper.started if keeper else 0],
        "root": str(site.root),
    }
    records.write(place / records.STATE, state)
    wait(lambda: (place / records.RECORD).exists() or spawning.gone(pid), "the keeper")
    if spawning.gone(pid):
        raise TracekitError("the keeper does not start", f"its messages are in {place / 'keeper.log'}")
    return found


def _known(site: Site, server: str) -> dict[str, Any]:
    """Return what the configuration says, for the record."""
    return {
        "server": server,
        "mpm": site.mpm,
        "numbers": site.numbers,
        "limit": site.limit,
        "docroot": str(site.docroot),
        "aliases": [asdict(site.alias)],
        "decoys": [str(one) for one in (*site.decoys, Path(site.alias.path))],
        "files": {target: str(file) for target, file in (*site.pages.items(), *_index(site))},
        "targets": list(site.targets),
    }


def _index(site: Site) -> list[tuple[str, Path]]:
    """Return the targets of the first page."""
    return [(target, site.docroot / "index.html") for target in ("/", "/index.html")]


def _server(site: Site, server: str, place: Path) -> tuple[int, int]:
    """Start a server on a free port; return its first process and the port."""
    for _ in range(ATTEMPTS):
        with socket.create_server((HOST, 0)) as probe:
            port: int = probe.getsockname()[1]
        launched = configuration.configure(site, server, port, place)
        pid = spawning.spawn(launched.command, launched.environment, place / "output")
        try:
            wait(lambda: spawning.gone(pid) or _whole(pid, site), f"{server} to start")  # noqa: B023
            if not spawning.gone(pid) and _answers(port):
                return pid, port
        except BaseException:
            spawning.end(pid)
            raise
        spawning.end(pid)
        said = _said(place)
        if "in use" not in said:
            break
    raise TracekitError(f"{server} does not start: {said[-300:].strip()}", f"its messages are in {place}")


def _whole(first: int, site: Site) -> bool:
    """Whether all the processes and threads that a server starts with are there."""
    workers = proc.children(first)
    enough = len(workers) >= site.numbers["StartServers"]
    return enough and all(len(proc.threads(pid)) == site.threads_per_process for pid in workers)


def _answers(port: int) -> bool:
    """Whether a server answers a request."""
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), PATIENCE_S) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return client.recv(5) == b"HTTP/"
    return False


def _said(place: Path) -> str:
    """Return what a server said before it ended."""
    files = [place / "error.log", place / "output"]
    return "".join(file.read_text(errors="replace") for file in files if file.exists())


def wait(condition: Callable[[], bool], what: str) -> None:
    """Wait until something is so.

    Raises:
        TracekitError: it is not so after a long time.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TracekitError(f"waited {PATIENCE_S:g} s in vain for {what}", "is the machine overloaded?")
        time.sleep(POLL_S)

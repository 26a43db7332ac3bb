"""The real httpd and ours, given the same configuration file, side by side.

A configuration is a template in tests/conformance/side_by_side/: between @ stand the folder
of the server (ROOT), its ports, the MPM and the folder with what is served (SITE). What is
served belongs to both; pid file and logs are each server's own.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from tests.support.httpd import MODULES
from tests.support.load import Address, Request, in_turn
from tests.support.processes import Process, start, stop, threads, tree, wait_until
from tests.support.requirements import need, need_root

DATA: Final = Path(__file__).resolve().parent.parent / "conformance" / "side_by_side"
MPMS: Final = ("prefork", "worker", "event")
PORTS: Final = ("PORT", "STRICT")
ATTEMPTS: Final = 5
"""How often ports are looked for, should another program take one before the server does."""

MTIME_S: Final = 1_704_164_645
"""When every file of the site was changed: 2024-01-02 03:04:05 UTC."""

NOBODY: Final = 65534
REPEAT: Final = re.compile(r"\{([^{}*]+)\*(\d+)\}")
READY: Final = "resuming normal operations"

T = TypeVar("T")


@dataclass
class Server:
    """One of the two, with a folder of its own."""

    mpm: str
    root: Path
    argv: list[str]
    """The program, without options."""
    ports: dict[str, int] = field(default_factory=dict)
    process: Process | None = None

    @property
    def config(self) -> Path:
        """Its configuration file."""
        return self.root / "httpd.conf"

    @property
    def address(self) -> Address:
        """Where it listens first."""
        return self.at("PORT")

    @property
    def parent(self) -> int:
        """The pid of its main process."""
        assert self.process is not None
        return self.process.pid

    def at(self, port: str) -> Address:
        """Return where the port of that name is."""
        return "127.0.0.1", self.ports[port]

    def children(self) -> list[int]:
        """Return the pids of the children that live."""
        return tree(self.parent)[1:]

    def lwps(self) -> dict[int, int]:
        """Return how many threads each child has."""
        return {pid: len(threads(pid)) for pid in self.children()}

    def log(self, name: str = "error.log") -> str:
        """Return what a log has; nothing when it is not there."""
        path = self.root / name
        return path.read_text("utf-8", "surrogateescape") if path.exists() else ""

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run the program with its configuration and more options, to its end."""
        return subprocess.run(
            [*self.argv, "-f", str(self.config), *options],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )

    def configure(self, text: str) -> None:
        """Write its configuration from a template."""
        values = {"ROOT": self.root, "SITE": site(self.root), "MPM": self.mpm, "MODULES": MODULES}
        for name, value in {**values, **self.ports}.items():
            text = text.replace(f"@{name}@", str(value))
        self.config.write_text(text, "utf-8")

    def settled(self, text: str) -> str:
        """Return a text with names in the place of its ports and folders."""
        for name, number in self.ports.items():
            text = re.sub(rf"\b{number}\b", name, text)
        return text.replace(str(site(self.root)), "SITE").replace(str(self.root), "ROOT")


@dataclass(frozen=True)
class Pair:
    """The two."""

    httpd: Server
    ours: Server

    @property
    def both(self) -> tuple[Server, Server]:
        """Them in their order."""
        return self.httpd, self.ours

    def each(self, what: Callable[[Server], T]) -> tuple[T, T]:
        """Do the same with both at one time."""
        with ThreadPoolExecutor(2) as pool:
            httpd, ours = pool.map(what, self.both)
        return httpd, ours


def template(name: str = "httpd.conf") -> str:
    """Return the text of a template."""
    return (DATA / name).read_text("utf-8")


def site(root: Path) -> Path:
    """Return the folder with what is served, which stands beside that of a server."""
    return root.parent / "site"


def repeated(text: str) -> str:
    """Write out every ``{text*number}``."""
    return REPEAT.sub(lambda match: match[1] * int(match[2]), text)


@contextmanager
def pair(
    mpm: str, text: str | None = None, *, both_real: bool = False, serving: bool = True
) -> Iterator[Pair]:
    """Run both for as long as the block lasts.

    Args:
        mpm: prefork, worker or event.
        text: the template of their configuration; httpd.conf where it is None.
        both_real: put a second httpd in the place of ours.
        serving: start them, and wait until each has answered.
    """
    need_root()
    httpd = need("apache2")
    folder = Path(tempfile.mkdtemp(prefix="tracekit-beside-")).resolve()
    programs = [[httpd], [httpd] if both_real else [sys.executable, "-m", "server"]]
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        folder.chmod(0o755)  # www-data serves from it
        _write_site(folder / "site")
        servers = [
            Server(mpm, folder / name, argv) for name, argv in zip(("httpd", "ours"), programs, strict=True)
        ]
        for server in servers:
            server.root.mkdir()
            stack.callback(end, server)
        for server in servers:
            begin(server, text or template(), serving=serving)
        yield Pair(*servers)


def begin(server: Server, text: str, *, serving: bool = True, options: Sequence[str] = ()) -> None:
    """Give a server free ports and its configuration, and start it.

    Raises:
        ChildProcessError: it does not start.
    """
    for _ in range(ATTEMPTS):
        server.ports = _free_ports()
        server.configure(text)
        if not serving:
            return
        with (server.root / "output").open("wb") as output:
            server.process = start(
                [*server.argv, "-f", server.config, "-DFOREGROUND", *options], stdout=output, stderr=output
            )
        if _ready(server):
            in_turn(server.address, [Request("/probe.txt")])
            return
        end(server)
    raise ChildProcessError(server.log("output") + server.log())


def end(server: Server) -> int | None:
    """Stop a server, whatever state it is in; return the status of its main process."""
    return None if server.process is None else stop(server.process)


def _ready(server: Server) -> bool:
    """Wait until a server is ready; false when it gave up instead."""
    assert server.process is not None
    process = server.process
    wait_until(lambda: process.poll() is not None or READY in server.log(), f"{server.argv} to start")
    return process.poll() is None


def _free_ports() -> dict[str, int]:
    """Return ports that nobody listens on at this moment."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in PORTS]
        return {name: probe.getsockname()[1] for name, probe in zip(PORTS, probes, strict=True)}


def _write_site(folder: Path) -> None:
    """Write what is served (site.toml)."""
    for name, text in tomllib.loads((DATA / "site.toml").read_text("utf-8")).items():
        path = folder / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            path.symlink_to(text.removeprefix("-> "))
        elif not name.endswith("/"):
            path.write_text(repeated(text), "utf-8")
            path.chmod(0o600 if path.stem == "unreadable" else 0o644)
        if path.stem == "foreign":
            os.lchown(path, NOBODY, NOBODY)
    for path in sorted(folder.rglob("*"), reverse=True):
        os.utime(path, (MTIME_S, MTIME_S), follow_symlinks=False)

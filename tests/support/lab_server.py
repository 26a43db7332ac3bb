"""The lab's own server, run as the program that it is, and what its logs say of who served what.

The truth about a request is in its access log: the client's port, the number of the
request on its connection, the process, the LWP that accepted and the LWP that served.
"""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import load
from tests.support.processes import Process, start, stop, tree, wait_until

VHOST = "two.example"
SITE = {
    "htdocs/index.html": b"<h1>It works!</h1>\n",
    "htdocs/sub/index.html": b"sub\n",
    "htdocs/sub/page.html": b"page\n",
    "htdocs/empty.txt": b"",
    "htdocs/pic.png": bytes(range(256)) * 80,
    "htdocs/big.bin": bytes(range(256)) * 12_000,
    "two/index.html": b"two\n",
    "two/other.html": b"other\n",
    "shared/a.txt": b"a\n",
    "secret.txt": b"secret\n",
}

WRITTEN = 1_700_000_000
"""When the files were modified last, in seconds since the epoch."""

CONFIG = """\
ServerRoot "{root}"
LoadModule mpm_{mpm}_module modules/mod_mpm_{mpm}.so
LoadModule alias_module modules/mod_alias.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule authz_host_module modules/mod_authz_host.so
LoadModule autoindex_module modules/mod_autoindex.so
LoadModule dir_module modules/mod_dir.so
LoadModule env_module modules/mod_env.so
LoadModule mime_module modules/mod_mime.so
LoadModule setenvif_module modules/mod_setenvif.so
LoadModule status_module modules/mod_status.so
ServerName localhost
{listens}
DocumentRoot htdocs
Alias /shared "{root}/shared"
ErrorLog error.log
LogLevel info
LogFormat "%{{remote}}p %k %P %{{accept_tid}}P %{{tid}}P %>s %B %v \\"%r\\"" truth
CustomLog access.log truth
StartServers {servers}
<IfModule mpm_prefork_module>
MinSpareServers 1
MaxSpareServers 250
</IfModule>
<IfModule !mpm_prefork_module>
ThreadsPerChild {threads}
ServerLimit 80
MinSpareThreads 1
MaxSpareThreads 10000
</IfModule>
<VirtualHost *>
ServerName localhost
</VirtualHost>
<VirtualHost *>
ServerName two.example
DocumentRoot two
</VirtualHost>
{extra}
"""

BOUND = re.compile(r"Listen \S+ is bound to (\S+):(\d+)")
ACCESS = re.compile(r'(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\S+) "(.*)"')
READY = "resuming normal operations"


@dataclass(frozen=True)
class Served:
    """One line of the access log."""

    port: int
    """The client's end of the connection."""
    nth: int
    pid: int
    accept_tid: int
    serve_tid: int
    status: int
    sent: int
    """Bytes of content."""
    site: str
    line: str
    """The request line as it is logged."""


@dataclass(frozen=True)
class LabServer:
    """A running server."""

    root: Path
    process: Process
    addresses: list[load.Address]

    @property
    def address(self) -> load.Address:
        """The first address that it listens on."""
        return self.addresses[0]

    def children(self) -> list[int]:
        """Return the children of the parent."""
        return tree(self.process.pid)[1:]

    def error_log(self) -> str:
        """Return what the error log has."""
        return (self.root / "error.log").read_text()

    def served(self, count: int) -> list[Served]:
        """Return the lines of the access log, which are waited for until there are ``count``."""

        def lines() -> list[str]:
            text = (self.root / "access.log").read_text()
            return text.splitlines() if text.count("\n") >= count else []

        found = wait_until(lines, f"{count} lines in the access log")
        return [_served(line) for line in found]


def _served(line: str) -> Served:
    match = ACCESS.fullmatch(line)
    if match is None:
        raise ValueError(f"not a line of the access log: {line}")
    port, nth, pid, accept_tid, serve_tid, status, sent = map(int, match.groups()[:7])
    return Served(port, nth, pid, accept_tid, serve_tid, status, sent, match[8], match[9])


def write_site(root: Path) -> None:
    """Write the files that are served; they look old, since what is new has a weak entity tag only."""
    for name, body in SITE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(body)
        os.utime(root / name, (WRITTEN, WRITTEN))


def write_config(
    root: Path, mpm: str, *, servers: int = 2, threads: int = 5, listens: int = 1, extra: str = ""
) -> Path:
    """Write the site and the configuration of :func:`lab_server`, and return the path of the latter."""
    write_site(root)
    config = root / "httpd.conf"
    lines = "\n".join(["Listen 127.0.0.1:0"] * listens)
    config.write_text(
        CONFIG.format(root=root, mpm=mpm, listens=lines, servers=servers, threads=threads, extra=extra)
    )
    return config


@contextmanager
def lab_server(
    root: Path,
    mpm: str,
    *,
    servers: int = 2,
    threads: int = 5,
    listens: int = 1,
    extra: str = "",
    program: Sequence[str] = ("-m", "server"),
) -> Iterator[LabServer]:
    """Run the server with that MPM on free ports for as long as the block lasts.

    Args:
        root: an empty folder, which becomes its ServerRoot.
        mpm: event or prefork.
        servers: StartServers.
        threads: ThreadsPerChild.
        listens: how many sockets it listens on.
        extra: more lines for its configuration.
        program: what Python is to run.
    """
    config = write_config(root, mpm, servers=servers, threads=threads, listens=listens, extra=extra)
    with (root / "output").open("wb") as output:
        process = start([sys.executable, *program, "-f", config], stdout=output, stderr=output)
    try:
        yield LabServer(root, process, _addresses(root, process))
    finally:
        stop(process)


def _addresses(root: Path, process: Process) -> list[load.Address]:
    """Wait until the server is there and return where it listens."""

    def ready() -> str:
        if process.poll() is not None:
            raise ChildProcessError((root / "output").read_text())
        log = root / "error.log"
        text = log.read_text() if log.exists() else ""
        return text if READY in text else ""

    text = wait_until(ready, "the start of the lab's server")
    return [(host, int(port)) for host, port in BOUND.findall(text)]

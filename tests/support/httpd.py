"""A real apache2 with a configuration of its own, and what its own logs say of who served what.

The truth about a request is taken from the server: the access log has the client's port,
the number of the request on its connection (``%k``), the process (``%P``) and the id that
the error log knows the request by (``%L``); the error log, which authz_core writes to for
every request at level debug, has that id and the kernel's id of the thread
(``%{g}T``, httpd's server/log.c).
"""

import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import load
from tests.support.processes import Process, start, stop, threads, tree, wait_until
from tests.support.requirements import need, need_root

MODULES = Path("/usr/lib/apache2/modules")
ATTEMPTS = 5
"""How often a port is looked for, should another program take it before apache does."""

ALIAS = "/shared"
VHOST = "two.example"
SITE = {
    "htdocs/index.html": b"<h1>It works!</h1>\n",
    "htdocs/sub/index.html": b"sub\n",
    "htdocs/sub/deep/page.html": b"nested\n",
    "htdocs/pic.png": bytes(range(256)) * 80,
    "two/index.html": b"two\n",
    "two/other.html": b"other\n",
    "shared/a.txt": b"a\n",
    "shared/b.txt": b"b\n",
}

CONFIG = """\
ServerRoot {root}
DefaultRuntimeDir {root}
PidFile {root}/httpd.pid
Mutex default:{root}
ServerName localhost
Listen 127.0.0.1:{port}
LoadModule mpm_{mpm}_module {modules}/mod_mpm_{mpm}.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule alias_module {modules}/mod_alias.so
User www-data
Group www-data
ErrorLog {root}/error.log
LogLevel info authz_core:debug
ErrorLogFormat "%-L %P %{{g}}T %M"
LogFormat "%{{remote}}p %k %P %L %>s %{{Host}}i %r" truth
CustomLog {root}/access.log truth
StartServers {servers}
ServerLimit 64
<IfModule mpm_prefork_module>
MinSpareServers 1
MaxSpareServers 64
MaxRequestWorkers 64
</IfModule>
<IfModule !mpm_prefork_module>
ThreadsPerChild {threads}
MinSpareThreads 1
MaxSpareThreads 1600
MaxRequestWorkers {workers}
</IfModule>
DocumentRoot {root}/htdocs
Alias {alias} {root}/shared
<Directory />
Require all granted
</Directory>
<VirtualHost *:{port}>
ServerName localhost
</VirtualHost>
<VirtualHost *:{port}>
ServerName {vhost}
DocumentRoot {root}/two
</VirtualHost>
"""

ACCESS = re.compile(r"(\d+) (\d+) (\d+) (\S+) (\d+) (\S+) (\S+) (.+) HTTP/1\.1")
ERROR = re.compile(r"(\S+) (\d+) (\d+) AH\d+: ")


@dataclass(frozen=True)
class Served:
    """One request, as apache itself logged it."""

    port: int
    """The client's end of the connection."""
    nth: int
    """Which request of its connection, from 0."""
    pid: int
    lwp: int
    """The kernel's id of the thread that served it."""
    status: int
    method: str
    target: str
    host: str


@dataclass(frozen=True)
class Apache:
    """A running apache2."""

    root: Path
    mpm: str
    address: load.Address
    process: Process

    @property
    def parent(self) -> int:
        """The pid of the process that the others are children of."""
        return self.process.pid

    @property
    def command(self) -> str:
        """The command name of its processes, which no other server on this machine has."""
        return f"apache2-{self.address[1]}"

    def pids(self) -> list[int]:
        """Return the parent and its children."""
        return tree(self.parent)

    def tids(self) -> list[int]:
        """Return every thread of every process."""
        return [task.tid for pid in self.pids() for task in threads(pid)]

    def served(self, count: int) -> list[Served]:
        """Return the requests that the access log has, which are waited for until there are ``count``.

        Raises:
            TimeoutError: there are fewer.
            ValueError: the two logs do not tell the same story.
        """

        def lines() -> list[str]:
            text = (self.root / "access.log").read_text()
            return text.splitlines() if text.count("\n") >= count else []

        found = wait_until(lines, f"{count} lines in apache's access log") if count else lines()
        lwps = self._lwps()
        return [_served(line, lwps) for line in found]

    def _lwps(self) -> dict[tuple[str, str], int]:
        """Return the thread of each request, by the request's id and process."""
        lwps: dict[tuple[str, str], int] = {}
        for line in (self.root / "error.log").read_text().splitlines():
            match = ERROR.match(line)
            if (
                match
                and lwps.setdefault((match[1], match[2]), int(match[3])) != int(match[3])
                and match[1] != "-"
            ):
                raise ValueError(f"two threads wrote of one request: {line}")
        return lwps


def _served(line: str, lwps: dict[tuple[str, str], int]) -> Served:
    """Read one line of the access log."""
    match = ACCESS.fullmatch(line)
    if match is None:
        raise ValueError(f"not a line of the access log: {line}")
    port, nth, pid, log_id, status, host, method, target = match.groups()
    target = re.sub(r"\\([\"\\])", r"\1", target)
    return Served(int(port), int(nth), int(pid), lwps[log_id, pid], int(status), method, target, host)


@contextmanager
def apache(mpm: str, servers: int = 2, threads_per_child: int = 5) -> Iterator[Apache]:
    """Run an apache2 with that MPM for as long as the block lasts.

    ``servers`` child processes are there when the block begins and one request, for ``/``,
    has been served; with prefork ``threads_per_child`` means nothing. The test is skipped
    where there is no apache2, or no root.
    """
    need_root()
    program = need("apache2")
    root = Path(tempfile.mkdtemp(prefix="tracekit-apache-")).resolve()
    try:
        root.chmod(0o755)  # www-data serves from it
        for name, body in SITE.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(body)
        server = _start(program, root, mpm, servers, threads_per_child)
        try:
            yield server
        finally:
            stop(server.process)
    finally:
        shutil.rmtree(root)


def _start(program: str, root: Path, mpm: str, servers: int, threads_per_child: int) -> Apache:
    """Start apache2 on a free port and wait until all of it is there."""
    tasks = 1 + servers * (1 if mpm == "prefork" else threads_per_child + 2)
    for _ in range(ATTEMPTS):
        port = _free_port()
        config = CONFIG.format(
            root=root,
            port=port,
            mpm=mpm,
            modules=MODULES,
            servers=servers,
            threads=threads_per_child,
            workers=threads_per_child * 64,
            alias=ALIAS,
            vhost=VHOST,
        )
        (root / "httpd.conf").write_text(config)
        named = root / f"apache2-{port}"
        named.symlink_to(program)
        process = start([named, "-f", root / "httpd.conf", "-DFOREGROUND"])
        server = Apache(root, mpm, ("127.0.0.1", port), process)
        try:
            if _ready(server, tasks):
                return server
        except BaseException:
            stop(process)
            raise
    raise RuntimeError(f"apache2 does not start: {(root / 'error.log').read_text()}")


def _ready(server: Apache, tasks: int) -> bool:
    """Wait until a server has all its tasks and has served a request; false when it gave up instead."""
    wait_until(lambda: server.process.poll() is not None or len(server.tids()) == tasks, "apache2 to start")
    if server.process.poll() is not None:
        return False
    load.in_turn(server.address, [load.Request("/")])
    server.served(1)
    return True


def _free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port

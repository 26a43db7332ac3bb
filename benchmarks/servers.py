"""The servers that are compared: how each is started on a port to serve the files of a folder."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.measuring import PROGRAMS
from tests.support.processes import start, stop, wait_until

PEERS = ("gunicorn==27.0.1", "cheroot==11.1.2", "waitress==3.0.2")
THREADS = 16
"""Of each of Python's servers, in all its processes together."""
START_SECONDS = 20
CONFIG = """\
ServerRoot {folder}
PidFile {folder}/httpd.pid
ServerName localhost
Listen 127.0.0.1:{port}
DocumentRoot {site}
ErrorLog {folder}/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog {folder}/access.log common
MaxKeepAliveRequests 0
<Directory />
    Require all granted
</Directory>
<IfModule mpm_prefork_module>
    StartServers 16
    MinSpareServers 1
    MaxSpareServers 64
</IfModule>
<IfModule !mpm_prefork_module>
    StartServers 2
    ThreadsPerChild 25
    MinSpareThreads 1
    MaxSpareThreads 100
</IfModule>
"""
OURS = """\
LoadModule mpm_{mpm}_module modules/mod_mpm_{mpm}.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule mime_module modules/mod_mime.so
"""
APACHE2 = """\
DefaultRuntimeDir {folder}
Mutex default:{folder}
User nobody
Group nogroup
LoadModule mpm_{mpm}_module /usr/lib/apache2/modules/mod_mpm_{mpm}.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
TypesConfig /etc/mime.types
"""


class Place(NamedTuple):
    """Where a server works: a folder of its own, the files to serve, a port, the peers' interpreter."""

    folder: Path
    site: Path
    port: int
    peers: Path

    def configured(self, head: str, mpm: str) -> str:
        """Write an httpd.conf and return its path."""
        values = {"folder": self.folder, "site": self.site, "port": self.port, "mpm": mpm}
        path = self.folder / "httpd.conf"
        path.write_text((head + CONFIG).format(**values))
        return str(path)


def ours(mpm: str, place: Place) -> list[str]:
    """Return the command of the built-in server."""
    return [sys.executable, "-m", "server", "-f", place.configured(OURS, mpm)]


def apache2(mpm: str, place: Place) -> list[str]:
    """Return the command of Debian's apache2."""
    return ["apache2", "-DFOREGROUND", "-f", place.configured(APACHE2, mpm)]


def gunicorn(kind: str, place: Place) -> list[str]:
    """Return the command of gunicorn with two processes, which is one a core here."""
    words = f"-k {kind} -w 2 --threads {THREADS // 2} --keep-alive 60 --log-level error --chdir {PROGRAMS}"
    address = f"127.0.0.1:{place.port}"
    return [str(place.peers), "-m", "gunicorn", *words.split(), "-b", address, "static_app:application"]


def program(name: str, place: Place) -> list[str]:
    """Return the command of a server that our program starts."""
    return [str(place.peers), str(PROGRAMS / "serving.py"), name, str(place.port), str(THREADS)]


SERVERS = {
    "apache2 event": (apache2, "event"),
    "tracekit event": (ours, "event"),
    "tracekit worker": (ours, "worker"),
    "tracekit prefork": (ours, "prefork"),
    "gunicorn gthread": (gunicorn, "gthread"),
    "cheroot": (program, "cheroot"),
    "waitress": (program, "waitress"),
    "http.server": (program, "http.server"),
}


def environment(folder: Path) -> Path:
    """Make an environment of the peers' own; return its interpreter."""
    python = folder / "peers" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "peers"], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
    return python


@contextmanager
def serving(name: str, site: Path, folder: Path) -> Iterator[int]:
    """Run one of the servers for as long as the block lasts; yields its port.

    Raises:
        ChildProcessError: it ended at once.
    """
    place = Place(folder / name.replace(" ", "-"), site, _free_port(), environment(folder))
    place.folder.mkdir(exist_ok=True)
    make, kind = SERVERS[name]
    output = place.folder / "output"
    with output.open("wb") as file:
        environ = {**os.environ, "FOLDER": str(site)}
        process = start(make(kind, place), stdout=file, stderr=file, env=environ)
    try:
        wait_until(lambda: process.poll() is not None or _answers(place.port), name, START_SECONDS)
        if process.poll() is not None:
            raise ChildProcessError(output.read_text())
        yield place.port
    finally:
        stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

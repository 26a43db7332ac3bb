"""The servers that are recorded: a table of how each is configured, and where its truth comes from."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.support.recording.apachelike import (
    Key,
    Who,
    apache,
    apache_account,
    built_in,
    built_in_account,
)
from tests.support.recording.place import VHOST, Place

PROGRAMS: Final = Path(__file__).parent / "programs"

NGINX: Final = """\
daemon off;
user www-data;
worker_processes {workers};
pid {root}/nginx.pid;
error_log {root}/error.log;
events {{ worker_connections 128; }}
http {{
  client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;
  uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
  log_format truth "$remote_port $connection_requests $pid $pid";
  access_log {root}/access.log truth;
  {options}
  server {{ {listens} server_name localhost; root "{site}"; location /shared/ {{ alias {root}/shared/; }} }}
  server {{ {listens} server_name {vhost}; root {root}/two; }}
}}
"""
LIGHTTPD: Final = """\
server.modules = ("mod_alias", "mod_accesslog")
server.document-root = "{site}"
server.port = {port}
server.bind = "127.0.0.1"
{options}
server.errorlog = "{root}/error.log"
accesslog.filename = "{root}/access.log"
index-file.names = ("index.html")
alias.url = ("/shared" => "{root}/shared")
$HTTP["host"] == "{vhost}" {{ server.document-root = "{root}/two" }}
"""

Account = Callable[[Place, Iterable[Key], int], dict[Key, Who]]
"""Finds who served each request; given are the requests that were asked and the server's first process."""


@dataclass(frozen=True)
class Server:
    """One server.

    Attributes:
        program: what has to be installed.
        model: what its configuration or program makes it: the mpm question's answer.
        configure: writes what it needs into its place and returns its command.
        account: who served what.
        vhosts: whether it has a second host.
        aliased: whether it has ``/shared`` as an alias.
        listens: how many sockets it listens on.
        processes: how many processes it has at least when it is ready.
        tasks: how many threads these have at least.
        tls: whether its connections are encrypted.
        linked: whether the document root that it is given is a symbolic link.
        environment: variables more.
    """

    program: str
    model: str
    configure: Callable[[Place], list[str]]
    account: Account
    vhosts: bool = False
    aliased: bool = False
    listens: int = 1
    processes: int = 1
    tasks: int = 1
    tls: bool = False
    linked: bool = False
    environment: Callable[[Place], Mapping[str, str]] = field(default=lambda _: {})

    def docroots(self, place: Place) -> list[dict[str, Any]]:
        """Return the document roots."""
        return place.docroots(vhosts=self.vhosts, linked=self.linked)


def from_log(place: Place, keys: Iterable[Key], _: int) -> dict[Key, Who]:
    """Read the log of a program of ours: the n-th line with a port is the n-th request from it."""
    seen: dict[int, list[Who]] = {}
    for line in place.truth_log.read_text().splitlines():
        port, pid, tid = map(int, line.split())
        seen.setdefault(port, []).append(Who(pid, tid))
    return {(port, nth): seen[port][nth - 1] for port, nth in keys if len(seen.get(port, [])) >= nth}


def from_nginx(place: Place, _: Iterable[Key], __: int) -> dict[Key, Who]:
    """Read nginx's access log: $remote_port $connection_requests $pid."""
    rows = [list(map(int, line.split())) for line in (place.root / "access.log").read_text().splitlines()]
    return {(port, nth): Who(pid, tid, tid) for port, nth, pid, tid in rows}


def from_one_process(_: Place, keys: Iterable[Key], first: int) -> dict[Key, Who]:
    """A server of one task serves everything itself."""
    return {key: Who(first, first, first) for key in keys}


def from_nobody(_: Place, __: Iterable[Key], ___: int) -> dict[Key, Who]:
    """The server does not say; who held each connection does (`processes.holder`)."""
    return {}


def apache_server(mpm: str, *features: str, listens: int = 1) -> Server:
    """Return an apache2."""
    return Server(
        "apache2",
        mpm,
        apache(mpm, *features),
        lambda place, _, __: apache_account(place, mpm),
        vhosts="vhosts" in features,
        aliased="alias" in features,
        listens=listens,
        tasks=4 if mpm == "prefork" else 11,
        tls="tls" in features,
        linked="symlink" in features,
    )


def built_in_server(mpm: str, *features: str, listens: int = 1) -> Server:
    """Return the built-in server."""
    return Server(
        sys.executable,
        mpm,
        built_in(mpm, *features),
        lambda place, _, __: built_in_account(place),
        vhosts="vhosts" in features,
        aliased="alias" in features,
        listens=listens,
    )


def nginx(options: str = "", workers: int = 2, listens: int = 1, *, tls: bool = False) -> Server:
    """Return an nginx with some lines more."""

    def configure(place: Place) -> list[str]:
        text = NGINX.format(
            root=place.root,
            site=place.site,
            workers=workers,
            options=options.format(root=place.root),
            listens=" ".join(f"listen 127.0.0.1:{port}{' ssl' * tls};" for port in place.ports),
            vhost=VHOST,
        )
        (place.root / "nginx.conf").write_text(text)
        return ["/usr/sbin/nginx", "-c", f"{place.root}/nginx.conf"]

    return Server(
        "nginx", "event-loop", configure, from_nginx, True, True, listens, tasks=workers + 1, tls=tls
    )


def lighttpd(options: str = "") -> Server:
    """Return a lighttpd of one process with some lines more."""

    def configure(place: Place) -> list[str]:
        text = LIGHTTPD.format(
            root=place.root, site=place.site, port=place.ports[0], options=options, vhost=VHOST
        )
        (place.root / "lighttpd.conf").write_text(text)
        return ["/usr/sbin/lighttpd", "-D", "-f", f"{place.root}/lighttpd.conf"]

    return Server("lighttpd", "event-loop", configure, from_one_process, vhosts=True, aliased=True)


def python(kind: str, model: str, protocol: str = "HTTP/1.0") -> Server:
    """Return Python's server, plain or with one of its mixins."""

    def configure(place: Place) -> list[str]:
        words = [kind, str(place.ports[0]), str(place.site), str(place.truth_log)]
        return [sys.executable, str(PROGRAMS / "serve.py"), *words]

    return Server(sys.executable, model, configure, from_log, environment=lambda _: {"PROTOCOL": protocol})


def gunicorn(kind: str, model: str, threads: int = 1) -> Server:
    """Return a gunicorn with two workers and an application of ours."""

    def configure(place: Place) -> list[str]:
        options = f"-k {kind} -w 2 --threads {threads} -b 127.0.0.1:{place.ports[0]} --log-level error"
        return [sys.executable, "-m", "gunicorn", "--chdir", str(PROGRAMS), *options.split(), "app:app"]

    return Server(
        "gunicorn",
        model,
        configure,
        from_log,
        processes=3,
        environment=lambda place: {"SITE": str(place.site), "TRUTH": str(place.truth_log)},
    )


def node(*options: str) -> Server:
    """Return a static server on node: its threads open the files, its main thread serves."""

    def configure(place: Place) -> list[str]:
        words = [str(place.ports[0]), str(place.site), str(place.truth_log)]
        return ["node", str(PROGRAMS / "static.js"), *words, *options]

    return Server("node", "event-loop", configure, from_log)


def busybox() -> Server:
    """Return busybox's httpd, which forks for each connection."""

    def configure(place: Place) -> list[str]:
        return ["busybox", "httpd", "-f", "-p", f"127.0.0.1:{place.ports[0]}", "-h", str(place.site)]

    return Server("busybox", "process-per-connection", configure, from_nobody)


CACHE: Final = "open_file_cache max=100 inactive=60s; open_file_cache_errors on;"
TLS: Final = "ssl_certificate {root}/certificate.pem; ssl_certificate_key {root}/key.pem;"
SERVERS: Final[Mapping[str, Server]] = {
    "apache-prefork": apache_server("prefork", "vhosts", "alias"),
    "apache-worker": apache_server("worker", "vhosts", "alias"),
    "apache-event": apache_server("event", "vhosts", "alias"),
    "apache-prefork-two": apache_server("prefork", "vhosts", "sendfile", listens=2),
    "apache-worker-two": apache_server("worker", "vhosts", "htaccess", "deflate", listens=2),
    "apache-event-two": apache_server("event", "htaccess", "sendfile", listens=2),
    "apache-event-plain": apache_server("event"),
    "apache-event-nommap": apache_server("event", "nommap", "alias"),
    "apache-event-symlink": apache_server("event", "symlink", "alias"),
    "apache-worker-errors": apache_server("worker", "errors", "alias"),
    "nginx": nginx("sendfile on;"),
    "nginx-errors": nginx("error_page 404 /sub/index.html; autoindex on;"),
    "nginx-nosendfile": nginx("sendfile off;", listens=2),
    "nginx-cache": nginx(f"sendfile on; {CACHE}"),
    "nginx-one": nginx(f"sendfile off; {CACHE}", workers=1),
    "nginx-tls": nginx(TLS, tls=True),
    "apache-worker-tls": apache_server("worker", "vhosts", "tls"),
    "lighttpd": lighttpd(),
    "http.server": python("single", "single-threaded"),
    "http.server-threads": python("threads", "thread-per-connection"),
    "http.server-threads-kept": python("threads", "thread-per-connection", "HTTP/1.1"),
    "http.server-forks": python("forks", "process-per-connection"),
    "node": node(),
    "node-relative": node("relative"),
    "busybox": busybox(),
    "gunicorn-sync": gunicorn("sync", "prefork"),
    "gunicorn-gthread": gunicorn("gthread", "thread-pool", threads=3),
    "built-in-prefork": built_in_server("prefork", "vhosts", "alias"),
    "built-in-worker": built_in_server("worker", "vhosts", "alias", listens=2),
    "built-in-event": built_in_server("event", "vhosts", "alias"),
}


def environment(server: Server, place: Place) -> dict[str, str]:
    """Return the variables that a server runs with."""
    return {**os.environ, **server.environment(place), "PYTHONDONTWRITEBYTECODE": "1"}

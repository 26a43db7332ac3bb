"""Configurations in httpd's language: apache2's and those of the built-in server."""

import re
import sys
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

from tests.support.httpd import MODULES
from tests.support.recording.place import VHOST, Place

SERVER: Final = """\
ServerRoot {root}
PidFile {root}/httpd.pid
Mutex default:{root}
ServerName localhost
{listens}
{modules}
ErrorLog {root}/error.log
{logs}
CustomLog {root}/access.log truth
StartServers {servers}
<IfModule mpm_prefork_module>
MinSpareServers 1
MaxSpareServers 20
</IfModule>
<IfModule !mpm_prefork_module>
ThreadsPerChild {threads}
MinSpareThreads 1
MaxSpareThreads 100
MaxRequestWorkers 60
</IfModule>
DocumentRoot "{root}/{site}"
<Directory />
Require all granted
</Directory>
{extra}
"""
APACHE_LOGS: Final = """\
DefaultRuntimeDir {root}
User www-data
Group www-data
LogLevel info authz_core:debug
ErrorLogFormat "%-L %P %{{g}}T %M"
LogFormat "%{{remote}}p %P %L" truth
"""
BUILT_IN_LOGS: Final = 'LogLevel info\nLogFormat "%{{remote}}p %P %{{tid}}P %{{accept_tid}}P" truth\n'
MODULES_NEEDED: Final = ["authz_core", "dir", "alias"]

VHOSTS: Final = f"""\
<VirtualHost *>
ServerName localhost
</VirtualHost>
<VirtualHost *>
ServerName {VHOST}
DocumentRoot {{root}}/two
</VirtualHost>
"""


class Feature(NamedTuple):
    """Lines of a configuration and the modules that they take."""

    lines: str
    modules: tuple[str, ...] = ()


FEATURES: Final = {
    "vhosts": Feature(VHOSTS),
    "alias": Feature("Alias /shared {root}/shared\n"),
    "htaccess": Feature("<Directory {root}/{site}>\nAllowOverride All\n</Directory>\n"),
    "sendfile": Feature("EnableSendfile On\n"),
    "nommap": Feature("EnableMMAP Off\n"),
    "deflate": Feature("SetOutputFilter DEFLATE\n", ("filter", "deflate")),
    "symlink": Feature('DocumentRoot "{root}/link"\n'),
    "errors": Feature("ErrorDocument 404 /sub/index.html\n"),
    "tls": Feature(
        "SSLEngine on\nSSLCertificateFile {root}/certificate.pem\nSSLCertificateKeyFile {root}/key.pem\n",
        ("socache_shmcb", "ssl"),
    ),
}
"""What a configuration may have more."""

ACCESS: Final = re.compile(r"(\d+) (\d+) (\S+)")
ERROR: Final = re.compile(r"(\S+) (\d+) (\d+) AH\d+: ")


class Who(NamedTuple):
    """Who served a request, as the server itself wrote it down; None where it did not."""

    pid: int
    tid: int | None
    accept_tid: int | None = None


Key = tuple[int, int]
"""The client's port and the number of the request on its connection, from 1."""


def configuration(place: Place, mpm: str, features: tuple[str, ...], logs: str, modules: str) -> str:
    """Return a whole configuration."""
    chosen = [FEATURES[name] for name in features]
    names = [f"mpm_{mpm}", *MODULES_NEEDED, *(name for one in chosen for name in one.modules)]
    return SERVER.format(
        root=place.root,
        site=place.site_name,
        listens="\n".join(f"Listen 127.0.0.1:{port}" for port in place.ports),
        modules="\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in names),
        logs=logs.format(root=place.root),
        servers=3 if mpm == "prefork" else 2,
        threads=3,
        extra="".join(one.lines.format(root=place.root, site=place.site_name) for one in chosen),
    )


def apache(mpm: str, *features: str) -> Callable[[Place], list[str]]:
    """Return what configures an apache2 and gives its command."""

    def configure(place: Place) -> list[str]:
        text = configuration(place, mpm, features, APACHE_LOGS, str(MODULES))
        (place.root / "httpd.conf").write_text(text)
        return ["/usr/sbin/apache2", "-f", f"{place.root}/httpd.conf", "-DFOREGROUND"]

    return configure


def built_in(mpm: str, *features: str) -> Callable[[Place], list[str]]:
    """Return what configures the built-in server and gives its command."""

    def configure(place: Place) -> list[str]:
        text = configuration(place, mpm, features, BUILT_IN_LOGS, "modules")
        (place.root / "httpd.conf").write_text(text)
        return [sys.executable, "-m", "server", "-f", f"{place.root}/httpd.conf"]

    return configure


def apache_account(place: Place, mpm: str) -> dict[Key, Who]:
    """Join apache's logs: the access log has the process, the error log the thread (%{g}T is gettid).

    Requests of a connection are logged in their order; ``%k`` does not count one that is not kept alive.
    """
    lwps = {
        (found[1], found[2]): int(found[3])
        for line in (place.root / "error.log").read_text().splitlines()
        if (found := ERROR.search(line)) and found[1] != "-"
    }
    account = {}
    asked: Counter[int] = Counter()
    for line in (place.root / "access.log").read_text().splitlines():
        port, pid, log_id = ACCESS.findall(line)[0]
        asked[int(port)] += 1
        tid = int(pid) if mpm == "prefork" else lwps.get((log_id, pid))
        account[int(port), asked[int(port)]] = Who(int(pid), tid)
    return account


def built_in_account(place: Place) -> dict[Key, Who]:
    """Read the built-in server's access log."""
    rows = [
        list(map(int, line.split()[-4:])) for line in (place.root / "access.log").read_text().splitlines()
    ]
    asked: Counter[int] = Counter()
    account = {}
    for port, pid, tid, accepted in rows:
        asked[port] += 1
        account[port, asked[port]] = Who(pid, tid, accepted)
    return account

"""Where a scene's server lives: paths of secret words, its files, its configuration and its launcher."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.recording.lab_words import Words
from tracekit.lab.truth import Alias

ROOT: Final = Path("/srv/httpd")
"""The server's own folder: configuration, logs, modules."""
BUNDLE: Final = Path("/opt/httpd")
"""The built-in server, see `lab_bundle`."""
PAD: Final = "-" * 256
"""Stands in each log line before who served what: so many characters of a string are in the trace."""
MODULES: Final = Path("/usr/lib/apache2/modules")
NEEDED: Final = ("authz_core", "dir", "alias")

CONFIGURATION: Final = """\
# {pad}
# What is above is as long as the part of a text that the trace shows.
ServerRoot {root}
PidFile {root}/httpd.pid
ServerName localhost
Listen 127.0.0.1:{port}
LoadModule mpm_{mpm}_module modules/mod_mpm.so
{modules}
User #33
Group #33
ErrorLog {root}/error.log
LogLevel info authz_core:debug
{logs}
CustomLog {root}/access.log truth
{numbers}
DocumentRoot "{docroot}"
<Directory />
Require all granted
</Directory>
{aliases}
ErrorDocument 404 {lost}
{hosts}
{extra}
"""
APACHE_LOGS: Final = """\
DefaultRuntimeDir {root}
Mutex default:{root}
ErrorLogFormat "{pad} %-L %P %{{g}}T %M"
LogFormat "{pad} %{{remote}}p %P %L" truth
"""
BUILT_IN_LOGS: Final = """\
ErrorLogFormat "{pad} - %P %{{g}}T %M"
LogFormat "{pad} %{{remote}}p %P %{{tid}}P %{{accept_tid}}P" truth
"""
HOST: Final = """\
<VirtualHost *>
ServerName {name}.example
DocumentRoot "{path}"
</VirtualHost>
"""
LAUNCHER: Final = """\
#!/bin/sh
# Starts the server and tells how it ended.
umask 022
{variables}{command}
echo "the server has ended with status $?" >>/srv/httpd/launcher.log
"""
CRASH: Final = """\
<Location /crash>
SetHandler crash
</Location>
"""


@dataclass(frozen=True)
class Home:
    """The paths of one scene.

    Attributes:
        port: where the server listens.
        docroot: the document root.
        aliases: a folder with several files, and the one file that answers what is not found.
        decoys: folders that are none of these, named in the trace.
        pages: targets below the document root, each file asked for once at most.
        shared: targets below the alias.
        lost: targets that are not there.
        misleading: fields of requests that name paths.
    """

    port: int
    docroot: str
    aliases: tuple[Alias, Alias]
    decoys: tuple[str, ...]
    pages: tuple[str, ...]
    shared: tuple[str, ...]
    lost: tuple[str, ...]
    misleading: tuple[str, ...]

    def file(self, target: str, status: int) -> str | None:
        """Return the file that answers a target, by the configuration."""
        path = target.partition("?")[0]
        shared, gone = self.aliases
        if status == 404:
            return gone.path
        if status != 200:
            return None
        if path.startswith(f"{shared.url}/"):
            return shared.path + path.removeprefix(shared.url)
        return self.docroot + (f"{path}index.html" if path.endswith("/") else path)


def make_home(words: Words, pages: int, shared: int, lost: int) -> Home:
    """Choose the paths and lay the files out."""
    base = f"/srv/{words.one()}"
    docroot = f"{base}/{words.one()}/{words.one()}"
    folders = [f"/{words.one()}", f"/{words.one()}", f"/{words.one()}/{words.one()}", ""]
    targets = tuple(f"{folders[number % 4]}/{words.one()}.html" for number in range(pages))
    alias = Alias(f"/{words.one()}", f"{base}/{words.one()}/{words.one()}")
    gone = Alias(f"/{words.one()}.html", f"{base}/{words.one()}/{words.one()}.html")
    named = (f"{base}/{words.one()}/{words.one()}", f"/srv/{words.one()}/{words.one()}")
    hosts = (f"{base}/{words.one()}/{words.one()}", f"/srv/{words.one()}/{words.one()}")
    home = Home(
        port=words.number(20000, 39999),
        docroot=docroot,
        aliases=(alias, gone),
        decoys=(alias.path, gone.path.rpartition("/")[0], *hosts, *named),
        pages=targets,
        shared=tuple(f"{alias.url}/{words.one()}.html" for _ in range(shared)),
        lost=tuple(f"{folders[number % 4]}/{words.one()}.html" for number in range(lost)),
        misleading=tuple(
            f"{name}: {path}/index.html" for name, path in zip(("Referer", "X-From"), named, strict=True)
        ),
    )
    files = [home.file(target, 200) for target in ("/", *home.pages, *home.shared)]
    for number, name in enumerate([*files, gone.path, *(f"{path}/index.html" for path in hosts)]):
        path = Path(str(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"<p>page {number}</p>\n" * (number % 7 + 1))
    return home


def configure(
    home: Home, server: str, mpm: str, numbers: Mapping[str, int], *, crash: bool = False
) -> list[str]:
    """Write the configuration and the launcher, and return the command that starts the server."""
    (ROOT / "modules").mkdir(parents=True, exist_ok=True)
    for name, file in (("mpm", f"mpm_{mpm}"), *((name, name) for name in NEEDED)):
        shutil.copy(MODULES / f"mod_{file}.so", ROOT / "modules" / f"mod_{name}.so")
    logs = APACHE_LOGS if server == "apache2" else BUILT_IN_LOGS
    hosts = home.decoys[2:4]
    text = CONFIGURATION.format(
        root=ROOT,
        pad=PAD,
        port=home.port,
        mpm=mpm,
        modules="\n".join(f"LoadModule {name}_module modules/mod_{name}.so" for name in NEEDED),
        logs=logs.format(root=ROOT, pad=PAD),
        numbers="\n".join(f"{name} {value}" for name, value in numbers.items()),
        docroot=home.docroot,
        aliases="\n".join(f'Alias "{one.url}" "{one.path}"' for one in home.aliases),
        lost=home.aliases[1].url,
        hosts=HOST.format(name="localhost", path=home.docroot).replace(".example", "")
        + "".join(HOST.format(name=Path(path).name, path=path) for path in hosts),
        extra=CRASH if crash else "",
    )
    (ROOT / "httpd.conf").write_text(text)
    options = f"-f {ROOT}/httpd.conf"
    if server == "apache2":
        command, variables = f"/usr/sbin/apache2 {options} -DFOREGROUND", ""
    else:
        command = f"/usr/bin/python3 -P -S {BUNDLE}/httpd.py {options}"
        variables = f"export PYTHONPATH={BUNDLE}\n"
    (ROOT / "start.sh").write_text(LAUNCHER.format(command=command, variables=variables))
    return command.split()

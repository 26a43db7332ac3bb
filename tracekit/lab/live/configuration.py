"""A site as files: the pages, and a configuration in httpd's language for the server that is asked for."""

import grp
import os
import pwd
import shutil
from pathlib import Path
from typing import Final, NamedTuple

from tracekit import resources
from tracekit.errors import NotPermittedError, UsageError
from tracekit.lab.live.site import Site

MARK: Final = ".tracekit-lab"
"""Lies in a folder that was made here, and may be removed."""

BASES: Final = ("/srv", "/tmp")  # noqa: S108  the site is public; its folder is made here or not used
USERS: Final = ("www-data", "apache", "nobody")

CONFIGURATION: Final = """\
ServerRoot "{root}"
ServerName localhost
Listen 127.0.0.1:{port}
{modules}
{accounts}
PidFile "{logs}/httpd.pid"
ErrorLog "{logs}/error.log"
LogLevel info
{own}
CustomLog "{logs}/access.log" dispatch
{numbers}
DocumentRoot "{docroot}"
Alias "{alias.url}" "{alias.path}"
<Directory />
Require all granted
</Directory>
"""
APACHE: Final = """\
DefaultRuntimeDir "{logs}"
Mutex "default:{logs}"
LogLevel info authz_core:debug
ErrorLogFormat "%-L %P %{{g}}T %M"
LogFormat "%{{remote}}p %P %L - %>s %{{usec}}t %r" dispatch
"""
BUILT_IN: Final = 'LogFormat "%{{remote}}p %P %{{tid}}P %{{accept_tid}}P %>s %{{usec}}t %r" dispatch\n'
MODULES: Final = ("authz_core", "dir", "alias")


class Apache(NamedTuple):
    """Where a distribution puts httpd."""

    program: str
    modules: Path


APACHES: Final = (
    Apache("apache2", Path("/usr/lib/apache2/modules")),
    Apache("httpd", Path("/usr/lib64/httpd/modules")),
    Apache("httpd", Path("/usr/lib/httpd/modules")),
    Apache("httpd", Path("/usr/local/apache2/modules")),
)


class Launch(NamedTuple):
    """How a server is started."""

    command: list[str]
    environment: dict[str, str]


def base() -> Path:
    """Return the folder for sites: one where other users may read them."""
    return next((Path(one) for one in BASES if os.access(one, os.W_OK)), Path(BASES[-1]))


def find_apache() -> Apache:
    """Return this machine's httpd.

    Raises:
        UsageError: there is none.
        NotPermittedError: we are not root, and it would not change to the user that it runs as.
    """
    hint = "--server tracekit takes the built-in server"
    for one in APACHES:
        program = shutil.which(
            one.program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/apache2/bin"
        )
        if program and one.modules.is_dir():
            if os.geteuid():
                raise NotPermittedError("apache2 has to be started by root", f"sudo it; or {hint}")
            return Apache(program, one.modules)
    raise UsageError("there is no apache2 here", f"apt install apache2, or {hint}")


def lay_out(site: Site) -> None:
    """Write the pages, and decoys of each, where every user may read them.

    Raises:
        UsageError: the folder is there, and is not from an earlier start.
    """
    remove(site.root)
    try:
        site.root.mkdir(parents=True)
    except FileExistsError:
        raise UsageError(f"{site.root} is there already, and is not the lab's", "move it away") from None
    (site.root / MARK).touch()
    for target, file in site.pages.items():
        _write(file, f"{target}\n")
    for folder in (site.docroot, *site.decoys):
        _write(folder / "index.html", "<html><body><h1>It works!</h1></body></html>\n")
        for target, file in site.pages.items():
            if folder != site.docroot and file.is_relative_to(site.docroot):
                _write(folder / file.relative_to(site.docroot), f"not {target}\n")
    for path in (site.root, *site.root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def remove(root: Path) -> None:
    """Remove a site, if it is one and ours."""
    if (
        not root.is_symlink()
        and root.is_dir()
        and root.stat().st_uid == os.geteuid()
        and (root / MARK).exists()
    ):
        shutil.rmtree(root)


def configure(site: Site, server: str, port: int, logs: Path) -> Launch:
    """Write the configuration and return how its server is started.

    Args:
        site: what is served.
        server: ``apache2`` or ``tracekit``.
        port: where it listens, on the loopback.
        logs: the folder of its logs.

    Raises:
        UsageError: there is no such server here.
        NotPermittedError: it takes root.
    """
    apache = find_apache() if server == "apache2" else None
    modules = apache.modules if apache else Path("modules")
    text = CONFIGURATION.format(
        root=site.root,
        port=port,
        modules="\n".join(
            f"LoadModule {name}_module {modules}/mod_{name}.so" for name in (f"mpm_{site.mpm}", *MODULES)
        ),
        accounts=_accounts() if os.geteuid() == 0 else "",
        logs=logs,
        own=(APACHE if apache else BUILT_IN).format(logs=logs),
        numbers="\n".join(f"{name} {value}" for name, value in site.numbers.items()),
        docroot=site.docroot,
        alias=site.alias,
    )
    file = logs / "httpd.conf"
    file.write_text(text, encoding="utf-8")
    if apache:
        return Launch([apache.program, "-f", str(file), "-DFOREGROUND"], dict(os.environ))
    command, environment = resources.server_command()
    return Launch([*command, "-f", str(file)], environment)


def _accounts() -> str:
    """Return the directives for the user and group that serve."""
    for name in USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return f"User {name}\nGroup {grp.getgrgid(user.pw_gid).gr_name}"
    return "User #65534\nGroup #65534"

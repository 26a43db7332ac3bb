"""Configurations for the server that are complete but for the lines that a test is about."""

from pathlib import Path

from server.config import ServerConfig, load

MODULES = (
    "alias authz_core authz_host autoindex dir env mime reqtimeout setenvif status".split()  # noqa: SIM905
)

HOSTS = """
<VirtualHost *:80>
ServerName a.example
ServerAlias b.example *.c.example ?.d.example
</VirtualHost>
<VirtualHost *:80>
ServerName b.example:8080
ServerAlias e.example
</VirtualHost>
<VirtualHost 127.0.0.1:81>
ServerName only.example
</VirtualHost>
<VirtualHost [::1]:82 127.0.0.2:83>
ServerName six.example
</VirtualHost>
<VirtualHost 127.0.0.3>
ServerName any.example
</VirtualHost>
<VirtualHost *>
ServerName star.example
</VirtualHost>
<VirtualHost 127.0.0.3:80>
ServerName exact.example
</VirtualHost>
"""
"""Virtual hosts that share addresses, and some that do not."""


def header(root: Path, mpm: str = "event", modules: str = "/usr/lib/apache2/modules") -> str:
    """Return the first lines, which httpd takes, too, where it has its modules in that folder."""
    loaded = "".join(
        f"LoadModule {name}_module {modules}/mod_{name}.so\n" for name in (f"mpm_{mpm}", *MODULES)
    )
    return f'ServerRoot "{root}"\n{loaded}ServerName localhost\nErrorLog error.log\nPidFile httpd.pid\n'


HEADER_LINES = header(Path("/")).count("\n")
"""A test's own lines begin behind them."""


def configured(root: Path, text: str, defines: tuple[str, ...] = (), mpm: str = "event") -> ServerConfig:
    """Return what a configuration amounts to.

    Raises:
        ConfigError: it is wrong.
    """
    path = root / "httpd.conf"
    path.write_text(header(root, mpm) + text)
    return load(path, defines)

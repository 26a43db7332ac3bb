"""What ``-v``, ``-V`` and ``-l`` show, in httpd's layout (server/main.c)."""

import platform
import sys

from . import SERVER_BUILT, SERVER_SOFTWARE
from .config import ServerConfig
from .config.modules import BUILT_IN

SOURCES = {"core_module": "core.c", "http_module": "http_core.c"}  # the others are mod_NAME.c


def version() -> str:
    """Return the version (-v)."""
    return f"Server version: {SERVER_SOFTWARE}\nServer built:   {SERVER_BUILT}"


def compiled_in() -> str:
    """Return the modules that need no LoadModule (-l)."""
    files = [SOURCES.get(name, f"mod_{name.removesuffix('_module')}.c") for name in BUILT_IN]
    return "\n".join(["Compiled in modules:", *(f"  {file}" for file in files)])


def settings(config: ServerConfig) -> str:
    """Return what it runs on, and the model (-V)."""
    threads = "no" if config.mpm == "prefork" else "yes (fixed thread count)"
    return "\n".join(
        [
            version(),
            f"Server loaded:  {platform.python_implementation()} {platform.python_version()}",
            f"Architecture:   {sys.maxsize.bit_length() + 1}-bit",
            f"Server MPM:     {config.mpm}",
            f"  threaded:     {threads}",
            "    forked:     yes (variable process count)",
            "Server compiled with....",
            f' -D HTTPD_ROOT="{ServerConfig().server_root}"',
            f' -D SERVER_CONFIG_FILE="{config.config_file}"',
        ]
    )

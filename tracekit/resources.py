"""Where the files that are not Python modules of tracekit lie.

A wheel carries ``grammars/`` and ``server/`` inside the package; in a checkout
they stand beside it.
"""

import os
import sys
from pathlib import Path

from tracekit.errors import TracekitError

PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return the folder of that name, inside the package or beside it.

    Raises:
        TracekitError: it is in neither place, so the installation is broken.
    """
    for parent in (PACKAGE, PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise TracekitError(f"the folder {name}/ of tracekit is missing", "install tracekit again")


def grammar(name: str) -> Path:
    """Return the path of ``grammars/<name>``."""
    return folder("grammars") / name


def server_command() -> tuple[list[str], dict[str, str]]:
    """Return the command that starts the embedded server, and the environment that it needs.

    It is a program, never imported: installed it is ``tracekit.server``, and in
    a checkout ``server``, found from the checkout's folder.
    """
    place = folder("server")
    python = [sys.executable, "-P", "-m"]  # -P: what lies in the current folder is not to be run
    if place.parent == PACKAGE:
        return [*python, "tracekit.server"], dict(os.environ)
    paths = [str(place.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return [*python, "server"], {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}

"""Where the files that are not Python modules of tracekit lie.

A wheel carries ``grammars/`` and ``server/`` inside the package; in a checkout
they stand beside it.
"""

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

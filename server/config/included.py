"""Which files an Include names (ap_process_fnmatch_configs, httpd's server/config.c and util.c)."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from .rules import DirectiveError
from .wildcards import wildcard_pattern

MAX_DEPTH = 20  # of folders in folders: AP_MAX_FNMATCH_DIR_DEPTH
WILDCARD = re.compile(r"[*?\[]")
WHO = "Include/IncludeOptional: "


def included_files(path: Path, *, optional: bool) -> Iterator[Path]:
    """Yield the files in their order: a name's file, a folder's files and those of its folders.

    Args:
        path: absolute, with shell wildcards.
        optional: it is no error when there is none.

    Raises:
        DirectiveError: there is no such file or folder.
    """
    if not WILDCARD.search(str(path)):
        yield from _plain(path, optional=optional)
        return
    yield from _matching(Path("/"), path.parts[1:], optional=optional)


def _plain(path: Path, *, optional: bool, depth: int = 0) -> Iterator[Path]:
    if depth > MAX_DEPTH:
        raise DirectiveError(
            f"{WHO}Directory '{path}' exceeds the maximum include directory nesting level of {MAX_DEPTH}."
            " You have probably a recursion somewhere."
        )
    if path.is_dir():
        for name in _names(path, optional=False):
            yield from _plain(path / name, optional=optional, depth=depth + 1)
    elif not optional or path.exists():
        yield path


def _matching(folder: Path, parts: tuple[str, ...], *, optional: bool) -> Iterator[Path]:
    part, rest = parts[0], parts[1:]
    if not WILDCARD.search(part):
        found = folder / part
        yield from _matching(found, rest, optional=optional) if rest else _plain(found, optional=optional)
        return
    pattern = wildcard_pattern(os.fsencode(part))
    names = [name for name in _names(folder, optional=optional) if pattern.fullmatch(os.fsencode(name))]
    names = [name for name in names if part.startswith(".") or not name.startswith(".")]
    if rest:
        names = [name for name in names if (folder / name).is_dir() and not (folder / name).is_symlink()]
    if not names and not optional:
        raise DirectiveError(f"{WHO}No matches for the wildcard '{part}' in '{folder}', failing")
    for name in names:
        found = folder / name
        yield from _matching(found, rest, optional=optional) if rest else _plain(found, optional=optional)


def _names(folder: Path, *, optional: bool) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError as error:
        if optional and isinstance(error, FileNotFoundError):
            return []
        raise DirectiveError(f"{WHO}Could not open directory {folder}: {error.strerror}") from None

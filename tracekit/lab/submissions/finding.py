"""Finding submissions below folders: a submission is a folder with a variant.toml."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracekit.errors import UsageError
from tracekit.lab.submissions.submission import FILE

DEPTH: Final = 8
"""Levels of folders below a given one that are looked through."""


@dataclass(frozen=True)
class Found:
    """A folder to grade.

    Attributes:
        folder: the submission; where there is none, the folder that should be one.
        names: the folders on the way to it, the given one first, its own last: one of them may be
            named for its student.
    """

    folder: Path
    names: tuple[str, ...]


def find(given: Sequence[Path]) -> list[Found]:
    """Return the submissions in and below folders, in the order given, and by name below each.

    Links to folders are not followed and hidden folders are passed by. A given folder without any
    submission is one that cannot be graded, and so is a folder right below a given one whose neighbours
    have some: somebody's work is not left out in silence.

    Raises:
        UsageError: a given path is no folder, or cannot be read.
    """
    found: dict[Path, Found] = {}
    for path in given:
        try:
            here = path.resolve(strict=True)
            below = list(_below(here, (here.name,)))
        except OSError as error:
            raise UsageError(f"cannot look into {path}: {error.strerror}", "give folders") from None
        for one in below or [Found(here, (here.name,))]:
            found.setdefault(one.folder, Found(path / one.folder.relative_to(here), one.names))
    return list(found.values())


def _below(folder: Path, names: tuple[str, ...]) -> Iterator[Found]:
    """Yield the submissions of a given folder, and what lies beside them and is none.

    Raises:
        OSError: the folder cannot be read.
    """
    if os.path.lexists(folder / FILE):
        yield Found(folder, names)
        return
    inside = {child: list(_submissions(child, (*names, child.name))) for child in _children(folder)}
    if any(inside.values()):
        for child, found in inside.items():
            yield from found or [Found(child, (*names, child.name))]


def _submissions(folder: Path, names: tuple[str, ...]) -> Iterator[Found]:
    """Yield the submissions in a folder and below it; what cannot be read is passed by."""
    if os.path.lexists(folder / FILE):
        yield Found(folder, names)
    elif len(names) <= DEPTH:
        try:
            children = _children(folder)
        except OSError:
            return
        for child in children:
            yield from _submissions(child, (*names, child.name))


def _children(folder: Path) -> list[Path]:
    """Return the folders in a folder that are neither hidden nor links, by name."""
    with os.scandir(folder) as entries:
        names = [e.name for e in entries if not e.name.startswith(".") and e.is_dir(follow_symlinks=False)]
    return [folder / name for name in sorted(names)]

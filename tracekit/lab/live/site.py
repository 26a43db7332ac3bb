"""What a student's server is like: its model, numbers, folders and pages, from the seed's chance."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from tracekit.lab.seeds import Chance
from tracekit.lab.truth import Alias
from tracekit.lab.variants.words import word

THREADED: Final = ("worker", "event")
MODELS: Final = ("prefork", *THREADED)
ONE_THREADED: Final = frozenset({"dispatch", "crash", "coverage"})
"""Exercises that are about the threads of a process; prefork has one each."""

FOLDERS: Final = ("htdocs", "public", "www", "pages", "web", "content", "static", "site")
SUFFIXES: Final = (".html", ".txt")
PAGE_COUNT: Final = 6
LETTERS: Final = 6
"""Of the words that folders are called by."""
URL_LETTERS: Final = (4, 5)
"""Of those in URLs: with a method and a version they fit into the 32 bytes that strace shows of a string."""


class Size(NamedTuple):
    """How many processes and threads a server may have."""

    start: int
    threads: int
    spare: int
    limit: int


@dataclass(frozen=True)
class Site:
    """One server's configuration, as far as it is the student's own.

    Attributes:
        mpm: ``prefork``, ``worker`` or ``event``.
        numbers: the directives with a number, by name.
        limit: how many worker processes these allow.
        root: the folder that all of it lies in.
        docroot: the document root.
        alias: a part of the URL space that lies elsewhere.
        decoys: folders with the same pages that are not served from.
        pages: the file of each target.
        targets: what is asked about, in an order of its own.
    """

    mpm: str
    numbers: dict[str, int]
    limit: int
    root: Path
    docroot: Path
    alias: Alias
    decoys: tuple[Path, ...]
    pages: dict[str, Path]
    targets: tuple[str, ...]

    @property
    def threads_per_process(self) -> int:
        """How many threads a worker process has: beside those that serve a main one and a listener."""
        return self.numbers["ThreadsPerChild"] + 2 if self.mpm in THREADED else 1


def plan(exercise: str, kind: str, questions: int, chance: Chance, base: Path, *, mpm: str = "") -> Site:
    """Return the site of an exercise; the same chance makes the same site.

    Args:
        exercise: its name.
        kind: of the scene that it is about.
        questions: how many targets are asked about.
        chance: the seed's.
        base: the folder that the site gets a folder in.
        mpm: the model, if that is not left to chance.
    """
    mpm = mpm or chance.pick(THREADED if exercise in ONE_THREADED else MODELS)
    size = SIZES[kind](chance, mpm == "prefork")
    root = base / f"{_word(chance)}-{_word(chance)}-{_between(chance, 1000, 9999)}"
    places = [root / _word(chance) / name for name in chance.some(FOLDERS, 4)]
    docroot, elsewhere, *decoys = places
    alias = Alias(f"/{word(chance, URL_LETTERS[0])}", str(elsewhere))
    pages = _pages(chance, docroot, alias, max(PAGE_COUNT, questions + 1))
    targets = chance.some(sorted(pages), questions or PAGE_COUNT)
    return Site(
        mpm, _numbers(mpm, size), size.limit, root, docroot, alias, tuple(decoys), pages, tuple(targets)
    )


def _word(chance: Chance) -> str:
    return word(chance, LETTERS)


def _between(chance: Chance, least: int, most: int) -> int:
    return least + chance.below(most - least + 1)


def _pages(chance: Chance, docroot: Path, alias: Alias, count: int) -> dict[str, Path]:
    """Return targets that no two of are alike, and their files: one below the alias, the rest in the root."""
    pages: dict[str, Path] = {}
    while len(pages) < count:
        folder, name = (word(chance, letters) for letters in URL_LETTERS)
        below = f"/{folder}/{name}{chance.pick(SUFFIXES)}"
        if not pages:
            pages[alias.url + below] = Path(alias.path) / below[1:]
        elif not below.startswith(alias.url + "/"):
            pages[below] = docroot / below[1:]
    return pages


def _still(chance: Chance, prefork: bool) -> Size:
    """Few idle workers are asked for, so that it stays as it was started."""
    return Size(_between(chance, 3, 5) if prefork else _between(chance, 2, 3), _between(chance, 3, 6), 1, 8)


def _growing(chance: Chance, prefork: bool) -> Size:
    """A hundred held connections take it to its limit, or just not."""
    if prefork:
        return Size(_between(chance, 2, 3), 1, 2, _between(chance, 8, 14))
    if chance.random() < 0.5:
        threads = _between(chance, 4, 7)
        return Size(2, threads, threads, _between(chance, 5, 9))
    return Size(2, chance.pick((13, 14, 16)), 5, _between(chance, 12, 14))


def _mortal(chance: Chance, prefork: bool) -> Size:
    """As many idle workers are asked for as there are: a process that dies is replaced."""
    size = _still(chance, prefork)
    return size._replace(spare=size.start if prefork else (size.start - 1) * size.threads + 1)


def _small(chance: Chance, prefork: bool) -> Size:
    """It grows under load, and stays small."""
    threads = 1 if prefork else _between(chance, 3, 4)
    return Size(2, threads, threads, _between(chance, 4, 5))


SIZES: Final = {"site": _still, "rush": _growing, "crash": _mortal, "partial": _small}


def _numbers(mpm: str, size: Size) -> dict[str, int]:
    """Return the directives; so many may be idle that no process is ever told to leave."""
    if mpm == "prefork":
        return {
            "StartServers": size.start,
            "MinSpareServers": size.spare,
            "MaxSpareServers": 2 * size.limit,
            "MaxRequestWorkers": size.limit,
        }
    return {
        "StartServers": size.start,
        "MinSpareThreads": size.spare,
        "MaxSpareThreads": 2 * size.limit * size.threads,
        "ThreadsPerChild": size.threads,
        "MaxRequestWorkers": size.limit * size.threads,
    }

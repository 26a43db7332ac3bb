"""A document root that is named with confidence c is right at least as often as c says.

A model of servers makes the traces: a configuration (roots, aliases, user directories, a start page for
everything), what a server looks up beside the file that it serves, and clients that ask for what is
there, for what is not, and for names of files that the server opens anyway. The truth is the
configuration's; nothing is read back from the trace.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePosixPath

import pytest

from tests.support.traces import Written, accept, get, ok
from tracekit.analyzers.docroot import Docroot

SEED, TRACES = 20_261_123, 120
FOLDERS = ("css", "js", "img", "docs", "news", "static", "shared", "a/b")
FILES = ("a.html", "b.css", "c.js", "logo.png", "x/y.txt")
PLACES = (
    "/srv/www",
    "/var/www/html",
    "/usr/share/site",
    "/home/web",
    "/opt/app/public",
    "/data",
    "/data/two",
)
DIRECTORY = "{{st_mode=S_IFDIR|0755, st_size=4096, ...}}, 0) = 0"
BINS = (0.0, 0.7, 0.85, 0.93, 1.0)
"""Edges between confidences that are counted together; each bin holds at least one value that is given."""


@dataclass
class Site:
    """What one server is configured to do, and how it works.

    Attributes:
        aliases: url -> folder; the longest one that fits counts.
        catches: whether every target that is not there gets the start page.
        asks: whether it looks the folder up for a target that ends with a slash.
        probes: whether it looks for .htaccess, and from which folder on.
        opens: what it opens beside the file for every request.
        checks: whether its start is in the trace, with a look at the root.
    """

    root: str
    aliases: dict[str, str] = field(default_factory=dict)
    catches: bool = False
    asks: bool = True
    probes: str | None = None
    opens: tuple[str, ...] = ()
    checks: bool = False

    def place(self, target: str) -> str:
        """Return where a target lies."""
        fitting = [url for url in self.aliases if target == url or target.startswith(url + "/")]
        if not fitting:
            return self.root + target
        url = max(fitting, key=len)
        return self.aliases[url] + target[len(url) :]


def configured(chance: random.Random) -> Site:
    """Return a configuration."""
    root = chance.choice(PLACES)
    site = Site(root, asks=chance.random() < 0.7, catches=chance.random() < 0.15)
    for folder in chance.sample(FOLDERS, chance.choice((0, 0, 1, 2))):
        elsewhere = chance.choice([place for place in PLACES if place != root])
        # Half of them are named as their url is: then the folder above looks like a root.
        site.aliases[f"/{folder}"] = (
            f"{elsewhere}/{folder}" if chance.random() < 0.5 else f"{elsewhere}/files"
        )
    if chance.random() < 0.2:
        site.aliases["/~ann"] = "/home/ann/public_html"
    if chance.random() < 0.2:
        site.aliases["/favicon.ico"] = "/usr/share/icons/favicon.ico"
    if chance.random() < 0.3:
        site.probes = chance.choice((root, root.rpartition("/")[0], "/"))
    site.opens = tuple(path for path in ("/etc/passwd", "/etc/localtime") if chance.random() < 0.2)
    site.checks = chance.random() < 0.4
    return site


def asked(chance: random.Random, site: Site) -> list[str]:
    """Return what clients ask for."""
    there = [f"/{folder}/{file}" for folder in FOLDERS for file in FILES] + [f"/{file}" for file in FILES]
    aliased = [f"{url}/{chance.choice(FILES)}" for url in site.aliases if url != "/favicon.ico"] * 8
    mixed = [*there, *aliased, *["/", "/favicon.ico", "/missing", "/etc/passwd", "/etc/localtime"] * 3]
    only_aliases = aliased and chance.random() < 0.3
    return chance.choices(aliased if only_aliases else mixed, k=chance.choice((1, 1, 2, 3, 5, 9)))


def serve(log: Written, site: Site, port: int, target: str) -> None:
    """Write down one request and what a server so configured does for it."""
    path = site.place(target)
    missing = target in ("/missing", "/etc/passwd", "/etc/localtime")
    log.add(10, accept(5, port), get(5, target))
    if target == "/" and site.asks:
        log.add(10, f'newfstatat(AT_FDCWD, "{path}", {DIRECTORY.format()}')
    for folder in PurePosixPath(path).parents[::-1] if site.probes else ():
        if folder.is_relative_to(site.probes or "/"):
            log.add(10, f'openat(AT_FDCWD, "{folder / ".htaccess"}", O_RDONLY) = -1 ENOENT (No such file)')
    for beside in site.opens:
        log.add(
            10,
            f'openat(AT_FDCWD, "{beside}", O_RDONLY) = 7',
            'read(7, "root:x"..., 4096) = 900',
            "close(7) = 0",
        )
    if missing:
        log.add(10, f'openat(AT_FDCWD, "{path}", O_RDONLY) = -1 ENOENT (No such file or directory)')
    if missing and not site.catches:
        log.add(10, ok(5, "gone", "404 Not Found"), "close(5) = 0")
        return
    served = f"{site.root}/index.html" if missing else path + ("index.html" if target.endswith("/") else "")
    log.add(10, f'openat(AT_FDCWD, "{served}", O_RDONLY) = 6', 'read(6, "hi", 99) = 2', "close(6) = 0")
    log.add(10, ok(5), "close(5) = 0")


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[float, bool]]:
    """The confidence of every root that was named, and whether it is the configured one."""
    chance = random.Random(SEED)
    found = []
    for _ in range(TRACES):
        site = configured(chance)
        log = Written(tmp_path_factory.getbasetemp(), [])
        log.notes({"pid": 10, "cwd": "/", "fds": {"3": "socket:[1]"}})
        if site.checks:
            log.add(10, f'newfstatat(AT_FDCWD, "{site.root}", {DIRECTORY.format()}')
        for port, target in enumerate(asked(chance, site), 1000):
            serve(log, site, port, target)
        found += [(root.confidence, root.path == site.root) for root in Docroot().answer(log.read()).docroots]
    return found


def test_a_confidence_is_the_share_of_claims_that_are_right(claims: list[tuple[float, bool]]) -> None:
    for low, high in pairwise(BINS):
        inside = [(given, right) for given, right in claims if low <= given < high]
        if inside:
            right = sum(right for _, right in inside) / len(inside)
            assert right >= min(given for given, _ in inside), (low, high, len(inside), right)


def test_hardly_a_claim_is_wrong_and_most_traces_give_one(claims: list[tuple[float, bool]]) -> None:
    count = Counter(right for _, right in claims)
    assert count[False] <= len(claims) * 0.02
    assert count[True] > TRACES * 0.4

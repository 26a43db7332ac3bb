"""The recordings that variants are made from: a trace, its truth, and what ps showed meanwhile."""

import lzma
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final

from tracekit.errors import TracekitError, UsageError
from tracekit.lab.truth import Truth

FOLDER: Final = Path(__file__).parent / "scenes"
TRACE: Final = ".strace.xz"
TRUTH: Final = ".truth.json"
PS: Final = ".ps.txt"
BROKEN: Final = "install tracekit again"


@dataclass(frozen=True)
class Scene:
    """One recording.

    Attributes:
        name: KIND-MPM-SERVER, perhaps with a number behind it.
        lines: of the trace, without their ends.
        truth_text: the truth, as JSON.
        ps: what ``ps -eLf`` showed of the server under load; empty where nobody looked.
    """

    name: str
    lines: tuple[str, ...]
    truth_text: str
    ps: str

    @cached_property
    def truth(self) -> Truth:
        """The truth of the recording."""
        return Truth.from_text(self.truth_text)


def names(kind: str = "") -> list[str]:
    """Return the names of the scenes of a kind (``site``, ``rush``, ``crash``, ``partial``), or of all."""
    found = sorted(path.name.removesuffix(TRUTH) for path in FOLDER.glob(f"*{TRUTH}"))
    return [name for name in found if not kind or name.partition("-")[0] == kind]


@cache
def load(name: str) -> Scene:
    """Return a scene.

    Raises:
        UsageError: there is none of that name.
        TracekitError: its files are not there, or not what they were.
    """
    if name not in names():
        raise UsageError(f"there is no scene {name}", f"there are {', '.join(names())}")
    ps = FOLDER / f"{name}{PS}"
    return Scene(
        name,
        _lines(FOLDER / f"{name}{TRACE}"),
        (FOLDER / f"{name}{TRUTH}").read_text(),
        ps.read_text() if ps.exists() else "",
    )


@cache
def noise() -> tuple[str, ...]:
    """Return the lines of a program that has nothing to do with any server; its one pid leads each line."""
    return _lines(FOLDER / f"noise{TRACE}")


def _lines(path: Path) -> tuple[str, ...]:
    try:
        text = lzma.decompress(path.read_bytes()).decode("ascii")
    except (OSError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise TracekitError(f"the recording {path.name} of the lab cannot be read: {error}", BROKEN) from None
    return tuple(text.split("\n")[:-1])

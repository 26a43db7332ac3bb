"""Words that paths are made of: what a variant's folders and pages are called."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from tracekit.lab.seeds import Chance

FILE: Final = Path(__file__).with_suffix(".toml")


@cache
def of_length(length: int) -> tuple[str, ...]:
    """Return all words of so many letters, in a fixed order."""
    found = {name: text.split() for name, text in tomllib.loads(FILE.read_text(encoding="ascii")).items()}
    joined = (first + last for first in found["first"] for last in found["last"] if first != last)
    return tuple(dict.fromkeys(word for word in (*found["whole"], *joined) if len(word) == length))


def word(chance: Chance, length: int) -> str:
    """Return a word of so many letters, 3 to 12, by chance."""
    return chance.pick(of_length(length))

"""The course's secret, and the chance and the tags that come from it: the same on every machine.

A variant is never stored. Whoever has the secret can make it again from the course's and the student's
name, and whoever has not cannot.
"""

import hmac
import os
import random
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final, Self, TypeVar

from tracekit.errors import UnreadableError, UsageError

VARIABLE: Final = "TRACEKIT_LAB_SECRET"
PRACTICE: Final = b"everybody knows this secret"
"""Of variants to practise with: anybody can make their keys."""
SHORTEST: Final = 16
"""Bytes of a secret. A student has a tag made with it, and so could try out all shorter ones."""
LONGEST: Final = 4096
MAKE_ONE: Final = "make one with: (umask 077; head -c 32 /dev/urandom | base64 > secret)"

Item = TypeVar("Item")


class Chance(random.Random):
    """Random numbers from a seed, for one student and exercise.

    Python promises that `random.Random.random` gives the same numbers in every version, and nothing of the
    kind of its other methods ("Notes on Reproducibility", library reference). The methods added here are
    made of it alone: nothing that has to come out the same in a later year may use any other.
    """

    def below(self, end: int) -> int:
        """Return a number from 0 up to, and without, ``end``."""
        return int(self.random() * end)

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of them; there has to be one."""
        return items[self.below(len(items))]

    def some(self, items: Sequence[Item], count: int) -> list[Item]:
        """Return so many of them, each once, in an order of chance; all if there are no more."""
        left = list(items)
        for place in range(min(count, len(left))):
            other = place + self.below(len(left) - place)
            left[place], left[other] = left[other], left[place]
        return left[:count]


@dataclass(frozen=True)
class Secret:
    """What only the teacher knows.

    Attributes:
        key: its bytes.
        practice: whether it is the one that everybody knows.
        warnings: what the teacher should be told about it.
    """

    key: bytes = field(repr=False)
    practice: bool = False
    warnings: tuple[str, ...] = ()

    @classmethod
    def find(cls, file: Path | None = None) -> Self:
        """Return the secret in a file, else that of TRACEKIT_LAB_SECRET, else the practice secret.

        Raises:
            UnreadableError: the file cannot be read.
            UsageError: the secret is empty or so short that it could be guessed.
        """
        if file is not None:
            content, warnings = _read(file)
            return cls(_checked(content, str(file)), warnings=warnings)
        if VARIABLE in os.environ:
            return cls(_checked(os.environb[VARIABLE.encode()], VARIABLE))
        return cls(PRACTICE, practice=True)

    def chance(self, course: str, student: str, exercise: str) -> Chance:
        """Return the chance of a student's exercise: each call begins anew."""
        return Chance(int.from_bytes(self._mac("variant", course, student, exercise), "big"))

    def tag(self, course: str, student: str, form: str, exercises: Sequence[str]) -> str:
        """Return what shows that a variant.toml is the one that was given out, in hexadecimal."""
        return self._mac("tag", course, student, form, ",".join(exercises)).hex()

    def is_tag(self, tag: str, course: str, student: str, form: str, exercises: Sequence[str]) -> bool:
        """Whether a tag is the right one; takes as long for a wrong one."""
        return hmac.compare_digest(tag.encode(), self.tag(course, student, form, exercises).encode())

    def _mac(self, *words: str) -> bytes:
        # Only the course may hold a "|", and there is one of it: the words can be told apart.
        return hmac.digest(self.key, "|".join(words).encode(), sha256)


def _checked(content: bytes, place: str) -> bytes:
    key = content.strip()
    if not key:
        raise UsageError(f"the secret in {place} is empty", MAKE_ONE)
    if len(key) < SHORTEST:
        raise UsageError(
            f"the secret in {place} has {len(key)} bytes and could be guessed: {SHORTEST} at least", MAKE_ONE
        )
    return key


def _read(file: Path) -> tuple[bytes, tuple[str, ...]]:
    try:
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            content = stream.read(LONGEST + 1)
    except OSError as error:
        raise UnreadableError(
            f"the secret in {file} cannot be read: {error.strerror}",
            f"give the file that the variants are made with, or {MAKE_ONE}",
        ) from error
    if len(content) > LONGEST:
        raise UsageError(f"{file} is too long for a secret: {LONGEST} bytes at most", MAKE_ONE)
    if stat.S_ISREG(mode) and mode & stat.S_IROTH:
        return content, (f"everybody on this machine can read the secret in {file}: chmod o-r {file}",)
    return content, ()

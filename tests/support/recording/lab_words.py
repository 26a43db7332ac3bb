"""The secret words of a scene: made up, so that each stands in its trace for one thing alone."""

import random
from typing import Final

CONSONANTS: Final = "bdfghjklmnpqrtvwxz"
VOWELS: Final = "aeiou"


class Words:
    """Gives out words that nothing else is called by: ``qovatu``, ``wexiro7``."""

    def __init__(self, seed: str) -> None:
        self._chance = random.Random(f"words of {seed}")
        self.given: list[str] = []

    def one(self) -> str:
        """Return a word that is no part of another one, nor another one of it."""
        while True:
            letters = (self._chance.choice(kind) for _ in range(3) for kind in (CONSONANTS, VOWELS))
            word = "".join(letters) + self._chance.choice(["", "", self._chance.choice("23456789")])
            if not any(word in other or other in word for other in self.given):
                self.given.append(word)
                return word

    def number(self, low: int, high: int) -> int:
        """Return a number that belongs to the scene as its words do."""
        return self._chance.randint(low, high)

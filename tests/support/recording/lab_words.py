"""The secret words of a scene: made up, so that each stands in its trace for one thing alone."""

import random
from typing import Final

CONSONANTS: Final = "bdfghjklmnpqrtvwxz"
VOWELS: Final = "aeiou"


class Words:
    """Gives out words of six letters that nothing else is called by: ``qovatu``, ``wexiro``."""

    def __init__(self, seed: str) -> None:
        self._chance = random.Random(f"words of {seed}")
        self.given: list[str] = []

    def one(self) -> str:
        """Return a new word."""
        while True:
            letters = (self._chance.choice(kind) for _ in range(3) for kind in (CONSONANTS, VOWELS))
            word = "".join(letters)
            if word not in self.given:
                self.given.append(word)
                return word

    def number(self, low: int, high: int) -> int:
        """Return a number that belongs to the scene as its words do."""
        return self._chance.randint(low, high)

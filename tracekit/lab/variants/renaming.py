"""What the words of a scene become in a student's variant: other words, task numbers and ports, each as long.

A recorded scene names everything that an answer may be by *tokens*, each of which stands in its trace for
one thing alone and is never a part of a longer word; the recorder sees to that. So a variant is the same
text with other tokens, and so is its key: the truth's JSON.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, islice
from typing import Final, NamedTuple

from tracekit.lab.seeds import Chance
from tracekit.lab.variants import words

RUN: Final = re.compile(r"([A-Za-z0-9]+)")
"""A token is one whole run of these."""
CLOSE: Final = 3
"""So many numbers there are to choose from for each task: those of a machine lie close together."""
DRAWS: Final = 20
"""So often a port is drawn for each that is needed: hardly ever is one taken, or drawn twice."""
EPHEMERAL: Final = range(32768, 61000)
"""The ports that Linux gives to clients (ip(7), ip_local_port_range)."""


@dataclass(frozen=True)
class Renaming:
    """What each token becomes.

    Attributes:
        new: the new word of each token.
    """

    new: Mapping[str, str]

    def text(self, text: str) -> str:
        """Return a text with its tokens renamed."""
        runs = RUN.split(text)
        runs[1::2] = [self.new.get(run, run) for run in runs[1::2]]
        return "".join(runs)

    @cached_property
    def back(self) -> "Renaming":
        """The renaming that takes the new words back to the old ones."""
        return Renaming({new: old for old, new in self.new.items()})


class Pieces:
    """The lines of a scene, each cut at its tokens once it was asked for: text, token, text ... text."""

    def __init__(self, lines: Sequence[str], tokens: Iterable[str]) -> None:
        """Take the lines and what is renamed in them."""
        self._lines = lines
        self._tokens = frozenset(tokens)
        self._cut: list[list[str] | None] = [None] * len(lines)

    def __len__(self) -> int:
        """Return how many lines there are."""
        return len(self._lines)

    def renamed(self, index: int, renaming: Renaming) -> str:
        """Return a line, counted from 0, with its tokens renamed."""
        cut = self._cut[index]
        if cut is None:
            cut = self._cut[index] = self._pieces(self._lines[index])
        new = renaming.new
        line = cut.copy()
        for place in range(1, len(line), 2):
            line[place] = new[line[place]]
        return "".join(line)

    def _pieces(self, line: str) -> list[str]:
        pieces, begin = [], 0
        for run in RUN.finditer(line):
            if run[0] in self._tokens:
                pieces += [line[begin : run.start()], run[0]]
                begin = run.end()
        return [*pieces, line[begin:]]


def runs(lines: Iterable[str]) -> frozenset[str]:
    """Return every run of letters and digits that stands in a trace: no new word may be one of these."""
    return frozenset(run for line in lines for run in RUN.findall(line))


def rename(tokens: Mapping[str, Sequence[str]], there: frozenset[str], chance: Chance) -> Renaming:
    """Choose what the tokens of a scene become.

    Args:
        tokens: by kind, ``words``, ``pids`` and ``ports``, as a `Truth` has them.
        there: the runs of its trace.
        chance: of the student's exercise.

    Returns:
        A renaming in which no two tokens become the same and none becomes something that is there. Task
        numbers keep their order, so that whoever was made first has the least number still.
    """
    new: dict[str, str] = {}
    for kind, choose in CHOICES.items():
        for length, group in groupby(sorted(tokens.get(kind, ()), key=_order), key=len):
            olds = list(group)
            new |= zip(
                olds, choose(length, len(olds), Taken(there, frozenset(new.values())), chance), strict=True
            )
    return Renaming(new)


def other_task(renaming: Renaming, length: int, there: frozenset[str], chance: Chance) -> str:
    """Return the number of a task, of so many digits, that is neither there nor a new one."""
    return _tasks(length, 1, Taken(there, frozenset(renaming.new.values())), chance)[0]


class Taken(NamedTuple):
    """What no new token may be: the runs of the trace, and the new tokens so far."""

    there: frozenset[str]
    given: frozenset[str]

    def leave(self, candidates: Iterable[str]) -> Iterator[str]:
        """Yield those that are not taken."""
        return (one for one in candidates if one not in self.there and one not in self.given)


def _order(token: str) -> tuple[int, str]:
    return len(token), token


def _words(length: int, count: int, taken: Taken, chance: Chance) -> list[str]:
    return chance.some(list(taken.leave(words.of_length(length))), count)


def _tasks(length: int, count: int, taken: Taken, chance: Chance) -> list[str]:
    first = 10 ** (length - 1)
    begin = chance.below(9 * first)
    numbers = (str(first + (begin + step) % (9 * first)) for step in range(9 * first))
    return sorted(chance.some(list(islice(taken.leave(numbers), CLOSE * count)), count))


def _ports(length: int, count: int, taken: Taken, chance: Chance) -> list[str]:
    every = EPHEMERAL if length == 5 else range(10 ** (length - 1), 10**length)
    drawn = (str(chance.pick(every)) for _ in range(DRAWS * count))
    return list(islice(dict.fromkeys(taken.leave(drawn)), count))


Choose = Callable[[int, int, Taken, Chance], list[str]]
CHOICES: Final[Mapping[str, Choose]] = {"words": _words, "pids": _tasks, "ports": _ports}
"""How so many new tokens of a kind and length are chosen; in this order: the chance is one."""

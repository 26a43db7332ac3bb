"""Options as getopt_long(3) of the GNU C library reads them, up to the first word that is none.

The standard library's getopt knows no options whose argument may be left out,
and its messages are its own; those of the C library are part of a command line
that stands in for strace's.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Any, NamedTuple


class Takes(Enum):
    """Whether an option has an argument."""

    NOTHING = 0
    VALUE = 1
    PERHAPS = 2
    """A long option may have one behind ``=``; its letter has none."""


class Option(NamedTuple):
    """One option: how it is written, what it means, and what it does."""

    letter: str
    """Empty when it has none."""
    names: tuple[str, ...]
    """Long names, without ``--``."""
    takes: Takes
    apply: Callable[[Any, str | None], None]
    """Called with what collects the options, and the argument; ValueError when that is wrong."""
    group: str = ""
    """The heading of the help that it stands under; empty when the help does not tell of it."""
    metavar: str = ""
    help: str = ""


class OptionError(Exception):
    """A word on the command line is no option, or lacks its argument."""


class Arguments:
    """Reads a command line word by word."""

    def __init__(self, words: Sequence[str], options: Sequence[Option]) -> None:
        """Read ``words``, none of which has been read yet."""
        self.rest = list(words)
        """What has not been read: at the end, the operands."""
        self._letters = {option.letter: option for option in options if option.letter}
        self._names = {name: option for option in options for name in option.names}

    def __iter__(self) -> Iterator[tuple[Option, str, str | None]]:
        """Yield each option, how it was written (a long name in full) and its argument.

        Raises:
            OptionError: a word is no option, or its argument is missing or too much.
        """
        while self.rest and self.rest[0].startswith("-") and self.rest[0] != "-":
            word = self.rest.pop(0)
            if word == "--":
                return
            if word.startswith("--"):
                yield self._long(word[2:])
            else:
                yield from self._short(word[1:])

    def _short(self, letters: str) -> Iterator[tuple[Option, str, str | None]]:
        while letters:
            letter, letters = letters[0], letters[1:]
            option = self._letters.get(letter)
            if option is None:
                raise OptionError(f"invalid option -- '{letter}'")
            value = None
            if option.takes is Takes.VALUE:
                if not letters and not self.rest:
                    raise OptionError(f"option requires an argument -- '{letter}'")
                value, letters = letters or self.rest.pop(0), ""
            yield option, f"-{letter}", value

    def _long(self, word: str) -> tuple[Option, str, str | None]:
        given, equals, text = word.partition("=")
        name = given if given in self._names else self._completed(given, word)
        option = self._names[name]
        value = text if equals else None
        if equals and option.takes is Takes.NOTHING:
            raise OptionError(f"option '--{name}' doesn't allow an argument")
        if not equals and option.takes is Takes.VALUE:
            if not self.rest:
                raise OptionError(f"option '--{name}' requires an argument")
            value = self.rest.pop(0)
        return option, f"--{name}", value

    def _completed(self, start: str, word: str) -> str:
        """The long name that begins so, of all that was written (``word``); an option may have several."""
        found = [name for name in self._names if name.startswith(start)]
        if not found:
            raise OptionError(f"unrecognized option '--{word}'")
        if any(self._names[name] is not self._names[found[0]] for name in found):
            choices = " ".join(f"'--{name}'" for name in found)
            raise OptionError(f"option '--{word}' is ambiguous; possibilities: {choices}")
        return found[0]

"""Text of httpd.conf to lines, and of a line to words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from lark import Lark, Token

GRAMMAR = Path(__file__).resolve().parents[2] / "grammars" / "httpd_conf.lark"
BLANKS = " \t\n\v\f\r"
CONTINUATION = re.compile(r"\\\r?\n")
DOUBLE_BACKSLASH = re.compile(r"\\\\")
ESCAPED = {'"': re.compile(r'\\(["\\])'), "'": re.compile(r"\\(['\\])")}


class Line(NamedTuple):
    """One line with what continues it.

    Attributes:
        text: without continuations, and without blanks around it.
        number: from 1; of a continued line the last, which is how httpd counts.
    """

    text: str
    number: int


@dataclass
class Directive:
    """One directive, or a section when ``children`` is a list.

    Attributes:
        name: as httpd spells it, or as it was written when nobody knows it; ``<Directory``.
        text: its arguments as they were written, ``${VAR}`` replaced.
        file: the file that it stands in.
        line: the number of its line.
        parent: the section that it stands in.
    """

    name: str
    text: str
    file: Path
    line: int
    children: list["Directive"] | None = field(default=None)
    parent: "Directive | None" = field(default=None, repr=False)

    @property
    def args(self) -> list[str]:
        """The words of its arguments, unquoted."""
        return words(self.text)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark.open(str(GRAMMAR), parser="lalr", lexer="contextual", start=["file", "words"])


def lines(text: str) -> Iterator[Line]:
    """Yield the lines of a file that are neither empty nor comments."""
    for token in _parser().parse(text, start="file").children:
        assert isinstance(token, Token)
        joined = CONTINUATION.sub("", token).partition("\0")[0].strip(BLANKS)  # C's texts end there
        if joined:
            yield Line(joined, (token.line or 0) + token.count("\n"))


def words(text: str) -> list[str]:
    """Return the words of a line, without quotes."""
    return [_unquoted(token) for token in _tokens(text)]


def first_word(text: str) -> tuple[str, str]:
    """Return the first word and what follows it, which is not looked into."""
    tokens = _tokens(text)
    if not tokens:
        return "", ""
    return _unquoted(tokens[0]), text[tokens[0].end_pos :].strip(BLANKS)


@lru_cache(maxsize=256)
def _tokens(text: str) -> tuple[Token, ...]:
    return tuple(token for token in _parser().parse(text, start="words").children if isinstance(token, Token))


def _unquoted(token: Token) -> str:
    """Return the word itself (httpd's substring_conf)."""
    if token.type != "QUOTED":
        return DOUBLE_BACKSLASH.sub(r"\\", token)
    quote = token[0]
    match = re.match(rf"{quote}((?:\\[{quote}\\]|[^{quote}])*)", token, re.DOTALL)
    assert match is not None
    return ESCAPED[quote].sub(r"\1", match[1])

"""Finding the end of a call's arguments without understanding them.

The tokens are the grammar's; only strings, annotations, comments and
parentheses matter to where the arguments end. Regular expressions cannot
count, so parentheses are written out to a depth of three (strace's deepest is
two), and deeper ones are left to the grammar.
"""

import re
from functools import cache

from tracekit.stream.terminals import pattern

DEPTH = 3
BREAK = r"(?:unfinished|detached|pid changed to)\b"
"""What follows the ``<`` at which a first half breaks off."""


@cache
def opaque() -> tuple[str, ...]:
    """Return the expressions of the tokens that hold no structure, whatever characters they hold."""
    annotation = rf"(?:(?<=[A-Z0-9_])|(?<=\*/)){pattern('ANNOTATION')}"
    return (pattern("STRING"), pattern("CHARACTER"), annotation, pattern("COMMENT"))


@cache
def skipped() -> str:
    """Return the expression of everything between parentheses that holds no structure.

    Possessive throughout: no text makes it try a second time.
    """
    return "|".join(
        (
            r"""[^"'()<>/@]++""",
            *opaque(),
            rf"(?<![A-Z0-9_])<(?!{BREAK})|<<|[>/@']",
        )
    )


@cache
def balanced() -> str:
    """Return the expression of a text whose parentheses close."""
    inner = f"(?>(?:{skipped()})*)"
    for _ in range(DEPTH):
        inner = rf"(?>(?:{skipped()}|\({inner}\))*)"
    return inner


@cache
def result() -> str:
    """Return the expression of a result; its groups are number, annotation, comment, errno and notes."""
    code = rf"(?:({pattern('NUMBER')})({pattern('ANNOTATION')})?|\?)( {pattern('COMMENT')})?"
    return rf"{code}(?: ({pattern('ERRNO')}))?((?>(?: {note()})*))"


def note() -> str:
    """Return the expression of what stands in parentheses behind a result."""
    return f"(?:{pattern('NOTE')}|{pattern('UNAVAILABLE')})"


@cache
def _pieces() -> re.Pattern[str]:
    return re.compile("|".join(opaque()) + r'|"(?s:.*)|[(\[{]|[)\]}]|,')


def depth(text: str) -> int:
    """Return how deeply brackets stand in one another."""
    deepest = now = 0
    for token in _pieces().finditer(text):
        if token[0] in "([{":
            now += 1
            deepest = max(deepest, now)
        elif token[0] in ")]}":
            now -= 1
    return deepest


def split_arguments(text: str) -> list[str]:
    """Split a text at the commas that stand outside everything; a string that does not end goes to the end.

    An empty last part is left out: it is what a half of a call ends with.
    """
    parts, begin, depth = [], 0, 0
    for token in _pieces().finditer(text):
        piece = token[0]
        if piece in "([{":
            depth += 1
        elif piece in ")]}":
            depth -= 1
        elif piece == "," and depth <= 0:
            parts.append(text[begin : token.start()].strip())
            begin = token.end()
    last = text[begin:].strip()
    return [*parts, last] if last else parts

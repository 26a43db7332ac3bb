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
def skipped() -> str:
    """Return the expression of everything between parentheses that holds no structure.

    Possessive throughout: no text makes it try a second time.
    """
    return "|".join(
        (
            r'[^"()<>/@]++',
            pattern("STRING"),
            rf"(?<=[A-Z0-9_]){pattern('ANNOTATION')}",
            pattern("COMMENT"),
            rf"(?<![A-Z0-9_])<(?!{BREAK})|<<|[>/@]",
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
def _pieces() -> re.Pattern[str]:
    tokens = (pattern("STRING"), rf"(?<=[A-Z0-9_]){pattern('ANNOTATION')}", pattern("COMMENT"))
    return re.compile("|".join(tokens) + r"|[(\[{]|[)\]}]|,")


def split_arguments(text: str) -> list[str]:
    """Split a text at the commas that stand outside everything, for texts that the grammar refuses.

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

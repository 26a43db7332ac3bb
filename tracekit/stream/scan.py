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
BREAK = r"(?:unfinished|detached|pid changed to|Cannot restart pid|\.\.\. [\w#?]+ resumed)\b"
"""What follows the ``<`` at which a first half breaks off, or another line begins."""


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
    remark = rf" (?:{pattern('COMMENT')}|{pattern('SECONTEXT')})"
    code = rf"(?:({pattern('NUMBER')})({pattern('ANNOTATION')})?|\?)({remark})?"
    return rf"{code}(?: ({pattern('ERRNO')}))?((?>(?: {note()})*))"


def note() -> str:
    """Return the expression of what stands in parentheses behind a result."""
    return f"(?:{pattern('NOTE')}|{pattern('UNAVAILABLE')})"


@cache
def _pieces() -> re.Pattern[str]:
    return re.compile("|".join(opaque()) + r'|"(?s:.*)|[(\[{]|[)\]}]|,')


def is_deeper(text: str, limit: int) -> bool:
    """Tell whether more brackets than that stand in one another."""
    depth = 0
    for token in _pieces().finditer(text):
        if token[0] in "([{":
            depth += 1
            if depth > limit:
                return True
        elif token[0] in ")]}":
            depth -= 1
    return False


def unclosed(text: str) -> int | None:
    """Return where the innermost thing begins that does not end: a bracket or a string; None without one."""
    begun: list[int] = []
    for token in _pieces().finditer(text):
        if token[0] in "([{":
            begun.append(token.start())
        elif token[0] in ")]}":
            del begun[-1:]
        elif token[0].startswith('"') and token.end() == len(text) and not _is_string(token[0]):
            return token.start()
    return begun[-1] if begun else None


def _is_string(text: str) -> bool:
    return re.fullmatch(pattern("STRING"), text) is not None


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

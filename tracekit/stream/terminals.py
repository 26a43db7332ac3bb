"""The grammar of calls, loaded once, and its terminals as regular expressions."""

from functools import cache
from typing import Any

from lark import Lark, Tree

from tracekit.resources import grammar

STARTS = ("line", "call", "arguments", "result", "annotation")


@cache
def language() -> Lark:
    """Return the parser of ``grammars/strace.lark``; building it takes a tenth of a second."""
    return Lark.open(
        str(grammar("strace.lark")),
        parser="lalr",
        lexer="contextual",
        start=list(STARTS),
        maybe_placeholders=False,
    )


def parse(text: str, start: str) -> Tree[Any]:
    """Parse a text as ``line``, ``call``, ``arguments`` or ``result``.

    Raises:
        lark.UnexpectedInput: it is none.
    """
    return language().parse(text, start=start)


@cache
def pattern(name: str) -> str:
    """Return the regular expression of a terminal, as one group that captures nothing."""
    return f"(?:{language().get_terminal(name).pattern.to_regexp()})"

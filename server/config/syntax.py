"""Text of httpd.conf to a tree of directives that know their file and line."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken

from .model import ConfigError

GRAMMAR = Path(__file__).resolve().parents[2] / "grammars" / "httpd_conf.lark"
SHOWN = 80  # characters of a line that cannot be read
CONTINUATION = re.compile(r"\\\r?\n")
ESCAPED_QUOTE = re.compile(r"""\\(["'\\])""")


@dataclass
class Directive:
    """One directive, or a section when ``children`` is a list.

    Attributes:
        name: as it was written; directive names do not mind case.
        args: unquoted words in their order; ``${VAR}`` still unexpanded.
        file: the file that it stands in.
        line: from 1; of a continued line the last, which is how httpd counts.
        children: what stands inside the section; None for a plain directive.
    """

    name: str
    args: list[str]
    file: Path
    line: int
    children: list["Directive"] | None = field(default=None)

    def error(self, message: str) -> ConfigError:
        """Return the error that httpd would print for this line."""
        return syntax_error(self.file, self.line, message)


def syntax_error(file: Path, line: int, message: str) -> ConfigError:
    """Return httpd's AH00526 for a place and a message."""
    return ConfigError(f"AH00526: Syntax error on line {line} of {file}:\n{message}")


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark.open(str(GRAMMAR), parser="lalr", lexer="contextual", propagate_positions=True)


def parse(text: str, file: Path) -> list[Directive]:
    """Return the directives of one file, in their order.

    Raises:
        ConfigError: the text is no httpd configuration.
    """
    if not text.endswith("\n"):
        text += "\n"
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise _explain(error, text, file) from None
    return [_directive(item, file) for item in tree.children if _is_directive(item)]


def _explain(error: UnexpectedInput, text: str, file: Path) -> ConfigError:
    """Say in httpd's words why the parser stopped."""
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        opening = _innermost_open_section(error)
        return syntax_error(file, opening.meta.line, f"<{opening.children[0]}> was not closed.")
    found = text.splitlines()[error.line - 1].strip()
    if found.startswith("</"):
        message = f"{found} without matching <{found[2:].rstrip('>')}> section"
    elif found.startswith("<"):
        message = f"{found.split()[0]}> directive missing closing '>'"
    else:
        message = f"cannot read {found[:SHOWN]!r}: a quote is not closed, or nothing separates two words"
    return syntax_error(file, error.line, message)


def _innermost_open_section(error: UnexpectedToken) -> Tree[Token]:
    stack = error.interactive_parser.parser_state.value_stack
    return next(item for item in reversed(stack) if isinstance(item, Tree) and item.data == "opening")


def _is_directive(item: object) -> bool:
    return isinstance(item, Tree) and item.data in ("directive", "section")


def _directive(tree: object, file: Path) -> Directive:
    assert isinstance(tree, Tree)
    if tree.data == "directive":
        name, *args = tree.children
        return Directive(_unquote(name), [_unquote(arg) for arg in args], file, _last_line(tree))
    opening, *items, closing = tree.children
    assert isinstance(opening, Tree)
    assert isinstance(closing, Tree)
    name, *args = opening.children
    section = Directive(f"<{name}", [_unquote(arg) for arg in args], file, _last_line(opening), [])
    end = closing.children[0]
    if str(end).lower() != str(name).lower():
        raise syntax_error(file, closing.meta.line, f"Expected </{name}> but saw </{end}>")
    section.children = [_directive(item, file) for item in items if _is_directive(item)]
    return section


def _last_line(tree: Tree[Token]) -> int:
    """Return the line of the last word."""
    last = tree.children[-1]
    assert isinstance(last, Token)
    return last.end_line or 0


def _unquote(token: object) -> str:
    """Return the word itself: without continuation, quotes and the escapes of quotes."""
    assert isinstance(token, Token)
    text = CONTINUATION.sub("", token)
    if token.type == "QUOTED":
        return ESCAPED_QUOTE.sub(r"\1", text[1:-1])
    return text

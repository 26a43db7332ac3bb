"""What the expressions that read a log are built from."""

import re

import pytest

from tracekit.stream.forms import call_expression
from tracekit.stream.scan import balanced
from tracekit.stream.terminals import language

EXPRESSIONS = {
    **{terminal.name: terminal.pattern.to_regexp() for terminal in language().terminals},
    "a whole call": call_expression().pattern,
    "balanced": balanced(),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_no_group_is_repeated_possessively(name: str) -> None:
    """CPython 3.11.0 to 3.11.4 go wrong there (gh-101955); an atomic group says the same."""
    assert not re.search(r"\)(?:[*+?]|\{\d*,?\d*\})\+", EXPRESSIONS[name])

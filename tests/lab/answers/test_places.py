"""Places of keys and members, held against what was written there."""

import json
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tracekit.lab.answers.places import Places

TOML = """\
# a = 1
a = "x = [1,"  # b = 2
'b' = [ 1, "],", [ 3 ],
  { line = 4, tid = 5 } ]
c = '''
d = 5
'''
e.f = 1
[g]
h = 1
[[i]]
j = 1
[[i]]
k = [
  # [
  1,
]
"""


def test_toml() -> None:
    """Strings, comments, nested lists, tables and arrays of tables."""
    assert dict(Places(TOML, toml=True)) == {
        ("a",): (2, 1),
        ("b",): (3, 1),
        ("b", 0): (3, 9),
        ("b", 1): (3, 12),
        ("b", 2): (3, 18),
        ("b", 2, 0): (3, 20),
        ("b", 3): (4, 3),
        ("b", 3, "line"): (4, 5),
        ("b", 3, "tid"): (4, 15),
        ("c",): (5, 1),
        ("e",): (8, 1),
        ("e", "f"): (8, 1),
        ("g",): (9, 1),
        ("g", "h"): (10, 1),
        ("i",): (11, 1),
        ("i", 0): (11, 1),
        ("i", 0, "j"): (12, 1),
        ("i", 1): (13, 1),
        ("i", 1, "k"): (14, 1),
        ("i", 1, "k", 0): (16, 3),
    }
    assert set(Places(TOML, toml=True)) == set(_paths(tomllib.loads(TOML)))


def test_nearest() -> None:
    """Of what has no place of its own, that of what it stands in is told."""
    places = Places(TOML, toml=True)
    assert places.nearest(("b", 2, 9, "x")) == (3, 18)
    assert places.nearest(("nothing",)) is None


VALUES = st.recursive(
    st.integers() | st.booleans() | st.none() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text("ab =[{\"'#,:", max_size=4), VALUES, max_size=4), st.sampled_from([None, 1]))
def test_json(data: dict[str, Any], indent: int | None) -> None:
    """Every key and member of JSON has a place, and at that place it stands."""
    text = json.dumps(data, indent=indent, ensure_ascii=True)
    places = Places(text, toml=False)
    lines = text.split("\n")
    for path, value in _paths(data).items():
        if any(isinstance(part, str) and "\\" in json.dumps(part) for part in path):
            continue  # a name with an escape is kept as written
        line, column = places[path]
        shown = json.dumps(path[-1]) if isinstance(path[-1], str) else json.dumps(value)[:1]
        assert lines[line - 1][column - 1 :].startswith(shown)
    assert places.again == []


def _paths(data: Any, path: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], Any]:
    """Return every path of plain data with its value."""
    found = {path: data} if path else {}
    members = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, value in members:
        found |= _paths(value, (*path, name))
    return found

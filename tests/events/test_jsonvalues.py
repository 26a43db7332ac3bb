"""Typed values come back from JSON as they were."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracekit.events import jsonvalues
from tracekit.events.jsonvalues import TYPES, arguments_json, arguments_of, from_json, to_json
from tracekit.stream import parse_arguments, read_events
from tracekit.stream.values import (
    Array,
    Change,
    Character,
    Descriptor,
    Field,
    Flags,
    Function,
    Integer,
    Name,
    Operation,
    Set,
    String,
    Struct,
    Unknown,
    Value,
)

FORMS = Path(__file__).parents[1] / "stream" / "strace-forms.jsonl"
LINES = [json.loads(line)["line"] for line in FORMS.read_text(encoding="utf-8").splitlines()]
ARGS = [event.args for line in LINES for event in read_events(line.splitlines()) if event.kind == "syscall"]

texts = st.text(st.characters(codec="utf-8"), max_size=8)
comments = st.one_of(st.just(""), texts)
numbers = st.integers(-(1 << 63), (1 << 64) - 1)
leaves = st.one_of(
    st.builds(String, st.binary(max_size=8), st.booleans(), st.booleans(), comment=comments),
    numbers.flatmap(
        lambda n: st.builds(Integer, st.just(n), st.sampled_from([str(n), hex(n)]), comment=comments)
    ),
    st.builds(Character, st.integers(0, 255), comment=comments),
    st.builds(Name, texts, comment=comments),
    st.builds(Descriptor, st.one_of(st.none(), numbers), texts, texts, st.booleans(), comment=comments),
    st.builds(Unknown, texts, comment=comments),
)


def inner(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    several = st.lists(values, max_size=3).map(tuple)
    members = st.builds(Field, texts, values, comment=comments)
    return st.one_of(
        members,
        st.builds(Flags, several, comment=comments),
        st.builds(Struct, st.lists(members, max_size=3).map(tuple), st.booleans(), comment=comments),
        st.builds(Array, several, st.booleans(), comment=comments),
        st.builds(Set, several, st.booleans(), st.booleans(), comment=comments),
        st.builds(Function, texts, several, comment=comments),
        st.builds(Operation, texts, several, comment=comments),
        st.builds(Change, values, values, comment=comments),
    )


@given(st.recursive(leaves, inner, max_leaves=12))
def test_every_value_comes_back(value: Value) -> None:
    assert from_json(json.loads(json.dumps(to_json(value)))) == value


def test_every_class_of_values_is_written() -> None:
    assert {kind.__name__.lower() for kind in Value.__subclasses__()} == set(TYPES)


@pytest.mark.parametrize("args", [args for args in ARGS if args is not None])
def test_what_strace_prints_comes_back(args: str) -> None:
    assert arguments_of(arguments_json(args)) == parse_arguments(args)


def test_the_shape_is_as_documented() -> None:
    shapes = json.loads(arguments_json(r'3</a>, "x\377", 0x10, NULL /* none */, {a=1, ...}'))
    assert shapes == [
        {"type": "descriptor", "number": 3, "annotation": "/a"},
        {"type": "string", "data": {"hex": "78ff"}},
        {"type": "integer", "value": 16, "text": "0x10"},
        {"type": "name", "text": "NULL", "comment": "none"},
        {
            "type": "struct",
            "fields": [{"type": "field", "name": "a", "value": {"type": "integer", "value": 1}}],
            "cut": True,
        },
    ]


@pytest.mark.parametrize("args", ["[" * 100_000, "[" * 300 + "]" * 300, "{a=" * 2_000 + "1" + "}" * 2_000])
def test_what_is_nested_deeply_does_no_harm(args: str) -> None:
    assert json.loads(arguments_json(args))


def test_what_cannot_be_written_is_one_unknown_value(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_deep(_text: str) -> None:
        raise RecursionError

    monkeypatch.setattr(jsonvalues, "read_arguments", too_deep)
    assert arguments_json("[[1]] for this test") == '[{"type":"unknown","text":"[[1]] for this test"}]'


@pytest.mark.parametrize(
    ("shape", "error"), [({"type": "nothing"}, KeyError), ({"type": "name", "colour": 1}, TypeError)]
)
def test_what_is_no_value_is_refused(shape: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        from_json(shape)

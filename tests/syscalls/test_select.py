"""Sets of calls, against strace's own classes (fixtures/decode/classes.json)."""

import json
from pathlib import Path

import pytest

from tracekit.errors import UsageError
from tracekit.syscalls import calls, select

CLASSES = json.loads((Path(__file__).parents[2] / "fixtures" / "decode" / "classes.json").read_text())
NEWER = {call.name for number, call in calls("x86_64").items() if number > 450 or number in {335, 336}}


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_what_strace_takes_it_for(name: str) -> None:
    assert select(f"%{name}") - NEWER == set(CLASSES[name])


@pytest.mark.parametrize("name", ["file", "process", "network", "signal", "ipc", "desc", "memory"])
def test_old_classes_need_no_percent_sign(name: str) -> None:
    assert select(name) == select(f"%{name}")


def test_net_is_network() -> None:
    assert select("%net") == select("%network")


def test_names_add_up() -> None:
    assert select("read,write, openat") == {"read", "write", "openat"}


def test_a_name_goes_before_a_class() -> None:
    assert select("stat") == {"stat"}
    assert select("%stat") == {"stat"}
    assert select("%%stat") >= {"stat", "lstat", "fstat", "newfstatat", "statx"}


def test_a_regular_expression_may_match_anywhere() -> None:
    assert select("/^(open|accept)") == {
        "open", "openat", "openat2", "open_tree", "open_tree_attr", "open_by_handle_at", "accept", "accept4"
    }  # fmt: skip
    assert "faccessat" in select("/at$")


def test_an_exclamation_mark_takes_the_rest() -> None:
    everything = select("all")
    assert everything == {call.name for call in calls().values()}
    assert select("!read,%memory") == everything - select("read,%memory")
    assert select("none") == frozenset()
    assert select("!all") == frozenset()


def test_an_unknown_name_may_be_forgiven() -> None:
    assert select("?nosuchcall,read") == {"read"}
    assert select("?%nosuchclass") == frozenset()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("opneat", "openat"),
        ("%netwrok", "%network"),
        ("xyzzy", "%classes"),
        ("", "all"),
        ("read,,write", "all"),
    ],
)
def test_an_unknown_name_is_told_what_was_meant(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        select(text)
    assert hint in caught.value.hint


def test_a_broken_regular_expression_is_the_users_error() -> None:
    with pytest.raises(UsageError, match="regular expression"):
        select("/(")


def test_calls_of_another_architecture_do_not_count() -> None:
    assert "open" not in select("%file", "aarch64")
    with pytest.raises(UsageError):
        select("open", "aarch64")

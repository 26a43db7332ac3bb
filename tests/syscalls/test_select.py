"""Sets of calls, against strace's own classes (fixtures/decode/classes.json)."""

import json
from pathlib import Path

import pytest

from tracekit.errors import UsageError
from tracekit.syscalls import calls, select
from tracekit.syscalls.select import ALL_CALLS, NO_CALLS, DesignatorError, choose, named

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
        (",", "all"),
    ],
)
def test_an_unknown_name_is_told_what_was_meant(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        select(text)
    assert hint in caught.value.hint


def test_a_broken_regular_expression_is_the_users_error() -> None:
    with pytest.raises(UsageError, match=r"regcomp: \(: ") as caught:
        select("/(")
    assert "regular expression" in caught.value.hint


@pytest.mark.parametrize("pattern", ["+id", "*id", "{id", "(id", "[id"])
def test_what_posix_takes_for_no_regular_expression_is_none(pattern: str) -> None:
    with pytest.raises(UsageError):
        select(f"/{pattern}")


def test_calls_of_another_architecture_do_not_count() -> None:
    assert "open" not in select("%file", "aarch64")
    with pytest.raises(UsageError):
        select("open", "aarch64")


MACHINE = {"64": "x86_64", "32": "i386", "x32": "x32"}


def test_numbers_are_calls_of_every_architecture_that_has_them() -> None:
    found = choose("1,2", MACHINE)
    assert found.names("x86_64") == {"write", "open"}
    assert found.names("i386") == {"exit", "fork"}


def test_a_designator_takes_one_architecture_alone() -> None:
    found = choose("getcwd@32", MACHINE)
    assert found.names("i386") == {"getcwd"}
    assert not found.names("x86_64")
    with pytest.raises(
        DesignatorError, match="incorrect personality designator '42' in qualification 'read@42'"
    ):
        choose("?read@42", MACHINE)


def test_a_class_of_the_old_syntax_goes_before_a_call_of_that_name() -> None:
    assert "rt_sigaction" in choose("signal", MACHINE).names("i386")


def test_an_inverted_set_has_what_no_table_has() -> None:
    everything_else = choose("!read", MACHINE)
    assert not everything_else.has("x86_64", 0)
    assert everything_else.has("x86_64", 40_000)
    assert choose("!!read", MACHINE).has("x86_64", 0)
    assert choose("all") == ALL_CALLS == choose("!none")
    assert choose("none") == NO_CALLS == choose("!all")
    assert ALL_CALLS.everything
    assert not everything_else.everything


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ""),
        (",,", ",,"),
        ("!,", "!,"),
        ("read,none", "none"),
        ("read,!write", "!write"),
        ("501", "501"),
        ("0x", "0x"),
        ("read@64,-1@64", "-1@64"),
        ("%FILE", "%FILE"),
        ("?nosuch,other", "other"),
    ],
)
def test_what_is_no_call_is_told_in_the_words_of_strace(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(text, MACHINE)
    assert caught.value.message == f"invalid system call '{told}'"


def test_names_become_a_set_for_every_architecture() -> None:
    found = named({"read", "nosuch"}, ["x86_64", "i386"])
    assert found.has("x86_64", 0)
    assert found.has("i386", 3)
    assert not found.has("i386", 0)

"""Qualifiers as data, by the examples of strace(1) and what strace refuses."""

from dataclasses import fields

import pytest

from tracekit.errors import UsageError
from tracekit.syscalls.select import ALL_CALLS, NO_CALLS
from tracekit.tracer.options.filters import Filters, Members, named_field, number, qualified


def of(expression: str) -> Filters:
    return qualified(Filters(), *named_field(expression))


def test_without_a_qualifier_everything_is_written_and_nothing_more() -> None:
    plain = Filters()
    assert plain.trace == plain.abbrev == plain.verbose == ALL_CALLS
    assert plain.raw == NO_CALLS
    assert 9 in plain.signal
    assert not plain.staged
    assert not plain.read
    assert not plain.quiet
    assert not plain.decode_fds


@pytest.mark.parametrize(
    ("aliases", "field"),
    [
        ("trace t", "trace"),
        ("abbrev a", "abbrev"),
        ("verbose v", "verbose"),
        ("raw x", "raw"),
        ("signal signals s", "signal"),
        ("status", "status"),
        ("quiet silent silence q", "quiet"),
        ("read reads r", "read"),
        ("write writes w", "write"),
        ("decode-fd decode-fds", "decode_fds"),
        ("decode-pid decode-pids", "decode_pids"),
    ],
)
def test_a_qualifier_sets_its_field_alone_by_any_of_its_names(aliases: str, field: str) -> None:
    for alias in aliases.split():
        assert named_field(f"{alias}=none") == (field, "none")
    changed = qualified(Filters(), field, "all" if field in {"raw", "read", "write"} else "none")
    for one in fields(Filters):
        if one.name != field:
            assert getattr(changed, one.name) == getattr(Filters(), one.name)


def test_what_has_no_qualifier_is_a_set_of_calls() -> None:
    assert of("open").trace.names("x86_64") == {"open"}
    assert named_field("=open") == ("trace", "=open")
    assert named_field("nosuch=open") == ("trace", "nosuch=open")


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("2,TERM", {2, 15}, {1, 9}),
        ("SIGint,sigusr1", {2, 10}, {15}),
        ("!CHLD", {2, 9}, {17}),
        ("!!CHLD", {17}, {2}),
        ("RT_1", {33}, {34}),
        ("none", set(), {1, 17}),
        ("!none", {1, 17}, set()),
        (",9,,", {9}, {1}),
    ],
)
def test_signals_by_number_and_name(text: str, inside: set[int], outside: set[int]) -> None:
    found = of(f"signal={text}").signal
    assert all(one in found for one in inside)
    assert not any(one in found for one in outside)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("signal=", "invalid signal ''"),
        ("signal=256", "invalid signal '256'"),
        ("signal=9,all", "invalid signal 'all'"),
        ("signal=SIG", "invalid signal 'SIG'"),
        ("read=-1", "invalid descriptor '-1'"),
        ("read=1,x", "invalid descriptor 'x'"),
        ("write=2147483648", "invalid descriptor '2147483648'"),
        ("write=!,", "invalid descriptor '!,'"),
        ("status=ok", "invalid status 'ok'"),
        ("quiet=detach", "invalid quiet 'detach'"),
        ("decode-fds=p", "invalid decode-fds 'p'"),
        ("decode-pids=gettid", "invalid decode-pids 'gettid'"),
        ("raw=xyz", "invalid system call 'xyz'"),
        ("kvm=cpu", "invalid -e kvm= argument: 'cpu'"),
    ],
)
def test_mistakes_are_told_in_the_words_of_strace(expression: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        of(expression)
    assert caught.value.message == message


def test_words_are_known_in_any_case_and_under_their_other_names() -> None:
    assert of("quiet=Exits,superseded").quiet == Members(frozenset({"exit", "thread-execve"}))
    assert "failed" in of("status=FAILED").status


def test_a_call_waits_for_its_end_when_not_every_end_is_asked_for() -> None:
    assert of("status=failed").staged
    assert of("status=!unfinished").staged
    assert not of("status=successful,failed,unfinished,unavailable,detached").staged


def test_injections_add_up_and_stay_as_they_were_given() -> None:
    filters = qualified(qualified(Filters(), "inject", "open:retval=1"), "fault", "close")
    assert filters.inject == (("inject", "open:retval=1"), ("fault", "close"))


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("+7", 7), (" 7", 7), ("-0", 0), ("7 ", None), ("", None), ("-7", None), ("٣", None)],
)
def test_numbers_are_what_strtol_takes(text: str, value: int | None) -> None:
    assert number(text) == value

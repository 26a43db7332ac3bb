"""Calls under several names, and calls by their effects."""

import pytest

from tracekit.syscalls.families import doing, names_of
from tracekit.syscalls.table import by_name, rows

#: What the kernel has for one call of the C library: stat(2), fcntl(2), select(2), sendfile(2), poll(2),
#: futex(2), truncate(2) and wait4(2), "C library/kernel differences" and "HISTORY".
SAME = [
    ({"stat"}, {"stat", "stat64", "oldstat"}),
    ({"newfstatat"}, {"newfstatat", "fstatat64"}),
    ({"fcntl"}, {"fcntl", "fcntl64"}),
    ({"select", "pselect6"}, {"select", "_newselect", "pselect6", "pselect6_time64"}),
    ({"sendfile"}, {"sendfile", "sendfile64"}),
    ({"ppoll"}, {"ppoll", "ppoll_time64"}),
    ({"futex"}, {"futex", "futex_time64"}),
    ({"mmap"}, {"mmap", "mmap2"}),
    ({"wait4"}, {"wait4", "waitpid"}),
    ({"sendto", "recvfrom"}, {"sendto", "send", "recvfrom", "recv"}),
    ({"chown"}, {"chown", "chown32"}),
    ({"lseek"}, {"lseek"}),
    ({"statfs"}, {"statfs"}),
    ({"no_such_call"}, {"no_such_call"}),
]


@pytest.mark.parametrize(("calls", "names"), SAME, ids=[min(calls) for calls, _ in SAME])
def test_every_name_of_a_call(calls: set[str], names: set[str]) -> None:
    assert names_of(*calls) == names


def test_what_a_call_is_the_same_as_stands_in_the_table() -> None:
    others = {call.name: call.same_as for call in rows() if call.same_as}
    assert len(others) > 50
    assert {name for name in others.values() if name not in by_name() or by_name()[name].same_as} == set()


@pytest.mark.parametrize("kind", ["fd", "dirfd", "path", "open_flags", "futex_op", "mmap_flags", "sockbuf"])
def test_what_is_the_same_call_has_its_arguments_in_the_same_places(kind: str) -> None:
    def places(name: str) -> list[int]:
        return [place for place, one in enumerate(by_name()[name].form.arguments) if one.kind == kind]

    differing = {call.name for call in rows() if call.same_as and places(call.name) != places(call.same_as)}
    assert not differing


def test_the_first_of_several_effects_counts() -> None:
    assert doing("accepts", "opens")["accept4"] == "accepts"
    assert doing("opens", "accepts")["accept4"] == "opens"
    assert doing("dups", "closes") == {
        "dup": "dups",
        "dup2": "dups",
        "dup3": "dups",
        "close": "closes",
    }
    assert "read" not in doing("opens", "closes")

"""Partial credit: right ones count for, wrong ones against, everything earns nothing."""

from hypothesis import given
from hypothesis import strategies as st

from tracekit.lab.rules import shares

IDS = st.sets(st.integers(1, 40), max_size=20)


def test_a_set() -> None:
    assert shares.of_set([1, 2, 3, 4], [1, 2, 3, 4], range(20)) == 1
    assert shares.of_set([1, 2], [1, 2, 3, 4], range(20)) == 0.5
    assert shares.of_set([1, 2, 9], [1, 2, 3, 4], range(20)) == 0.25
    assert shares.of_set([8, 9], [1, 2, 3, 4], range(20)) == 0
    assert shares.of_set([], [1, 2], range(20)) == 0
    assert shares.of_set([], [], range(20)) == 1
    assert shares.of_set([1], [], range(20)) == 0


@given(IDS, IDS)
def test_all_ids_earn_nothing(right: set[int], others: set[int]) -> None:
    everything = right | others
    if everything > right:
        assert shares.of_set(everything, right, everything) == 0


@given(IDS, IDS, IDS)
def test_a_wrong_one_never_helps(named: set[int], right: set[int], others: set[int]) -> None:
    less = shares.of_set(named & right, right, others)
    assert 0 <= shares.of_set(named, right, others) <= less <= 1


def test_an_order() -> None:
    assert shares.of_order([1, 2, 3, 4], [1, 2, 3, 4]) == 1
    assert shares.of_order([1, 2], [1, 2, 3, 4]) == 0.5
    assert shares.of_order([1, 2, 4, 3], [1, 2, 3, 4]) == 0.5
    assert shares.of_order([4, 3, 2, 1], [1, 2, 3, 4]) == 0
    assert shares.of_order([9, 1, 2, 3, 4], [1, 2, 3, 4]) == 0.75
    assert shares.of_order([], [1]) == 0
    assert shares.of_order([], []) == 1
    assert shares.of_order([1], []) == 0


def test_lines() -> None:
    assert shares.of_lines(2, 0, 2) == 1
    assert shares.of_lines(3, 0, 2) == 1
    assert shares.of_lines(1, 0, 2) == 0.5
    assert shares.of_lines(2, 1, 2) == 0.5
    assert shares.of_lines(1, 5, 2) == 0

"""The table of a summary: its text to the letter, what is counted, and in which order rows stand."""

from dataclasses import replace

import pytest

from tracekit.syscalls import by_name
from tracekit.tracer.decode import Call
from tracekit.tracer.options.summary import SUMMARY_COLUMNS, Summary
from tracekit.tracer.text.summary import Tally

MS = 1_000_000


def counted(how: Summary, *calls: tuple[str, int, bool], arch: str = "x86_64") -> str:
    """The text after these calls: a name, how long it took on the clock (ns), whether it failed."""
    tally = Tally(how)
    for name, duration, failed in calls:
        row = by_name()[name]
        call = Call(row, row.numbers[arch], arch, (0,) * 6)
        call.is_error = failed
        tally.enter(7)
        tally.leave(7, call, duration)
    return tally.text()


CALLS = (("read", 3 * MS, False), ("close", MS, True), ("read", 2 * MS, True), ("write", 4 * MS, False))
WALL = Summary(wall_clock=True)


def test_the_table_is_that_of_strace() -> None:
    assert counted(WALL, *CALLS) == (
        "% time     seconds  usecs/call     calls    errors syscall\n"
        "------ ----------- ----------- --------- --------- ----------------\n"
        " 50.00    0.005000        2500         2         1 read\n"
        " 40.00    0.004000        4000         1           write\n"
        " 10.00    0.001000        1000         1         1 close\n"
        "------ ----------- ----------- --------- --------- ----------------\n"
        "100.00    0.010000        2500         4         2 total\n"
    )


def test_a_name_that_is_not_last_fills_its_column_and_a_long_one_widens_it() -> None:
    text = counted(
        replace(WALL, columns=("name", "max-time", "min-time", "errors")),
        ("sched_get_priority_max", 2_000_000_000, False),
        ("read", 5, False),
    )
    assert text == (
        "syscall                  longest shortest    errors\n"
        "----------------------- -------- -------- ---------\n"
        "sched_get_priority_max  2.000000 2.000000          \n"
        "read                    0.000000 0.000000          \n"
        "----------------------- -------- -------- ---------\n"
        "total                   2.000000 0.000000          \n"
    )


@pytest.mark.parametrize(
    ("column", "order"),
    [
        ("total-time", "read write close"),
        ("time-percent", "read write close"),
        ("min-time", "write read close"),
        ("max-time", "write read close"),
        ("avg-time", "write read close"),
        ("calls", "read write close"),
        ("errors", "read close write"),
        ("name", "close read write"),
        ("nothing", "read write close"),
    ],
)
def test_rows_are_sorted_the_largest_first_and_equals_by_number(column: str, order: str) -> None:
    lines = counted(replace(WALL, sort_by=column), *CALLS).splitlines()[2:-2]
    assert [line.split()[-1] for line in lines] == order.split()


def test_the_overhead_is_taken_off_each_call_and_never_more_than_it_took() -> None:
    text = counted(replace(WALL, overhead_ns=2 * MS, columns=("total-time", "name")), *CALLS)
    assert [line.split() for line in text.splitlines()[2:-2]] == [
        ["0.002000", "write"],
        ["0.001000", "read"],
        ["0.000000", "close"],
    ]


def test_the_system_time_is_that_between_two_stops() -> None:
    tally = Tally(Summary())
    row = by_name()["read"]
    call = Call(row, 0, "x86_64", (0,) * 6)
    tally.system[7] = 5 * MS
    tally.enter(7)
    tally.system[8] = 90 * MS
    tally.system[7] = 7 * MS
    tally.leave(7, call, 60_000 * MS)
    assert "100.00    0.002000        2000         1           read\n" in tally.text()
    tally.forget(7)
    assert 7 not in tally.system


def test_calls_that_took_no_time_have_no_share() -> None:
    assert "  0.00    0.000000           0         1           read\n" in counted(WALL, ("read", 0, False))


def test_nothing_is_told_when_nothing_was_counted() -> None:
    assert not counted(WALL)
    tally = Tally(WALL)
    tally.enter(7)
    tally.leave(7, Call(None, 999, "x86_64", (0,) * 6), 5)
    assert not tally.text()


def test_programs_of_32_bits_have_a_table_of_their_own() -> None:
    tally = Tally(WALL)
    for arch in ("i386", "x86_64"):
        row = by_name()["read"]
        tally.leave(7, Call(row, row.numbers[arch], arch, (0,) * 6), MS)
    first, second = tally.text().split("System call usage summary for 32 bit mode:\n")
    assert first == second == counted(WALL, ("read", MS, False))


def test_every_column_can_be_shown_alone() -> None:
    for column in SUMMARY_COLUMNS:
        lines = counted(replace(WALL, columns=(column,)), *CALLS).splitlines()
        assert len(lines) == 7
        assert len({len(line) for line in lines if column != "name"}) <= 1

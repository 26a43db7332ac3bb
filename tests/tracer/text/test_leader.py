"""Leaders, as strace(1) shows them for -t, -r, -n, -i, -f and -Y."""

import time

import pytest

from tracekit.tracer.options.layout import Layout, Stamp
from tracekit.tracer.text.leader import Leaders, seconds

SECOND = 1_000_000_000
BARE = Layout(tids=False, stamp=None)


def leaders(monkeypatch: pytest.MonkeyPatch, **layout: object) -> Leaders:
    monkeypatch.setenv("TZ", "UTC0")
    time.tzset()
    return Leaders(Layout(**{"tids": False, "stamp": None, **layout}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stamp", "shown"),
    [
        (Stamp(unix=False, digits=0), "00:01:05 "),
        (Stamp(unix=False, digits=6), "00:01:05.001234 "),
        (Stamp(unix=False, digits=3), "00:01:05.001 "),
        (Stamp(unix=True, digits=0), "65 "),
        (Stamp(unix=True, digits=9), "65.001234567 "),
        (None, ""),
    ],
)
def test_the_time_of_day(stamp: Stamp | None, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert leaders(monkeypatch, stamp=stamp).of(1, 65_001_234_567) == shown


def test_the_time_since_the_line_before(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = leaders(monkeypatch, relative=6)
    assert [alone.of(1, at) for at in (SECOND, 3 * SECOND + 5000, 2 * SECOND)] == [
        "     0.000000 ",
        "     2.000005 ",
        "     0.000000 ",
    ]
    both = leaders(monkeypatch, relative=0, stamp=Stamp(unix=True, digits=0))
    assert [both.of(1, at * SECOND) for at in (7, 9)] == ["7 (+     0) ", "9 (+     2) "]


def test_number_and_instruction(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = leaders(monkeypatch, numbers=True, pointers=True)
    assert shown.of(1, 0, (1, 0x7F00, 8)) == "[   1] [0000000000007f00] "
    assert shown.of(1, 0, (1, 0x7F00, 4)) == "[   1] [00007f00] "
    assert shown.of(1, 0, (231, -1, 4)) == "[ 231] [????????] "
    assert shown.of(1, 0, (-2, 0x7F00, 8)) == "[18446744073709551614] [0000000000007f00] "
    assert shown.of(1, 0, (-1, 0x7F00, 8)) == "[???] [0000000000007f00] "
    assert shown.of(1, 0) == "[???] [????????????????] "


def test_tasks_are_named_while_there_are_several(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = leaders(monkeypatch, brackets=True)
    shown.add(7, "a")
    assert not shown.of(7, 0)
    shown.add(123456, "b")
    assert shown.of(7, 0) == "[pid     7] "
    assert shown.of(123456, 0) == "[pid 123456] "
    shown.remove(7)
    assert not shown.of(123456, 0)


def test_commands_cannot_leave_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = leaders(monkeypatch, tids=True, commands=True)
    shown.add(7, "a> \x1b\n")
    assert shown.of(7, 0) == "7<a\\76 \\33\\n> "
    assert shown.of(8, 0) == "8     "


def test_fractions_are_cut_not_rounded() -> None:
    assert [seconds(1_999_999_999, digits) for digits in (0, 3, 6, 9)] == [
        "1",
        "1.999",
        "1.999999",
        "1.999999999",
    ]

"""What the comparison with strace rests on: lines made alike where chance is, and nowhere else; verdicts."""

import pytest

from tests.support.comparison import INTERRUPTED, Pair, lines_by_task, settled
from tests.support.verdicts import DIFFERS, NOT_DECODED, SAME, UNNAMED, page, verdict, verdicts

TRACE = """\
100   fork( <unfinished ...>
101   getpid()                          = 2
100   <... fork resumed>)               = 2
101   +++ exited with 0 +++
123456 close(3)                         = 0
"""


def test_lines_come_by_task_and_halves_are_one() -> None:
    assert lines_by_task(TRACE) == [
        [f"{INTERRUPTED}fork()               = 2"],
        ["getpid()                          = 2", "+++ exited with 0 +++"],
        ["close(3)                         = 0"],
    ]


def test_a_line_that_is_none_is_seen() -> None:
    with pytest.raises(AssertionError, match="not a line"):
        lines_by_task("tracekit: what is this?\n")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("clock_gettime(CLOCK_MONOTONIC, {tv_sec=23276, tv_nsec=1}) = 0", "clock_gettime N"),
        ("[  13] add_key(0, 1) = 12345678", "[  13] add_key(0, 1) = N"),
        ("14:01:02.123456 close(3) = 0 <0.000012>", "00:00:00.000000 close(3) = 0 <N>"),
        ("fstat(3<pipe:[1234]>, NULL) = 0", "fstat(3<pipe:[N]>, NULL) = 0"),
        ("nanosleep({tv_sec=1, tv_nsec=2}, NULL) = 0", "nanosleep({tv_sec=1, tv_nsec=2}, NULL) = 0"),
        ("write(1, 0x7f0000001000, 12345678) = -1", "write(1, 0x7f0000001000, 12345678) = -1"),
    ],
)
def test_only_what_chance_puts_there_is_made_alike(line: str, text: str) -> None:
    assert settled(line) == text


def test_one_letter_is_a_difference() -> None:
    right = Pair("close", "close(3)    = 0", "close(3)    = 0")
    assert verdict("close", [right]).word == SAME
    for wrong in ("close(4)    = 0", "close(3)   = 0", "close(3, 0)    = 0"):
        assert verdict("close", [right, Pair("close", right.theirs, wrong)]).word == DIFFERS


def test_a_number_where_strace_says_more_is_not_decoded() -> None:
    raw = Pair("seccomp", "seccomp(1, 0, {len=2, filter=0x10}) = 0", "seccomp(1, 0, 0x408000) = 0")
    wrong = Pair("seccomp", "seccomp(1, 0, {len=2}) = 0", "seccomp(1, 0, {len=3}) = 0")
    assert verdict("seccomp", [raw]).word == NOT_DECODED
    assert verdict("seccomp", [raw, wrong]).word == DIFFERS


def test_calls_without_a_name_in_strace_are_neither() -> None:
    assert (
        verdict("mseal", [Pair("mseal", "syscall_0x1ce(0, 0) = 0", "mseal(NULL, 0, 0) = 0")]).word == UNNAMED
    )


def test_the_page_counts_every_call_and_gives_the_reasons() -> None:
    found = verdicts(
        [Pair("read", "read(0) = 0", "read(1) = 0"), Pair("write", "write(1) = 0", "write(1) = 0")]
    )
    text = page(found, {"read": "because of this"})
    assert "| read | differs | because of this |" in text
    assert f"| all | {len(found)} |" in text
    assert "write 1" in text

"""What is said of two tracers' lines: the verdicts."""

from tests.support.comparison import Pair
from tests.support.verdicts import DIFFERS, NOT_DECODED, SAME, UNNAMED, page, verdict, verdicts


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

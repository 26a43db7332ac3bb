"""Constants in strace's three styles (strace(1), -X)."""

import pytest

from tracekit.tracer.decode.names import WORDS, Names


@pytest.mark.parametrize(
    ("name", "value", "abbreviated", "raw", "verbose"),
    [
        ("prot", 0, "PROT_NONE", "0", "0 /* PROT_NONE */"),
        ("prot", 5, "PROT_READ|PROT_EXEC", "0x5", "0x5 /* PROT_READ|PROT_EXEC */"),
        ("prot", 0x45, "PROT_READ|PROT_EXEC|0x40", "0x45", "0x45 /* PROT_READ|PROT_EXEC|0x40 */"),
        ("prot", 0x40, "0x40 /* PROT_??? */", "0x40", "0x40 /* PROT_??? */"),
        ("creation_flags", 0, "0", "0", "0"),
        ("whence", 2, "SEEK_END", "0x2", "0x2 /* SEEK_END */"),
        ("whence", 9, "0x9 /* SEEK_??? */", "0x9", "0x9 /* SEEK_??? */"),
        ("rusage_who", 0xFFFFFFFF, "RUSAGE_CHILDREN", "0xffffffff", "0xffffffff /* RUSAGE_CHILDREN */"),
    ],
)
def test_a_value_in_every_style(name: str, value: int, abbreviated: str, raw: str, verbose: str) -> None:
    assert Names("abbrev").spell(name, value) == abbreviated
    assert Names("raw").spell(name, value) == raw
    assert Names("verbose").spell(name, value) == verbose


def test_flags_that_go_on_after_text_say_nothing_of_unknown_ones() -> None:
    assert WORDS.more("prot", 0x40) == "|0x40"
    assert WORDS.more("prot", 1) == "|PROT_READ"
    assert WORDS.more("prot", 0) == ""


@pytest.mark.parametrize(
    ("style", "text"), [("abbrev", "AT_FDCWD"), ("raw", "-100"), ("verbose", "-100 /* AT_FDCWD */")]
)
def test_words_of_another_kind_have_the_styles_too(style: str, text: str) -> None:
    assert Names(style).word("-100", "AT_FDCWD") == text


def test_a_value_without_words_is_a_number_in_every_style() -> None:
    assert {Names(style).word("7", None) for style in ("abbrev", "raw", "verbose")} == {"7"}

"""The language of httpd.conf: lines, comments, continuations, words and quotes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.config import syntax


def lines(text: str) -> list[tuple[list[str], int]]:
    return [(syntax.words(line.text), line.number) for line in syntax.lines(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\n \n\t\n", []),
        ("Listen 80", [(["Listen", "80"], 1)]),
        ("\n\n  Listen\t80  \r\n", [(["Listen", "80"], 3)]),
        ("# Listen 80\n   # two\n", []),
        ("Listen 80 # no comment", [(["Listen", "80", "#", "no", "comment"], 1)]),
        ('A "b c" d', [(["A", "b c", "d"], 1)]),
        (r'A "b \"c\" \\d" x', [(["A", r'b "c" \d', "x"], 1)]),
        (r"A 'b \'c\' \"d'", [(["A", r"b 'c' \"d"], 1)]),
        (r'A "b\n"', [(["A", r"b\n"], 1)]),
        ('A x"y z', [(["A", 'x"y', "z"], 1)]),
        ('A ""', [(["A", ""], 1)]),
        ('A "b c', [(["A", "b c"], 1)]),
        ('A "b"c', [(["A", "b", "c"], 1)]),
        ("A b \\\n  c\nD e", [(["A", "b", "c"], 2), (["D", "e"], 3)]),
        ("A b\\\nc", [(["A", "bc"], 2)]),
        ("A b\\\r\nc", [(["A", "bc"], 2)]),
        ("# a comment \\\n that goes on\nA b", [(["A", "b"], 3)]),
        ("\\\n # a comment\nA b", [(["A", "b"], 3)]),
        ("A %>s <x>", [(["A", "%>s", "<x>"], 1)]),
        ("A C:\\dir\\file", [(["A", "C:\\dir\\file"], 1)]),
        ("A C:\\\\dir", [(["A", "C:\\dir"], 1)]),
        ("A b\\", [(["A", "b\\"], 1)]),
        ("A b\0c\nD", [(["A", "b"], 1), (["D"], 2)]),
        ("A b\xa0c\u2003d", [(["A", "b\xa0c\u2003d"], 1)]),
    ],
)
def test_lines_are_read_as_httpd_reads_them(text: str, expected: list[tuple[list[str], int]]) -> None:
    assert lines(text) == expected


def test_what_follows_the_first_word_is_left_as_it_is() -> None:
    assert syntax.first_word('<Directory  "/a b"  >') == ("<Directory", '"/a b"  >')
    assert syntax.first_word("  ") == ("", "")


@given(st.lists(st.text(st.characters(exclude_characters='\0\r\n"\\', max_codepoint=0x2100)), max_size=5))
def test_every_quoted_word_comes_back(args: list[str]) -> None:
    line = " ".join(["Name", *(f'"{arg}"' for arg in args)])
    assert lines(line) == [(["Name", *args], 1)]


@given(st.text(st.sampled_from("ab \"'\\\n#${}<>\r"), max_size=40))
def test_every_text_can_be_read(text: str) -> None:
    for words, number in lines(text):
        assert words
        assert 1 <= number <= text.count("\n") + 1

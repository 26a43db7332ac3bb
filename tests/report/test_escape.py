"""Client text does no harm wherever it is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracekit.report.escape import cell, redact, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/a b.html", "/a b.html"),
        ("/café/日本", "/café/日本"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\r\nb\tc", "a\\x0d\\x0ab\\x09c"),
        ("\x7f\x9b2J", "\\x7f\\x9b2J"),
        ("gpj\u202egnp", "gpj\\u202egnp"),
        ("a\u200bb\u2028c", "a\\u200bb\\u2028c"),
        ("\udce9", "\\udce9"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_visible_text_is_printable_or_a_mark_of_its_own_script(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert not any(ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 for letter in shown)
    shown.encode()


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
)
def test_no_cell_is_a_formula(start: str) -> None:
    assert str(cell(start + "1+1")).startswith("'")


def test_harmless_cells_stay_as_they_are() -> None:
    assert [cell(value) for value in ("/a=b", -3, 0.5, True, None)] == ["/a=b", -3, 0.5, True, ""]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('"GET\\r\\nAuthorization: Basic YTpi\\r\\nX: y"', '"GET\\r\\nAuthorization: [hidden]\\r\\nX: y"'),
        ("cookie: a=\\\"b\\\"; c=d\\r\\n", "cookie: [hidden]\\r\\n"),
        ("Set-Cookie:id=1", "Set-Cookie:[hidden]"),
        ("Proxy-Authorization: Basic x\r\nHost: a", "Proxy-Authorization: [hidden]\r\nHost: a"),
        ("http://me:secret@host/a", "http://me:[hidden]@host/a"),
        ("http://host/a:b@c", "http://host/a:b@c"),
        ("/a/cookie", "/a/cookie"),
    ],
)  # fmt: skip
def test_secrets_are_hidden(text: str, shown: str) -> None:
    assert redact({"a": [text]}) == {"a": [shown]}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('GET / HTTP/1.1\r\nCookie: a="hunter2"\r\nHost: a', "GET / HTTP/1.1\r\nCookie: [hidden]\r\nHost: a"),
        ("Authorization: Basic aHVudGVyMg==", "Authorization: [hidden]"),
        ("GET http://ann:hunter2@a/", "GET http://ann:[hidden]@a/"),
        ("GET /cookies?a=hunter2", "GET /cookies?a=hunter2"),
    ],
)
def test_strings_in_hexadecimal_hide_the_same(said: str, shown: str) -> None:
    def hexed(text: str) -> str:
        return "".join(f"\\x{ord(one):02x}" for one in text)

    redacted = redact(f'read(5, "{hexed(said)}", 8000) = 99')
    assert redacted == f'read(5, "{"[hidden]".join(map(hexed, shown.split("[hidden]")))}", 8000) = 99'

"""LogFormat and the forms of both logs."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.escape import escape
from server.log_format import compile_format
from tests.support.lab_server import lab_server
from tests.support.processes import wait_until
from tests.support.raw_http import ask

TIME = r"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('%h %l %u %t "%r" %>s %b', rf'127\.0\.0\.1 - - {TIME} "GET /pic\.png\?a=b HTTP/1\.1" 200 20480'),
        ("%a %A %p %m %U %q", r"127\.0\.0\.1 127\.0\.0\.1 \d+ GET /pic\.png \?a=b"),
        ("%H %v %V %X", r"HTTP/1\.1 localhost localhost -"),
        ("%D %T %B %k %%", r"\d+ 0 20480 0 %"),
        ("%{Referer}i %{X-None}i", r'\\" -'),
        ("%{Content-Type}o %{x}o", "image/png -"),
        ("%{%Y}t", r"\d{4}"),
        ("%f", r".*/htdocs/pic\.png"),
        ("%P %{pid}P", r"(\d+) \1"),
        (r"a\tb", "a\tb"),
    ],
)
def test_letters(tmp_path: Path, template: str, expected: str) -> None:
    quoted = template.replace("\\", "\\\\").replace('"', '\\"') if '"' in template else template
    with lab_server(tmp_path, "event", extra=f'CustomLog letters.log "{quoted}"') as running:
        ask(running.address, "/pic.png?a=b", 'Referer: "')
        log = tmp_path / "letters.log"
        wait_until(lambda: log.read_text().endswith("\n"), "the line")
        assert re.fullmatch(expected + "\n", log.read_text())


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("% s", "Unrecognized LogFormat directive % "),
        ("%Z", "Unrecognized LogFormat directive %Z"),
        ("%^xx", r"Unrecognized LogFormat directive %\^"),
        ("%", "Ran off end of LogFormat parsing"),
        ("%{", "Ran off end of LogFormat parsing"),
        ("%>", "Ran off end of LogFormat parsing"),
        ("100%", "Ran off end of LogFormat parsing"),
    ],
)
def test_unknown_letters_are_refused(template: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compile_format(template)


@given(st.binary(max_size=50))
def test_escaped_text_is_printable_and_stays_in_its_quotes(text: bytes) -> None:
    escaped = escape(text)
    assert all(0x20 <= byte <= 0x7E for byte in escaped)
    unquoted = re.sub(rb"\\(x[0-9a-f]{2}|.)", b"", escaped)
    assert b'"' not in unquoted
    assert escaped.decode("unicode_escape").encode("latin-1") == text


def test_every_line_of_the_error_log_has_httpds_form(tmp_path: Path) -> None:
    with lab_server(tmp_path, "prefork") as running:
        ask(running.address, "/missing")
        ask(running.address, "/%2e%2e/")
        form = re.compile(
            r"\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{6} \d{4}\] "
            r"\[\w+:\w+\] \[pid (\d+):tid \1\] "
            r"(\[client 127\.0\.0\.1:\d+\] )?(AH\d{5}: |Listen ).*"
        )
        lines = running.error_log().splitlines()
        assert len(lines) >= 4
        assert all(form.fullmatch(line) for line in lines)

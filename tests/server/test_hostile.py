"""Who means harm: clients, and users who may write an .htaccess or a file."""

import os
import re
import socket
import tempfile
from pathlib import Path

import pytest

from server.config import DirectorySettings, Options
from server.config.model import HostValues
from server.config.patterns import Pattern
from server.config.settings import AllowOverride, Place, Redirect
from server.config.wildcards import wildcard_pattern
from server.connections.receiving import Receiver
from server.connections.sending import MOST_BUFFERS, Sender
from server.content import lookup, static
from server.http import dates, framing
from server.http.dates import http_date, seconds_of
from server.http.framing import take_request
from server.http.ranges import RangeLimits
from server.http.representation import FileOptions, file_response
from server.http.request import Request
from server.http.response import Response
from server.logs import log_format
from tests.support.content_site import ContentSite

OVERRIDING = DirectorySettings(
    options=Options.INDEXES | Options.FOLLOW_SYMLINKS, allow_override=AllowOverride(Place.ALL_CLASSES)
)
MANY_STARS = "*a" * 40 + "*b"
MANY_LETTERS = "a" * 200
LONG_AGO, LONG_AHEAD = -(2**40), 2**62  # seconds: tmpfs has such times


# A field is one line, whatever it is made of.


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/old/a%0d%0aSet-Cookie:b", b"http://x/new/a%0d%0aSet-Cookie:b"),
        ("/old/%22%3Cb%3E%20%ff", b"http://x/new/%22%3cb%3e%20%ff"),
        ("/ask/%0d%0ab", b"/to?q=%0d%0ab"),
        ("/old/a?b=%0d", b"http://x/new/a?b=%0d"),
    ],
)
def test_what_a_redirect_takes_from_a_path_is_escaped(tmp_path: Path, target: str, location: bytes) -> None:
    redirects = (
        Redirect(Pattern(rb"^/old/([^?]*)"), b"http://x/new/$1", 302),
        Redirect(Pattern(rb"^/ask/([^?]*)"), b"/to?q=$1", 302),
    )
    reply = ContentSite(tmp_path, base=DirectorySettings(redirects=redirects)).ask(target)
    assert (reply.status, reply.headers["Location"].encode("latin-1")) == (302, location)


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_field_that_would_be_two_is_left_out(end: bytes) -> None:
    response = Response(200, [(b"A", b"1"), (b"B", b"2" + end + b"C: 3"), (b"D", b"4")])
    response.prepare(Request(), 0, b"x", b"")
    lines = response.head.split(b"\r\n")
    assert lines[3:5] == [b"A: 1", b"D: 4"]
    assert not [line for line in lines if b"C" in line[:1] and b"3" in line]


def test_the_name_of_a_client_cannot_forge_a_log_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostbyaddr", lambda _: ('a" 200\n\x1b[2J', [], []))
    assert log_format._looked_up("192.0.2.99") == rb"a\" 200\n\x1b[2J"


# What is remembered of clients is bounded in bytes, too.


def test_long_texts_of_clients_are_not_remembered(tmp_path: Path) -> None:
    site = ContentSite(tmp_path)
    before = site.sites._remembered.cache_info().currsize
    for number in range(5):
        site.ask(f"/{number}" + "/x" * lookup.REMEMBERED_LENGTH, f"Host: {number}{'h' * 300}")
    (remembered,) = site.content._lookups.values()
    assert remembered._known_url_path.cache_info().currsize == 0
    assert remembered._file_path.cache_info().currsize == 0
    assert remembered._known_facts.cache_info().currsize == 0
    assert site.sites._remembered.cache_info().currsize == before


def test_what_is_no_date_is_not_remembered() -> None:
    before = dates._seconds_of.cache_info().currsize
    assert seconds_of(b"x" * 8000) is None
    assert dates._seconds_of.cache_info().currsize == before


def test_a_head_that_comes_byte_by_byte_is_not_gone_through_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class NotYet:
        def search(self, *_: object) -> None:
            raise AssertionError("gone through before it was complete")

    head = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 20 + b"\r\n"
    data = bytearray()
    with monkeypatch.context() as patch:
        patch.setattr(framing, "HEAD_END", NotYet())
        for byte in head[:-1]:
            data.append(byte)
            if not data.endswith(b"\n") or data.endswith(b"\r\n"):
                assert take_request(data) is None
    data += head[-1:]
    request = take_request(data)
    assert request is not None
    assert request.headers[b"host"] == b"a"
    assert not data


# What a user of an .htaccess can ask for ends.


@pytest.mark.parametrize(
    "text",
    [f"IndexIgnore {MANY_STARS}", f"AddDescription x {MANY_STARS}", f'<Files "{MANY_STARS}">\n</Files>'],
)
def test_many_stars_take_no_longer_than_a_few(tmp_path: Path, text: str) -> None:
    site = ContentSite(tmp_path, base=OVERRIDING)
    site.write("htdocs/.htaccess", f"IndexOptions FancyIndexing\n{text}\n")
    site.write(f"htdocs/{MANY_LETTERS}")
    assert MANY_LETTERS in site.ask("/").text
    assert site.ask(f"/{MANY_LETTERS}").status == 200


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("*", "", True),
        ("*a", "ba", True),
        ("a*", "b", False),
        ("a*b*c", "axbxbxc", True),
        ("a*b*c", "axbxcx", False),
        ("a*bc*c", "abbcxc", True),
        ("**a**", "xax", True),
        ("*[ab]*?", "xa", False),
        ("*[ab]*?", "xab", True),
        ("a*b", "a/b", False),
        ("*/*", "a/b", True),
        ("*.tar.*", "x.tar.tar.gz", True),
        ("a*\\*", "ab*", True),
        ("*aab", "aaab", True),
    ],
)
def test_stars_mean_what_they_always_did(pattern: str, text: str, *, matches: bool) -> None:
    assert bool(wildcard_pattern(pattern.encode()).fullmatch(text.encode())) is matches


@pytest.mark.parametrize(
    "text",
    ["<IfModule !x>\n" * 9000, "<Files x>\n" * 3000 + "</Files>\n" * 3000],
    ids=["conditions", "sections"],
)
def test_sections_in_sections_without_end_are_an_error_of_one_line(
    tmp_path: Path, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    site = ContentSite(tmp_path, base=OVERRIDING)
    site.write("htdocs/.htaccess", text)
    assert site.ask("/").status == 500
    assert capfd.readouterr().err.endswith("/.htaccess: sections in too many sections\n")


@pytest.mark.parametrize("seconds", [LONG_AGO, LONG_AHEAD])
def test_a_time_that_http_cannot_say_hides_neither_the_file_nor_its_neighbours(seconds: int) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        site = ContentSite(Path(folder), base=DirectorySettings(options=OVERRIDING.options))
        site.base.index_options = {"fancyindexing": ""}
        odd = site.write("htdocs/odd.txt")
        os.utime(odd, (seconds, seconds))
        assert site.ask("/odd.txt").status == 200
        assert "odd.txt" in site.ask("/").text


def test_a_date_is_one_that_http_can_say() -> None:
    assert http_date(LONG_AGO) == b"Mon, 01 Jan 0001 00:00:00 GMT"
    assert http_date(LONG_AHEAD) == b"Fri, 31 Dec 9999 23:59:59 GMT"


def test_a_name_like_that_of_a_deleted_file_is_a_name(tmp_path: Path) -> None:
    site = ContentSite(tmp_path, base=DirectorySettings(options=Options.SYMLINKS_IF_OWNER_MATCH))
    site.write(f"htdocs/a{static.DELETED.decode()}", "x")
    assert site.ask("/a%20(deleted)").body == b"x"


# Odd requests are answered.


def test_more_ranges_than_one_write_takes_are_sent(
    tmp_path: Path, pair: tuple[socket.socket, socket.socket]
) -> None:
    count = 800  # each is two buffers: a head of its own, and what it is the head of
    assert 2 * count > MOST_BUFFERS
    path = tmp_path / "file"
    path.write_bytes(b"x" * 4000 * count)
    field = b"bytes=" + b",".join(b"%d-%d" % (2 * number, 2 * number) for number in range(count))
    head = b"GET / HTTP/1.1\r\nHost: a\r\nRange: " + field + b"\r\n\r\n"
    request = take_request(bytearray(head))
    assert request is not None
    fd = os.open(path, os.O_RDONLY)
    options = FileOptions(limits=RangeLimits(-1, -1, -1))
    response = file_response(request, fd, os.fstat(fd), None, options=options)
    response.prepare(request, 0, b"x", b"")
    assert response.status == 206
    server, client = pair
    sender = Sender(server, response)
    received = bytearray()
    while not sender.send():
        received += client.recv(1 << 20)
    server.close()
    while data := client.recv(1 << 20):
        received += data
    response.close()
    assert len(received) == len(response.head) + response.content_length
    assert received.count(b"Content-range: ") == count


def test_an_interim_answer_is_sent_whole_or_not_at_all(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.connections.receiving.os.write", lambda _, data: len(data) - 1)
    request = Request(content_length=5, expectation=b"100-continue")
    with pytest.raises(BlockingIOError):
        Receiver(pair[0].fileno(), HostValues()).discard_body(request, 0)


def test_a_file_is_closed_whatever_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("server.http.representation.conditions.evaluate", fail)
    fd = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(ZeroDivisionError):
        file_response(Request(is_conditional=True), fd, os.fstat(fd), None)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


@pytest.mark.parametrize("pattern", ["a{99999999999}", "(" * 5000 + ")" * 5000, "("])
@pytest.mark.parametrize("name", ["RedirectMatch 403", "SetEnvIf Host"])
def test_a_pattern_that_is_none_is_an_error_of_one_line(
    tmp_path: Path, name: str, pattern: str, capfd: pytest.CaptureFixture[str]
) -> None:
    site = ContentSite(tmp_path, base=OVERRIDING)
    site.write("htdocs/.htaccess", f"{name} {pattern}" + " x=1" * name.startswith("S") + "\n")
    assert site.ask("/").status == 500
    assert re.search(r"/\.htaccess: .*could not be compiled", capfd.readouterr().err)

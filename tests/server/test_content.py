"""Which answer a request gets: files, directories, methods, path information, and what goes wrong."""

import os
import threading
from pathlib import Path

import pytest

from server.config import DirectorySettings, Options
from server.config.authorization import Authorization, Condition
from server.config.model import Alias
from server.config.settings import Redirect
from server.media_types import MediaTypes
from tests.support.content_site import DENIED, GRANTED, ContentSite

INDEX = b"<h1>It works!</h1>\n"


@pytest.fixture
def site(tmp_path: Path) -> ContentSite:
    """A site with a few files."""
    site = ContentSite(tmp_path)
    site.write("htdocs/index.html", INDEX)
    site.write("htdocs/sub/page.html", "page")
    return site


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/index.html", 200),
        ("GET", "/", 200),
        ("POST", "/index.html", 200),
        ("GET", "/index.html/", 404),
        ("GET", "/index.html/x", 404),
        ("GET", "/INDEX.HTML", 404),
        ("GET", "/nope", 404),
        ("GET", "/nope/", 404),
        ("GET", "/sub/", 403),
        ("POST", "/sub/", 404),
        ("GET", "/sub", 301),
        ("PUT", "/sub", 301),
        ("PUT", "/nope", 405),
        ("DELETE", "/", 405),
        ("PROPFIND", "/", 405),
        ("FOO", "/", 501),
        ("get", "/", 501),
        ("GET", "/" + "a" * 255, 404),
        ("GET", "/" + "a" * 256, 403),
        ("GET", "/" + "a/" * 3000, 403),
        ("GET", "/index.html%00", 404),
        ("GET", "/sub%2fpage.html", 404),
        ("GET", "/%zz", 400),
        ("GET", "/..", 400),
        ("CONNECT", "localhost:80", 405),
        ("CONNECT", "-private:80", 405),
    ],
)
def test_the_status_is_that_of_httpd(site: ContentSite, method: str, target: str, status: int) -> None:
    assert site.ask(target, method=method).status == status


def test_options_says_what_is_allowed(site: ContentSite) -> None:
    reply = site.ask("/sub/page.html", method="OPTIONS")
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["Allow"] == "GET,POST,OPTIONS,HEAD,TRACE"


def test_a_refused_method_says_what_is_allowed(site: ContentSite) -> None:
    reply = site.ask("/", method="PUT")
    assert reply.headers["Allow"] == "GET,POST,OPTIONS,HEAD,TRACE"
    assert "The requested method PUT is not allowed for this URL." in reply.text


@pytest.mark.parametrize(
    ("host", "location"),
    [
        ("localhost", "http://localhost/sub/?a=%20b"),
        ("localhost:80", "http://localhost/sub/?a=%20b"),
        ("ELSEWHERE.example:8080", "http://elsewhere.example:8080/sub/?a=%20b"),
        ("elsewhere.example.", "http://elsewhere.example/sub/?a=%20b"),
        ("elsewhere.example.:99", "http://elsewhere.example:99/sub/?a=%20b"),
        ("[::1]:99", "http://[::1]:99/sub/?a=%20b"),
    ],
)
def test_a_directory_without_slash_is_redirected(site: ContentSite, host: str, location: str) -> None:
    reply = site.ask("/sub?a=%20b", f"Host: {host}")
    assert (reply.status, reply.headers["Location"]) == (301, location)
    assert f'<a href="{location}">here</a>' in reply.text


@pytest.mark.parametrize(
    ("settings", "location"),
    [
        (DirectorySettings(use_canonical_name="on"), "http://localhost/sub/"),
        (DirectorySettings(use_canonical_physical_port=True), "http://other.example:8080/sub/"),
        (
            DirectorySettings(use_canonical_name="on", use_canonical_physical_port=True),
            "http://localhost:8080/sub/",
        ),
    ],
)
def test_the_canonical_name_can_be_used(tmp_path: Path, settings: DirectorySettings, location: str) -> None:
    site = ContentSite(tmp_path, base=settings, local=("127.0.0.1", 8080))
    site.write("htdocs/sub/x")
    assert site.ask("/sub", "Host: other.example").headers["Location"] == location


def test_the_name_in_a_redirect_is_escaped_in_lower_case(site: ContentSite) -> None:
    site.write("htdocs/é <x>/a")
    location = site.ask("/%C3%A9%20%3Cx%3E").headers["Location"]
    assert location == "http://localhost/%c3%a9%20%3cx%3e/"


def test_path_information_is_for_those_who_accept_it(tmp_path: Path) -> None:
    site = ContentSite(tmp_path, base=DirectorySettings(accept_path_info=True))
    site.write("htdocs/a.txt", "a")
    assert site.ask("/a.txt/more").body == b"a"


@pytest.mark.parametrize(
    ("names", "body"),
    [
        ((b"first.html", b"second.html"), b"second"),
        ((b"none.html", b"/elsewhere/x.html"), b"elsewhere"),
        ((b"sub/deep.html",), b"deep"),
    ],
)
def test_the_first_index_that_is_there_is_served(
    tmp_path: Path, names: tuple[bytes, ...], body: bytes
) -> None:
    site = ContentSite(tmp_path, base=DirectorySettings(directory_index=names))
    for name in ("second", "third"):
        site.write(f"htdocs/{name}.html", name)
    site.write("htdocs/elsewhere/x.html", "elsewhere")
    site.write("htdocs/sub/deep.html", "deep")
    assert site.ask("/").body == body


def test_an_index_can_be_disabled(tmp_path: Path) -> None:
    site = ContentSite(tmp_path, base=DirectorySettings(directory_index=()))
    site.write("htdocs/index.html", INDEX)
    assert site.ask("/").status == 403


def test_an_index_that_may_not_be_had_is_not_passed_over_silently(tmp_path: Path) -> None:
    site = ContentSite(
        tmp_path,
        base=DirectorySettings(options=Options.INDEXES | Options.FOLLOW_SYMLINKS),
        files={"index.html": DirectorySettings(require=DENIED)},
    )
    site.write("htdocs/index.html", INDEX)
    assert site.ask("/").status == 403


def test_an_index_can_be_redirected_to(tmp_path: Path) -> None:
    site = ContentSite(tmp_path, base=DirectorySettings(directory_index_redirect=302))
    site.write("htdocs/index.html", INDEX)
    reply = site.ask("/")
    assert (reply.status, reply.headers["Location"]) == (302, "http://localhost/index.html")


@pytest.mark.parametrize(("target", "body"), [("/nope/x", b"all"), ("/there.txt", b"there"), ("/sub/", None)])
def test_what_is_not_there_can_have_one_answer(tmp_path: Path, target: str, body: bytes | None) -> None:
    site = ContentSite(tmp_path, base=DirectorySettings(fallback_resource=b"/all.txt"))
    site.write("htdocs/all.txt", "all")
    site.write("htdocs/there.txt", "there")
    site.write("htdocs/sub/x")
    reply = site.ask(target)
    assert (reply.status, reply.body) == (200, body) if body else reply.status == 403


def test_an_answer_for_all_that_is_not_there_either_is_none(tmp_path: Path) -> None:
    site = ContentSite(tmp_path, base=DirectorySettings(fallback_resource=b"/all.txt"))
    assert site.ask("/nope").status == 404


@pytest.mark.parametrize(
    ("target", "url_path", "handler"),
    [
        ("/", b"/index.html", None),
        ("/sub/", b"/sub/", b"httpd/unix-directory"),
        ("//%69ndex.html", b"/index.html", None),
    ],
)
def test_the_log_has_the_path_and_the_handler(
    site: ContentSite, target: str, url_path: bytes, handler: bytes | None
) -> None:
    exchange = site.exchange(target)
    site.content.respond(exchange).close()
    assert (exchange.url_path, exchange.handler) == (url_path, handler)


def test_sections_hold_in_their_order(tmp_path: Path) -> None:
    """Directories by length, then files, then locations; each over those before it."""
    site = ContentSite(
        tmp_path,
        directories={
            "htdocs/open": DirectorySettings(require=GRANTED),
            "htdocs": DirectorySettings(require=DENIED),
        },
        files={"*.key": DirectorySettings(require=DENIED), "public.*": DirectorySettings(require=GRANTED)},
        locations={
            "/open/secret.txt": DirectorySettings(require=DENIED),
            "/shut": DirectorySettings(require=GRANTED),
        },
    )
    for name in (
        "a.txt",
        "public.txt",
        "open/a.txt",
        "open/a.key",
        "open/secret.txt",
        "shut/a.key",
        "shut/a.txt",
    ):
        site.write(f"htdocs/{name}", "text")
    statuses = {
        "/a.txt": 403,
        "/public.txt": 200,
        "/open/a.txt": 200,
        "/open/a.key": 403,
        "/open/secret.txt": 403,
        "/shut/a.txt": 200,
        "/shut/a.key": 200,
        "/shutx": 403,
    }
    assert {target: site.ask(target).status for target in statuses} == statuses


def test_access_is_by_address_and_method(tmp_path: Path) -> None:
    require = Authorization("all", (Condition("local", ()), Condition("method", ("GET", "HEAD"))))
    site = ContentSite(tmp_path, base=DirectorySettings(require=require))
    site.write("htdocs/a.txt", "a")
    assert site.ask("/a.txt").status == 200
    assert site.ask("/a.txt", client="192.0.2.1").status == 403
    assert site.ask("/a.txt", method="POST").status == 403
    assert site.ask("/nope", client="192.0.2.1").status == 403


def test_what_may_not_be_had_is_logged_with_its_number(
    site: ContentSite, capfd: pytest.CaptureFixture[str]
) -> None:
    site.ask("/sub/")
    assert "AH01276: Cannot serve directory" in capfd.readouterr().err


def test_aliases_come_before_the_document_root(tmp_path: Path) -> None:
    site = ContentSite(
        tmp_path,
        aliases=[
            Alias(b"/a", bytes(tmp_path / "one")),
            Alias(b"/b/", bytes(tmp_path / "one") + b"/"),
        ],
    )
    site.write("one/x.txt", "one")
    site.write("htdocs/b", "b")
    site.write("htdocs/ab", "ab")
    assert site.ask("/a/x.txt").body == b"one"
    assert site.ask("/b/x.txt").body == b"one"
    assert site.ask("/b").body == b"b"
    assert site.ask("/ab").body == b"ab"
    assert site.ask("/a").headers["Location"] == "http://localhost/a/"


@pytest.mark.parametrize(
    ("target", "status", "location"),
    [
        ("/old", 301, "http://new.example/x"),
        ("/old/a%20b?q", 301, "http://new.example/x/a%20b?q"),
        ("/older", 404, None),
        ("/gone", 410, None),
    ],
)
def test_redirects_come_before_files(tmp_path: Path, target: str, status: int, location: str | None) -> None:
    redirects = (Redirect(b"/old", b"http://new.example/x", 301), Redirect(b"/gone", b"", 410))
    site = ContentSite(tmp_path, base=DirectorySettings(redirects=redirects))
    reply = site.ask(target)
    assert (reply.status, reply.headers.get("Location")) == (status, location)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("a.html", {"Content-Type": "text/html"}),
        ("a.HTML", {"Content-Type": "text/html"}),
        ("a.html.xyz", {"Content-Type": "text/html"}),
        ("a.txt.html", {"Content-Type": "text/html"}),
        ("html", {}),
        (".html", {}),
        ("..html", {}),
        ("a.xyz", {}),
        ("a.html.gz", {"Content-Type": "text/html", "Content-Encoding": "x-gzip"}),
        ("a.html.en.de", {"Content-Type": "text/html", "Content-Language": "en,de"}),
        ("a.utf8.html", {"Content-Type": "text/html; charset=utf-8"}),
        ("a.own", {"Content-Type": "application/x-own"}),
    ],
)
def test_extensions_describe_the_content(tmp_path: Path, name: str, fields: dict[str, str]) -> None:
    settings = DirectorySettings(
        types={b"own": b"application/x-own", b"gz": b""},
        encodings={b"gz": b"x-gzip"},
        languages={b"en": b"en", b"de": b"de"},
        charsets={b"utf8": b"utf-8"},
    )
    site = ContentSite(tmp_path, base=settings)
    site.write(f"htdocs/{name}", "text")
    headers = site.ask(f"/{name}").headers
    assert {name: value for name, value in headers.items() if name.startswith("Content-")} == fields


def test_the_default_charset_is_for_text_that_names_none(tmp_path: Path) -> None:
    site = ContentSite(tmp_path, base=DirectorySettings(add_default_charset=b"utf-8"))
    for name in ("a.txt", "a.html", "a.css", "a.png"):
        site.write(f"htdocs/{name}", "text")
    types = [site.ask(f"/{name}").headers["Content-Type"] for name in ("a.txt", "a.html", "a.css", "a.png")]
    assert types == ["text/plain; charset=utf-8", "text/html; charset=utf-8", "text/css", "image/png"]


def test_a_type_can_be_forced(tmp_path: Path) -> None:
    site = ContentSite(tmp_path, files={"*.html": DirectorySettings(force_type=b"text/plain")})
    site.write("htdocs/a.html", "text")
    assert site.ask("/a.html").headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize(
    ("target", "limit"), [("/in/a.txt", 10), ("/in/", 10), ("/in/nope", 10), ("/a.txt", 20), ("/%zz", 20)]
)
def test_a_folder_can_limit_the_body(tmp_path: Path, target: str, limit: int) -> None:
    site = ContentSite(
        tmp_path,
        base=DirectorySettings(limit_request_body=20),
        directories={"htdocs/in": DirectorySettings(limit_request_body=10)},
    )
    site.write("htdocs/in/a.txt", "a")
    site.write("htdocs/a.txt", "a")
    exchange = site.exchange(target)
    assert site.content.body_limit(exchange) == limit
    response = site.content.respond(exchange)
    response.close()
    assert response.status == site.ask(target).status


@pytest.mark.parametrize("kind", ["fifo", "socket"])
def test_what_is_no_file_is_not_opened(site: ContentSite, kind: str) -> None:
    path = site.docroot / "odd"
    if kind == "fifo":
        os.mkfifo(path)
    else:
        os.mknod(path, 0o140600)
    assert site.ask("/odd").status == 403


def test_a_file_that_was_exchanged_for_a_pipe_holds_nobody(
    site: ContentSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_open = os.open
    page = site.docroot / "sub" / "page.html"

    def exchange_and_open(path: bytes, flags: int) -> int:
        if path == bytes(page):
            page.unlink()
            os.mkfifo(path)
        return real_open(path, flags)

    monkeypatch.setattr(os, "open", exchange_and_open)
    assert site.ask("/sub/page.html").status == 403


def test_no_descriptor_is_left_open(site: ContentSite) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    for target in ("/", "/sub", "/nope", "/sub/", "/index.html/x"):
        site.ask(target)
    assert count() == before


def test_a_bug_is_logged_and_answered_with_500(
    site: ContentSite, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(_: MediaTypes, path: bytes) -> bytes | None:
        raise ConnectionResetError(path)

    monkeypatch.setattr(MediaTypes, "of", broken)
    assert site.ask("/index.html").status == 500
    assert "ConnectionResetError" in capfd.readouterr().err


def test_sites_can_be_asked_by_many_threads(site: ContentSite) -> None:
    failures: list[str] = []

    def ask() -> None:
        failures.extend(target for target in ("/", "/sub/page.html") * 50 if site.ask(target).status != 200)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []

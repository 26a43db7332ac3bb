"""Error pages: those of the server, and ErrorDocument in its three forms."""

from pathlib import Path

import pytest

from server.config import DirectorySettings
from server.http.status import HttpError
from tests.support.content_site import DENIED, ContentSite

DOCTYPE = '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n'
NOT_FOUND = (
    DOCTYPE + "<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n"
    "<p>The requested URL was not found on this server.</p>\n</body></html>\n"
)


def site_with(root: Path, documents: dict[int, bytes], **more: str) -> ContentSite:
    settings = DirectorySettings(error_documents=documents, **more)  # type: ignore[arg-type]
    return ContentSite(root, base=settings, directories={"htdocs/shut": DirectorySettings(require=DENIED)})


def test_the_page_is_that_of_httpd(tmp_path: Path) -> None:
    reply = ContentSite(tmp_path).ask("/nope")
    assert (reply.status, reply.text) == (404, NOT_FOUND)
    assert reply.headers == {"Content-Type": "text/html; charset=iso-8859-1"}


def test_nothing_of_the_client_gets_into_a_page_unescaped(tmp_path: Path) -> None:
    site = ContentSite(tmp_path, base=DirectorySettings(server_signature="on"))
    site.write("htdocs/<b>/x")
    for target, method in (("/%3Cb%3E?<script>", "GET"), ("/<script>", "GET"), ("/", "PUT")):
        text = site.ask(target, "Host: h'&lt", method=method).text
        assert "<script>" not in text
        assert "<b>" not in text


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "Your browser sent a request that this server could not understand."),
        (408, "Server timeout waiting for the HTTP request from the client."),
        (413, "the amount of data provided in"),
        (414, "The requested URL's length exceeds the capacity"),
        (417, "Expect: something"),
        (431, "the request header fields are too large."),
        (500, "Please contact the server administrator at"),
        (503, "The server is temporarily unable to service your"),
        (505, "The server encountered an internal error"),
    ],
)
def test_every_refusal_has_its_page(tmp_path: Path, status: int, words: str) -> None:
    site = ContentSite(tmp_path)
    exchange = site.exchange("/")
    object.__setattr__(exchange.request, "headers", {b"expect": b"something"})
    response = site.content.refuse(exchange, HttpError(status))
    assert response.status == status
    assert words.encode() in b"".join(piece for piece in response.content if isinstance(piece, bytes))


def test_a_note_is_added_to_the_page(tmp_path: Path) -> None:
    site = ContentSite(tmp_path)
    response = site.content.refuse(site.exchange("/"), HttpError(400, notes="Size of a <field>."))
    (page,) = response.content
    assert isinstance(page, bytes)
    assert b"Size of a &lt;field&gt;." in page


def test_a_text_takes_the_place_of_the_page(tmp_path: Path) -> None:
    reply = site_with(tmp_path, {404: b'"not <b>here</b>'}).ask("/nope")
    assert (reply.status, reply.text) == (404, "not <b>here</b>")
    assert reply.headers["Content-Type"] == "text/html; charset=iso-8859-1"


def test_a_url_makes_it_a_redirect(tmp_path: Path) -> None:
    reply = site_with(tmp_path, {404: b"https://elsewhere.example/x"}).ask("/nope")
    assert (reply.status, reply.headers["Location"]) == (302, "https://elsewhere.example/x")


@pytest.mark.parametrize(("status", "closes"), [(400, True), (404, False), (501, True)])
def test_a_redirect_closes_where_the_error_would(tmp_path: Path, status: int, closes: bool) -> None:
    site = site_with(tmp_path, {status: b"https://elsewhere.example/x"})
    response = site.content.refuse(site.exchange("/"), HttpError(status))
    assert (response.status, response.closes) == (302, closes)


def test_a_path_is_served_with_the_status_of_the_error(tmp_path: Path) -> None:
    site = site_with(tmp_path, {404: b"/errors/404.html", 403: b"/errors/", 405: b"/errors/404.html"})
    site.write("htdocs/errors/404.html", "not here")
    site.write("htdocs/errors/index.html", "index of errors")
    site.write("htdocs/shut/x")
    missing = site.ask("/nope", "If-None-Match: *", "Range: bytes=0-1")
    assert (missing.status, missing.body, missing.headers["Content-Type"]) == (404, b"not here", "text/html")
    assert "Content-Range" not in missing.headers
    shut = site.ask("/shut/x")
    assert (shut.status, shut.body) == (403, b"index of errors")
    assert site.ask("localhost:80", method="CONNECT").body == b"not here"
    refused = site.ask("/", method="PUT")
    assert (refused.status, refused.body) == (405, b"not here")
    assert "Allow" in refused.headers


@pytest.mark.parametrize("document", ["/none.html", "/shut/x", "/folder", "/%2f"])
def test_an_error_document_that_fails_too_is_told(tmp_path: Path, document: str) -> None:
    site = site_with(tmp_path, {404: document.encode()})
    site.write("htdocs/folder/x")
    site.write("htdocs/shut/x")
    reply = site.ask("/nope")
    assert reply.status == 404
    assert "Location" not in reply.headers
    second = (
        "<p>Additionally, a 404 Not Found\nerror was encountered while trying to use an ErrorDocument "
        "to handle the request.</p>\n"
    )
    expected = NOT_FOUND.replace("</body>", f"{second}</body>")
    assert reply.text == expected


def test_the_log_has_the_path_that_was_asked_for_and_the_file_that_was_sent(tmp_path: Path) -> None:
    """As httpd's %U and %f."""
    site = site_with(tmp_path, {404: b"/404.html"})
    site.write("htdocs/404.html", "not here")
    exchange = site.exchange("/nope?query")
    site.content.respond(exchange).close()
    assert (exchange.url_path, exchange.path) == (b"/nope", bytes(site.docroot / "404.html"))


@pytest.mark.parametrize(
    ("target", "words"),
    [("/shut/x", "[authz_core:error]"), ("/", "[autoindex:error]"), ("/..", "[core:error]")],
)
def test_reasons_are_logged_for_the_module_that_has_them(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], target: str, words: str
) -> None:
    site = site_with(tmp_path, {})
    site.write("htdocs/shut/x")
    site.ask(target)
    assert words in capfd.readouterr().err


@pytest.mark.parametrize(
    ("signature", "words"),
    [
        ("on", " Server at localhost Port 80</address>"),
        ("email", 'Server at <a href="mailto:'),
        ("off", None),
    ],
)
def test_the_signature_is_at_the_end(tmp_path: Path, signature: str, words: str | None) -> None:
    text = site_with(tmp_path, {}, server_signature=signature).ask("/nope").text
    assert ("<address>" in text) == (words is not None)
    assert (words or "") in text

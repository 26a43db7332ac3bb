"""Files over HTTP: what is served, how it is described, and what can never be reached."""

import os
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.support import load, traversals
from tests.support.lab_server import SITE, VHOST, LabServer, lab_server
from tests.support.raw_http import ask

SECRET = b"secret"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """A server that follows no symbolic links, with things in its way that are no files."""
    root = tmp_path_factory.mktemp("closed")
    with lab_server(
        root,
        "event",
        extra=f'<Directory "{root}">\nOptions -FollowSymLinks\n</Directory>\n'
        f'<Directory "{root}/htdocs/private">\nRequire all denied\n</Directory>',
    ) as running:
        docroot = root / "htdocs"
        (docroot / "link.txt").symlink_to(root / "secret.txt")
        (docroot / "inside.txt").symlink_to("index.html")
        (docroot / "linked").symlink_to(root / "two")
        (docroot / "loop").symlink_to("loop")
        os.mkfifo(docroot / "fifo")
        (docroot / "private").mkdir()
        (docroot / "private" / "a.txt").write_text("a")
        (docroot / "bare").mkdir()
        (docroot / "odd name%25 é").write_text("odd")
        yield running


@pytest.mark.parametrize(
    "name", ["index.html", "sub/index.html", "sub/page.html", "empty.txt", "pic.png", "big.bin"]
)
def test_a_file_is_served_byte_for_byte(server: LabServer, name: str) -> None:
    answer = ask(server.address, f"/{name}")
    assert (answer.status, answer.body) == (200, SITE[f"htdocs/{name}"])
    assert int(answer.headers["Content-Length"]) == len(answer.body)


def test_head_has_the_fields_of_get_and_no_content(server: LabServer) -> None:
    got, head = (ask(server.address, "/pic.png", method=method) for method in ("GET", "HEAD"))
    assert head.body == b""
    for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified"):
        assert head.headers[name] == got.headers[name]


def test_the_fields_say_what_the_file_is(server: LabServer) -> None:
    info = (server.root / "htdocs/pic.png").stat()
    headers = ask(server.address, "/pic.png").headers
    assert headers["Content-Type"] == "image/png"
    assert parsedate_to_datetime(headers["Last-Modified"]).timestamp() == int(info.st_mtime)
    assert headers["ETag"] == f'"{info.st_size:x}-{info.st_mtime_ns // 1000:x}"'


def test_a_directory_is_its_index(server: LabServer) -> None:
    assert ask(server.address, "/sub/").body == SITE["htdocs/sub/index.html"]


def test_a_directory_without_slash_is_redirected(server: LabServer) -> None:
    answer = ask(server.address, "/sub?a=b%20c", "Host: somewhere:8080")
    assert answer.status == 301
    assert answer.headers["Location"] == "http://somewhere:8080/sub/?a=b%20c"


@pytest.mark.parametrize("target", ["//evil.example/%2e%2e/sub", "/%5cevil/../sub", "/./sub", "/sub/."])
def test_a_redirect_stays_on_the_host(server: LabServer, target: str) -> None:
    answer = ask(server.address, target)
    if answer.status == 301:
        assert answer.headers["Location"] == "http://localhost/sub/"
    else:
        assert (answer.status, answer.body) == (200, SITE["htdocs/sub/index.html"])


def test_an_alias_maps_whole_components_only(server: LabServer) -> None:
    assert ask(server.address, "/shared/a.txt").body == SITE["shared/a.txt"]
    assert ask(server.address, "/sharedx/a.txt").status == 404
    assert ask(server.address, "/shared/missing").status == 404


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "htdocs/index.html"),
        (VHOST, "two/index.html"),
        (VHOST.upper() + ":99", "two/index.html"),
        ("unknown.example", "htdocs/index.html"),
    ],
)
def test_the_host_chooses_the_site(server: LabServer, host: str, name: str) -> None:
    assert ask(server.address, "/", f"Host: {host}").body == SITE[name]


def test_a_virtual_host_has_the_aliases_of_the_main_server(server: LabServer) -> None:
    assert ask(server.address, "/shared/a.txt", f"Host: {VHOST}").status == 200
    assert ask(server.address, "/sub/", f"Host: {VHOST}").status == 404


def test_no_path_leaves_the_document_root(server: LabServer) -> None:
    answers = {target: ask(server.address, target) for target in traversals.targets()}
    leaks = [target for target, answer in answers.items() if answer.status < 300 and SECRET in answer.body]
    assert leaks == []


def test_dots_inside_the_root_are_resolved(server: LabServer) -> None:
    for target in ("/sub/../index.html", "/sub/%2e%2e/index.html", "/a/b/../../index.html", "//index.html"):
        assert ask(server.address, target).body == SITE["htdocs/index.html"]


@pytest.mark.parametrize(
    "target",
    [
        "/link.txt",
        "/inside.txt",
        "/linked",
        "/linked/",
        "/linked/index.html",
        "/linked/missing",
        "/fifo",
        "/private/a.txt",
        "/loop",
    ],
)
def test_what_is_closed_is_forbidden(closed: LabServer, target: str) -> None:
    answer = ask(closed.address, target)
    assert answer.status == 403
    assert SECRET not in answer.body


def test_where_links_are_not_followed_all_else_is_as_ever(closed: LabServer) -> None:
    assert ask(closed.address, "/").body == SITE["htdocs/index.html"]
    assert ask(closed.address, "/sub").status == 301
    assert ask(closed.address, "/sub/missing").status == 404


def test_a_section_holds_however_the_document_root_is_written(tmp_path: Path) -> None:
    section = f'<Directory "{tmp_path}/htdocs/sub">\nRequire all denied\n</Directory>'
    with lab_server(tmp_path, "event", extra=f"DocumentRoot {tmp_path}/two/../htdocs\n{section}") as running:
        assert ask(running.address, "/").status == 200
        assert ask(running.address, "/sub/page.html").status == 403


def test_a_directory_without_index_is_forbidden(closed: LabServer) -> None:
    assert ask(closed.address, "/bare/").status == 403


def test_a_file_that_is_closed_in_the_file_system_is_forbidden(closed: LabServer) -> None:
    assert ask(closed.address, "/" + "a" * 300).status == 403


def test_any_byte_can_stand_in_a_name(closed: LabServer) -> None:
    assert ask(closed.address, "/odd%20name%2525%20%c3%a9").body == b"odd"


def test_symbolic_links_are_followed_unless_an_option_says_otherwise(tmp_path: Path) -> None:
    with lab_server(tmp_path, "prefork") as running:
        (tmp_path / "htdocs/link.txt").symlink_to(tmp_path / "two/other.html")
        assert ask(running.address, "/link.txt").body == SITE["two/other.html"]


def test_large_files_reach_many_clients_at_once(server: LabServer) -> None:
    targets = [load.Request("/big.bin"), load.Request("/"), load.Request("/big.bin")]
    for exchange in load.at_once(server.address, targets, clients=3):
        assert exchange.body == SITE[f"htdocs/{exchange.request.target[1:] or 'index.html'}"]

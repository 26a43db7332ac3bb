"""The way to a file: symbolic links, .htaccess files, and what is exchanged while the server looks."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.config import AllowOverride, DirectorySettings, Options
from server.config.settings import Place
from tests.support.content_site import ContentSite

NO_LINKS = DirectorySettings(options=Options.NONE)
OWNER = DirectorySettings(options=Options.SYMLINKS_IF_OWNER_MATCH)
FOLLOW = DirectorySettings(options=Options.FOLLOW_SYMLINKS)
SECRET = b"secret"
NOBODY = 65534


def linked(site: ContentSite) -> ContentSite:
    """Fill a site with links that lead in and out of it."""
    site.write("secret.txt", SECRET)
    site.write("elsewhere/a.txt", SECRET)
    site.write("htdocs/index.html", "index")
    site.write("htdocs/sub/a.txt", "a")
    links = {
        "out.txt": site.root / "secret.txt",
        "inside.txt": Path("index.html"),
        "folder": site.root / "elsewhere",
        "near": Path("sub"),
        "loop": Path("loop"),
        "dangling": Path("nothing"),
    }
    for name, target in links.items():
        (site.docroot / name).symlink_to(target)
    return site


@pytest.mark.parametrize(
    "target",
    [
        "/out.txt",
        "/inside.txt",
        "/folder",
        "/folder/",
        "/folder/a.txt",
        "/folder/nothing",
        "/near/a.txt",
        "/loop",
        "/dangling",
        "/dangling/x",
    ],
)
def test_no_link_is_followed_where_none_may_be(tmp_path: Path, target: str) -> None:
    site = linked(ContentSite(tmp_path, directories={"htdocs": NO_LINKS}))
    reply = site.ask(target)
    assert reply.status == 403
    assert SECRET not in reply.body


def test_where_links_are_not_followed_all_else_is_as_ever(tmp_path: Path) -> None:
    site = linked(ContentSite(tmp_path, directories={"htdocs": NO_LINKS}))
    statuses = {
        "/": 200,
        "/sub": 301,
        "/sub/a.txt": 200,
        "/sub/a.txt/x": 404,
        "/sub/nope": 404,
        "/nope/x": 404,
    }
    assert {target: site.ask(target).status for target in statuses} == statuses


def test_links_are_followed_by_default(tmp_path: Path) -> None:
    site = linked(ContentSite(tmp_path))
    statuses = {"/out.txt": 200, "/folder/a.txt": 200, "/near": 301, "/loop": 403, "/dangling": 403}
    assert {target: site.ask(target).status for target in statuses} == statuses


def test_a_link_above_the_section_is_no_concern_of_it(tmp_path: Path) -> None:
    site = ContentSite(tmp_path / "named", directories={"htdocs": NO_LINKS})
    site.root.rename(tmp_path / "real")
    site.root.symlink_to(tmp_path / "real")
    linked(site)
    assert site.ask("/sub/a.txt").body == b"a"
    assert site.ask("/near/a.txt").status == 403


def test_what_holds_further_down_does_not_open_the_way_there(tmp_path: Path) -> None:
    site = ContentSite(
        tmp_path, directories={"htdocs": NO_LINKS, "htdocs/folder": FOLLOW, "htdocs/sub": FOLLOW}
    )
    linked(site)
    (site.docroot / "sub" / "out.txt").symlink_to(site.root / "secret.txt")
    assert site.ask("/folder/a.txt").status == 403
    assert site.ask("/sub/out.txt").body == SECRET


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_link_can_be_good_because_of_its_owner(tmp_path: Path) -> None:
    site = linked(ContentSite(tmp_path, directories={"htdocs": OWNER}))
    assert site.ask("/out.txt").body == SECRET
    assert site.ask("/folder/a.txt").body == SECRET
    os.lchown(site.docroot / "out.txt", NOBODY, NOBODY)
    os.lchown(site.docroot / "folder", NOBODY, NOBODY)
    assert site.ask("/out.txt").status == 403
    assert site.ask("/folder/a.txt").status == 403


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_link_that_is_exchanged_while_its_owner_is_looked_at_is_not_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner of link and target is NOBODY only for who sees the link before and a folder after."""
    site = linked(ContentSite(tmp_path, directories={"htdocs": OWNER}))
    folder, own, away = (site.docroot / name for name in ("folder", "own", "away"))
    own.mkdir()
    (own / "a.txt").write_text("own")
    os.lchown(own, NOBODY, NOBODY)
    os.lchown(folder, NOBODY, NOBODY)
    real_lstat, real_open = os.lstat, os.open

    def lstat_early(path: bytes) -> os.stat_result:
        info = real_lstat(path)
        if path == bytes(folder):
            folder.rename(away)
            own.rename(folder)
        return info

    def open_late(path: bytes, flags: int) -> int:
        if path.endswith(b"a.txt"):
            folder.rename(own)
            away.rename(folder)
        return real_open(path, flags)

    monkeypatch.setattr(os, "lstat", lstat_early)
    monkeypatch.setattr(os, "open", open_late)
    reply = site.ask("/folder/a.txt")
    assert reply.status == 403
    assert SECRET not in reply.body


@pytest.fixture(params=["file", "folder"])
def exchanged(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ContentSite]:
    """A site in which a link takes the place of a file, or of its folder, just before it is opened."""
    site = linked(ContentSite(tmp_path, directories={"htdocs": NO_LINKS}))
    real_open = os.open

    def open_late(path: bytes, flags: int) -> int:
        if request.param == "file" and path.endswith(b"sub/a.txt"):
            (site.docroot / "sub" / "a.txt").unlink()
            (site.docroot / "sub" / "a.txt").symlink_to(site.root / "secret.txt")
        elif path.endswith(b"sub/a.txt"):
            (site.docroot / "sub").rename(site.docroot / "moved")
            (site.docroot / "sub").symlink_to(site.root / "elsewhere")
        return real_open(path, flags)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", open_late)
        yield site


def test_what_is_exchanged_before_it_is_opened_is_not_served(exchanged: ContentSite) -> None:
    reply = exchanged.ask("/sub/a.txt")
    assert reply.status == 403
    assert SECRET not in reply.body


def test_a_folder_that_is_exchanged_before_it_is_opened_is_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = linked(ContentSite(tmp_path, directories={"htdocs": DirectorySettings(options=Options.INDEXES)}))
    assert "a.txt" in site.ask("/sub/").text
    real_open = os.open

    def open_late(path: bytes, flags: int) -> int:
        if flags & os.O_DIRECTORY:
            (site.docroot / "sub").rename(site.docroot / "moved")
            (site.docroot / "sub").symlink_to(site.root / "elsewhere")
        return real_open(path, flags)

    monkeypatch.setattr(os, "open", open_late)
    reply = site.ask("/sub/")
    assert reply.status == 403
    assert "a.txt" not in reply.text


def test_a_file_that_was_replaced_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an editor or a deployment does: a new file under the name of the old one."""
    site = linked(ContentSite(tmp_path, directories={"htdocs": NO_LINKS}))
    real_open = os.open

    def open_late(path: bytes, flags: int) -> int:
        if path.endswith(b"sub/a.txt"):
            site.write("htdocs/sub/new.txt", "new").rename(site.docroot / "sub" / "a.txt")
        return real_open(path, flags)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", open_late)
        exchange = site.exchange("/sub/a.txt")
        response = site.content.respond(exchange)
    assert response.status == 200
    assert os.pread(response.file, 10, 0) == b"new"
    response.close()


def overridden(root: Path, allowed: Place = Place.ALL_CLASSES) -> ContentSite:
    return ContentSite(root, directories={"htdocs": DirectorySettings(allow_override=AllowOverride(allowed))})


def test_htaccess_holds_for_its_folder_and_those_below(tmp_path: Path) -> None:
    site = overridden(tmp_path)
    site.write("htdocs/a/.htaccess", 'ErrorDocument 404 "from a"\n')
    site.write("htdocs/a/b/.htaccess", 'ErrorDocument 404 "from b"\n')
    site.write("htdocs/a/c/x")
    texts = {"/nope": None, "/a/nope": b"from a", "/a/c/nope": b"from a", "/a/b/nope": b"from b"}
    assert {target: site.ask(target).body for target, text in texts.items() if text} == {
        target: text for target, text in texts.items() if text
    }
    assert b"from" not in site.ask("/nope").body


def test_htaccess_is_read_each_time(tmp_path: Path) -> None:
    site = overridden(tmp_path)
    site.write("htdocs/a.txt", "a")
    assert site.ask("/a.txt").status == 200
    site.write("htdocs/.htaccess", "Require all denied\n")
    assert site.ask("/a.txt").status == 403
    (site.docroot / ".htaccess").unlink()
    assert site.ask("/a.txt").status == 200


def test_htaccess_is_not_looked_at_where_nothing_may_be_overridden(tmp_path: Path) -> None:
    site = ContentSite(tmp_path)
    site.write("htdocs/.htaccess", "Require all denied\nNonsense\n")
    site.write("htdocs/a.txt", "a")
    assert site.ask("/a.txt").status == 200


def test_a_wrong_htaccess_is_an_error_of_the_server(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    site = overridden(tmp_path)
    path = site.write("htdocs/.htaccess", "Nonsense\n")
    site.write("htdocs/a.txt", "a")
    assert site.ask("/a.txt").status == 500
    assert re.search(
        rf"\[core:alert\].*{re.escape(str(path))}: Invalid command 'Nonsense'", capfd.readouterr().err
    )


def test_a_directive_that_is_not_allowed_is_an_error_of_the_server(tmp_path: Path) -> None:
    site = overridden(tmp_path, Place.INDEXES)
    site.write("htdocs/.htaccess", "Options Indexes\n")
    assert site.ask("/").status == 500


@pytest.mark.parametrize("kind", ["folder", "fifo", "loop", "too long"])
def test_an_htaccess_that_cannot_be_read_closes_its_folder(tmp_path: Path, kind: str) -> None:
    site = overridden(tmp_path)
    site.write("htdocs/a.txt", "a")
    path = site.docroot / ".htaccess"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path)
    else:
        path.write_bytes(b"#\n" * (1 << 20))
    reply = site.ask("/a.txt")
    assert reply.status == 403
    assert "Server unable to read htaccess file" in reply.text


@pytest.mark.parametrize(
    ("target", "path"),
    [("/near/a.txt", "near"), ("/bad/a.txt", "bad/"), ("/bad/", "bad/"), ("/sub/nope", "sub/nope")],
)
def test_the_log_has_the_path_as_far_as_the_walk_came(tmp_path: Path, target: str, path: str) -> None:
    site = linked(
        ContentSite(
            tmp_path,
            directories={
                "htdocs": NO_LINKS,
                "htdocs/bad": DirectorySettings(allow_override=AllowOverride(Place.ALL_CLASSES)),
            },
        )
    )
    site.write("htdocs/bad/.htaccess", "Nonsense")
    response = site.content.respond(site.exchange(target))
    assert response.path == bytes(site.docroot) + b"/" + path.encode()


def test_links_can_be_forbidden_in_htaccess(tmp_path: Path) -> None:
    site = linked(overridden(tmp_path))
    assert site.ask("/near/a.txt").status == 200
    site.write("htdocs/.htaccess", "Options -FollowSymLinks\n")
    assert site.ask("/near/a.txt").status == 403
    assert site.ask("/sub/a.txt").status == 200


def test_the_calls_are_those_of_httpd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Truth: apache2 2.4.71 under strace with the same files."""
    site = overridden(tmp_path)
    site.write("htdocs/sub/a.txt", "a")
    calls: list[str] = []

    def note(name: str) -> None:
        real = getattr(os, name)

        def noted(path: bytes, *args: object) -> object:
            if isinstance(path, bytes) and path.startswith(bytes(tmp_path)):
                calls.append(f"{name} {os.fsdecode(path).removeprefix(str(tmp_path))}".rstrip())
            return real(path, *args)

        monkeypatch.setattr(os, name, noted)

    for name in ("stat", "lstat", "open"):
        note(name)
    site.ask("/sub/a.txt")
    assert calls == [
        "stat /htdocs/sub/a.txt",
        "open /htdocs/.htaccess",
        "open /htdocs/sub/.htaccess",
        "open /htdocs/sub/a.txt/.htaccess",
        "open /htdocs/sub/a.txt",
    ]
    calls.clear()
    site.ask("/nope/x")
    assert calls == [
        "stat /htdocs/nope/x",
        "lstat",
        "lstat /htdocs",
        "open /htdocs/.htaccess",
        "lstat /htdocs/nope",
    ]

"""Nothing outside of what is served is ever served, whatever the target looks like."""

import os
from pathlib import Path

import pytest

from server.config import AllowOverride, DirectorySettings, Options
from server.config.model import Alias
from server.config.patterns import Pattern
from server.config.settings import Place
from server.http.framing import BadRequestError
from tests.support.content_site import DENIED, ContentSite
from tests.support.traversals import targets

SECRETS = (b"the secret", b"root:")
NO_LINKS = DirectorySettings(options=Options.NONE)
EVERYTHING = DirectorySettings(
    options=Options.FOLLOW_SYMLINKS | Options.INDEXES, allow_override=AllowOverride(Place.ALL_CLASSES)
)


def site_with(root: Path, settings: DirectorySettings, **values: object) -> ContentSite:
    """Return a site with a folder, aliases of every kind, and a secret beside them."""
    shared = bytes(root / "shared")
    site = ContentSite(
        root,
        directories={"htdocs": settings, "shared": settings},
        aliases=[
            Alias(b"/shared", shared),
            Alias(b"/slash/", shared + b"/"),
            Alias(Pattern(rb"^/m(.*)$"), shared + b"$1"),
            Alias(Pattern(rb"^/n(.*)$"), shared + b"/$1"),
        ],
        values=values,
    )
    site.write("secret.txt", "the secret")
    site.write("shared/a.txt", "a")
    site.write("htdocs/index.html", "index")
    site.write("htdocs/sub/index.html", "sub")
    site.write("htdocs/sub/.htaccess", "")
    return site


def leaks(site: ContentSite) -> list[bytes]:
    """Return the targets that get what they should not."""
    inside = [os.fsencode(site.root / name) for name in ("htdocs", "shared")]
    found = []
    for target in targets():
        try:
            exchange = site.exchange(target)
        except BadRequestError:
            continue
        response = site.content.respond(exchange)
        content = b"".join(piece for piece in response.content if isinstance(piece, bytes))
        served = b""
        if response.file >= 0:
            content = os.pread(response.file, 4096, 0)
            served = bytes(Path(f"/proc/self/fd/{response.file}").readlink())
        response.close()
        if any(secret in content for secret in SECRETS) or (served and not served.startswith(tuple(inside))):
            found.append(target)
    return found


def test_there_are_enough_targets() -> None:
    assert len(targets()) > 800


@pytest.mark.parametrize(
    "settings", [DirectorySettings(), NO_LINKS, EVERYTHING], ids=["default", "no links", "all"]
)
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"allow_encoded_slashes": "on"},
        {"allow_encoded_slashes": "nodecode"},
        {"merge_slashes": False},
        {"merge_slashes": False, "allow_encoded_slashes": "on"},
    ],
    ids=lambda values: " ".join(map(str, values)) or "usual",
)
def test_nothing_outside_is_served(
    tmp_path: Path, settings: DirectorySettings, values: dict[str, object]
) -> None:
    assert leaks(site_with(tmp_path, settings, **values)) == []


def test_links_that_lead_out_are_not_followed_where_none_may_be(tmp_path: Path) -> None:
    site = site_with(tmp_path, NO_LINKS)
    (site.docroot / "out.txt").symlink_to(tmp_path / "secret.txt")
    (site.docroot / "folder").symlink_to(tmp_path)
    (site.docroot / "sub" / "up").symlink_to("../..")
    assert leaks(site) == []
    assert site.ask("/sub/up/secret.txt").status == 403


def test_the_search_finds_a_leak(tmp_path: Path) -> None:
    site = site_with(tmp_path, DirectorySettings())
    (site.docroot / "out.txt").symlink_to(tmp_path / "secret.txt")
    (site.docroot / "folder").symlink_to(tmp_path)
    assert set(leaks(site)) >= {b"/out.txt", b"/folder/secret.txt"}


@pytest.mark.parametrize("name", [".htaccess", ".htpasswd", "sub/.htaccess"])
def test_names_with_ht_are_served_unless_the_configuration_denies_them(tmp_path: Path, name: str) -> None:
    """httpd denies them by a ``<Files ".ht*">`` of its configuration alone."""
    shut = ContentSite(tmp_path, files={".ht*": DirectorySettings(require=DENIED)})
    shut.write(f"htdocs/{name}", "the secret")
    assert ContentSite(tmp_path).ask(f"/{name}").body == b"the secret"
    for target in (
        name,
        name.replace(".", "%2e"),
        f"./{name}",
        f"x/../{name}",
        f"{name}/",
        f"{name}/x",
        f"{name}%20",
    ):
        reply = shut.ask(f"/{target}")
        assert reply.status in (403, 404)
        assert b"secret" not in reply.body

"""Sections and what is merged of them: patterns, Options, Require, .htaccess."""

from pathlib import Path

import pytest

from server.config import AllowOverride, ConfigError, DirectorySettings, Options, Section, read_htaccess
from server.config.settings import DEFAULTS, Place
from server.config.wildcards import wildcard_pattern
from tests.support.configurations import configured

NESTED = """\
<RequireAll>
Require all granted
<RequireNone>
Require ip 1.2.3.4
</RequireNone>
</RequireAll>"""
EVERYTHING = AllowOverride(Place.ALL_CLASSES)


def merged(root: Path, *texts: str) -> DirectorySettings:
    """Return what ``<Directory>`` sections of those lines come to, the last one over the others."""
    sections = "".join(f"<Directory /{number}>\n{text}\n</Directory>\n" for number, text in enumerate(texts))
    settings = DEFAULTS
    for section in configured(root, sections).main.directories:
        settings = settings.merged(section.settings)
    return settings


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([""], Options.FOLLOW_SYMLINKS),
        (["Options None"], Options.NONE),
        (["Options All"], Options.ALL),
        (["Options Indexes", "Options ExecCGI"], Options.EXEC_CGI),
        (["Options Indexes FollowSymLinks"], Options.INDEXES | Options.FOLLOW_SYMLINKS),
        (["Options +Indexes"], Options.INDEXES | Options.FOLLOW_SYMLINKS),
        (
            ["Options Indexes FollowSymLinks", "Options +ExecCGI -Indexes"],
            Options.FOLLOW_SYMLINKS | Options.EXEC_CGI,
        ),
        (["Options +Indexes", "Options -FollowSymLinks"], Options.INDEXES),
        (["Options Indexes\nOptions FollowSymLinks"], Options.FOLLOW_SYMLINKS),
        (["Options Indexes\nOptions +MultiViews"], Options.INDEXES | Options.MULTIVIEWS),
        (
            ["Options -Indexes", "Options Indexes", "Options +SymLinksIfOwnerMatch"],
            Options.INDEXES | Options.SYMLINKS_IF_OWNER_MATCH,
        ),
    ],
)
def test_options_with_a_sign_change_what_is_inherited(
    tmp_path: Path, texts: list[str], expected: Options
) -> None:
    assert merged(tmp_path, *texts).options == expected


def test_later_sections_win_and_silence_inherits(tmp_path: Path) -> None:
    settings = merged(
        tmp_path,
        "DirectoryIndex a b\nErrorDocument 404 /a\nErrorDocument 403 no\nAddType text/a .x\n"
        "EnableSendfile On",
        "DirectoryIndex disabled\nErrorDocument 404 http://b/\nRemoveType x\nIndexOptions FancyIndexing",
        "IndexOptions +FoldersFirst -FancyIndexing",
    )
    assert settings.directory_index == ()
    assert settings.error_documents == {404: b"http://b/", 403: b'"no'}
    assert settings.types == {b"x": None}
    assert settings.enable_sendfile is True
    assert settings.index_options == {"foldersfirst": ""}


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("/a/*", "/a/b", True),
        ("/a/*", "/a/b/c", False),
        ("/a/?", "/a/bc", False),
        ("*.[ch]", "x.c", True),
        ("*.[!ch]", "x.c", False),
        ("*.[^ch]", "x.o", True),
        ("[a", "[a", True),
        (r"\*", "*", True),
        (r"\*", "a", False),
        ("[]x]", "]", True),
        ("a[/]b", "a/b", False),
        (".ht*", ".htaccess", True),
        ("a.c", "abc", False),
    ],
)
def test_wildcards(pattern: str, text: str, expected: bool) -> None:
    assert (wildcard_pattern(pattern.encode()).fullmatch(text.encode()) is not None) == expected


@pytest.mark.parametrize(
    ("opening", "kind", "text", "expected"),
    [
        ('<Directory "/srv/x/">', "directories", "/srv/x", True),
        ('<Directory "/srv/x">', "directories", "/srv/xy", False),
        ("<Directory /srv/*/a>", "directories", "/srv/b/a", True),
        ('<Directory ~ "^/srv/[0-9]+">', "directories", "/srv/12/x", True),
        ('<DirectoryMatch "^/srv/(?<n>[0-9]+)$">', "directories", "/srv/12", True),
        ("<Files *.txt>", "files", "a.txt", True),
        (r'<FilesMatch "\.(gif|png)$">', "files", "a.png", True),
        (r'<FilesMatch "\.(gif|png)$">', "files", "a.pngx", False),
    ],
)
def test_sections_know_what_they_are_for(
    tmp_path: Path, opening: str, kind: str, text: str, expected: bool
) -> None:
    name = opening[1:].split(maxsplit=1)[0]
    config = configured(tmp_path, f"{opening}\n</{name}>\n")
    (section,) = getattr(config.main, kind)
    assert section.matches(text.encode()) == expected


@pytest.mark.parametrize(
    ("opening", "path", "expected"),
    [
        ("<Location /a>", "/a", True),
        ("<Location /a>", "/a/b", True),
        ("<Location /a>", "/ab", False),
        ("<Location /a/>", "/a/b", True),
        ("<Location /a/>", "/a", False),
        ("<Location />", "/anything", True),
        ("<Location /a/*>", "/a/b", True),
        ('<LocationMatch "^/(a|b)/">', "/b/c", True),
        ('<Location ~ "/(a|b)$">', "/b/c", False),
    ],
)
def test_locations_are_for_paths_and_what_is_below(
    tmp_path: Path, opening: str, path: str, expected: bool
) -> None:
    name = opening[1:].split(maxsplit=1)[0]
    (section,) = configured(tmp_path, f"{opening}\n</{name}>\n").main.locations
    assert section.matches_url(path.encode()) == expected


@pytest.mark.parametrize(
    ("text", "allowed", "refused"),
    [
        ("Require all granted", ["127.0.0.1", "::1", "10.1.2.3"], []),
        ("Require all denied", [], ["127.0.0.1"]),
        ("Require local", ["127.0.0.1", "::1", "127.1.2.3", "::ffff:127.0.0.1"], ["10.1.2.3"]),
        ("Require ip 10.1", ["10.1.2.3"], ["10.2.2.3", "::1"]),
        ("Require ip 10.1.0.0/16 fd00::/8", ["10.1.2.3", "fd00::5"], ["10.2.0.1", "fe80::1"]),
        ("Require ip 10.1.0.0/255.255.0.0", ["10.1.2.3"], ["10.2.2.3"]),
        ("Require ip 1.2.3.4\nRequire ip 1.2.3.5", ["1.2.3.4", "1.2.3.5"], ["1.2.3.6"]),
        ("Require method POST", [], ["1.2.3.4"]),
        (
            "<RequireAll>\nRequire all granted\nRequire not ip 1.2.3.4\n</RequireAll>",
            ["1.2.3.5"],
            ["1.2.3.4"],
        ),
        (
            NESTED,
            ["1.2.3.5"],
            ["1.2.3.4"],
        ),
    ],
)
def test_require(tmp_path: Path, text: str, allowed: list[str], refused: list[str]) -> None:
    require = merged(tmp_path, text).require
    assert require is not None
    assert [client for client in allowed + refused if require.allows(client, b"GET")] == allowed


@pytest.mark.parametrize(
    ("merging", "granted"), [("", True), ("AuthMerging And\n", False), ("AuthMerging Or\n", True)]
)
def test_a_sections_own_require_replaces_what_held_unless_it_is_merged(
    tmp_path: Path, merging: str, granted: bool
) -> None:
    require = merged(tmp_path, "Require all denied", f"{merging}Require all granted").require
    assert require is not None
    assert require.allows("1.2.3.4", b"GET") == granted


def htaccess(text: str, allowed: AllowOverride = EVERYTHING) -> DirectorySettings:
    return read_htaccess(b"/srv/.htaccess", text.encode(), allowed)


def test_htaccess_says_what_holds_in_its_folder() -> None:
    settings = htaccess("Options +Indexes\nErrorDocument 404 /e\n<Files *.x>\nRequire all denied\n</Files>\n")
    assert settings.options_add == Options.INDEXES
    assert settings.error_documents == {404: b"/e"}
    assert [section.matches(b"a.x") for section in settings.files] == [True]


@pytest.mark.parametrize(
    ("classes", "text", "message"),
    [
        (Place.INDEXES, "Options None", "Options not allowed here"),
        (Place.FILE_INFO, "Require all granted", "Require not allowed here"),
        (Place.ALL_CLASSES, "Listen 80", "Listen not allowed here"),
        (Place.ALL_CLASSES, "AllowOverride All", "AllowOverride not allowed here"),
        (Place.ALL_CLASSES, "<Directory />\n</Directory>", "<Directory not allowed here"),
        (Place.ALL_CLASSES, "Include x", "Include not allowed here"),
        (Place.ALL_CLASSES, "Nonsense", "Invalid command 'Nonsense', perhaps misspelled"),
        (Place.ALL_CLASSES, "SetHandler crash", "SetHandler crash not allowed here"),
        (Place.OPTIONS, "<Files x>\nRequire all granted\n</Files>", "Require not allowed in <Files> context"),
    ],
)
def test_htaccess_may_not_say_everything(classes: Place, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        htaccess(text, AllowOverride(classes))
    assert str(caught.value).startswith(f"/srv/.htaccess: {message}")


def test_allow_override_names_options_and_directives(tmp_path: Path) -> None:
    allowed = merged(
        tmp_path, "AllowOverride Options=Indexes,MultiViews\nAllowOverrideList Redirect"
    ).allow_override
    assert allowed
    assert htaccess("Options +Indexes\nRedirect /a /b\n", allowed).redirects
    with pytest.raises(ConfigError, match="Option ExecCGI not allowed here"):
        htaccess("Options ExecCGI\n", allowed)
    with pytest.raises(ConfigError, match="RedirectMatch not allowed here"):
        htaccess("RedirectMatch /a /b\n", allowed)


def test_nonfatal_leaves_out_what_is_not_allowed(tmp_path: Path) -> None:
    allowed = merged(tmp_path, "AllowOverride Indexes Nonfatal=Override").allow_override
    assert allowed
    assert htaccess("Options All\nDirectoryIndex a\n", allowed).directory_index == (b"a",)
    with pytest.raises(ConfigError, match="Invalid command"):
        htaccess("Nonsense\n", allowed)
    unknown = merged(tmp_path, "AllowOverride Indexes Nonfatal=All").allow_override
    assert unknown
    assert htaccess("Nonsense\nDirectoryIndex a\n", unknown).directory_index == (b"a",)


def test_the_depth_of_a_section_is_the_number_of_its_components() -> None:
    assert [Section(path, DirectorySettings()).depth for path in (b"/", b"/a", b"/a/b")] == [0, 1, 2]

"""Index pages. The expected texts were taken from apache2 2.4.71 with the same files."""

import errno
import os
import re
from pathlib import Path

import pytest

from server.config import DirectorySettings, Options
from server.config.settings import Decoration
from server.content.index_entry import Entry, sort
from server.content.index_query import View
from server.content.listing import size
from tests.support.content_site import DENIED, ContentSite

INDEXES = Options.INDEXES | Options.FOLLOW_SYMLINKS
TIME = 1706933106  # 2024-02-03 04:05:06 UTC
LONG = "a_name_that_is_longer_than_twenty_three.txt"
ODD = 'odd <&"> é %name.html'


def indexed(root: Path, **settings: object) -> ContentSite:
    """Return a site whose folder ``dir`` has an index page."""
    base = DirectorySettings(options=INDEXES, **settings)  # type: ignore[arg-type]
    site = ContentSite(root, base=base)
    for name, length in {"b.bin": 3000, "a.txt": 2, LONG: 2_000_000, ODD: 2, ".hidden": 1}.items():
        site.write(f"htdocs/dir/{name}", b"x" * length)
    site.write("htdocs/dir/sub/x")
    (site.docroot / "dir/link.txt").symlink_to("a.txt")
    for path in (site.docroot / "dir").iterdir():
        os.utime(path, (TIME, TIME))
    return site


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


def names(text: str) -> list[str]:
    """Return what the lines link to, in their order."""
    return [part.partition('"')[0] for part in text.split('<a href="')[1:] if not part.startswith("?")]


def test_the_plain_form_is_a_list(tmp_path: Path) -> None:
    reply = indexed(tmp_path).ask("/dir/")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html;charset=ISO-8859-1")
    assert reply.body.decode() == (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n'
        "<html>\n <head>\n  <title>Index of /dir</title>\n </head>\n <body>\n<h1>Index of /dir</h1>\n"
        '<ul><li><a href="/"> Parent Directory</a></li>\n'
        '<li><a href=".hidden"> .hidden</a></li>\n'
        '<li><a href="a.txt"> a.txt</a></li>\n'
        f'<li><a href="{LONG}"> {LONG}</a></li>\n'
        '<li><a href="b.bin"> b.bin</a></li>\n'
        '<li><a href="link.txt"> link.txt</a></li>\n'
        '<li><a href="odd%20%3c&amp;%22%3e%20%c3%a9%20%25name.html">'
        " odd &lt;&amp;&quot;&gt; é %name.html</a></li>\n"
        '<li><a href="sub/"> sub/</a></li>\n'
        "</ul>\n</body></html>\n"
    )


def test_the_fancy_form_has_columns(tmp_path: Path) -> None:
    text = indexed(tmp_path, index_options={"fancyindexing": ""}).ask("/dir/").text
    lines = text.splitlines()
    assert lines[7] == (
        '<pre>      <a href="?C=N;O=D">Name</a>                    <a href="?C=M;O=A">Last modified</a>      '
        '<a href="?C=S;O=A">Size</a>  <a href="?C=D;O=A">Description</a><hr>'
        '      <a href="/">Parent Directory</a>                             -   '
    )
    assert lines[9] == '      <a href="a.txt">a.txt</a>                   2024-02-03 04:05    2   '
    assert lines[10] == f'      <a href="{LONG}">a_name_that_is_longe..&gt;</a> 2024-02-03 04:05  1.9M  '
    assert lines[11] == '      <a href="b.bin">b.bin</a>                   2024-02-03 04:05  2.9K  '
    assert lines[-3] == '      <a href="sub/">sub/</a>                    2024-02-03 04:05    -   '
    assert lines[-2] == "<hr></pre>"


def test_the_table_form_is_a_table(tmp_path: Path) -> None:
    options = {"fancyindexing": "", "htmltable": "", "namewidth": "*"}
    text = indexed(tmp_path, index_options=options).ask("/dir/").text
    assert '   <tr><th colspan="5"><hr></th></tr>\n' in text
    assert (
        '<tr><td valign="top">&nbsp;</td><td><a href="a.txt">a.txt</a></td>'
        '<td align="right">2024-02-03 04:05  </td><td align="right">  2 </td><td>&nbsp;</td></tr>\n'
    ) in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["/", ".hidden", "a.txt", LONG, "b.bin", "link.txt", "odd", "sub/"]),
        ("?C=N;O=D", ["/", "sub/", "odd", "link.txt", "b.bin", LONG, "a.txt", ".hidden"]),
        ("?C=S;O=A", ["/", "sub/", ".hidden", "a.txt", "link.txt", "odd", "b.bin", LONG]),
        ("?C=S&O=D", ["/", LONG, "b.bin", "odd", "link.txt", "a.txt", ".hidden", "sub/"]),
        ("?nonsense;C=S", ["/", ".hidden", "a.txt", LONG, "b.bin", "link.txt", "odd", "sub/"]),
        ("?P=*.txt", ["/", "a.txt", LONG, "link.txt"]),
        ("?P=.*", ["/", ".hidden"]),
        ("?P=%2e*;O=D", ["/", ".hidden"]),
        ("?P=%zz", ["/", ".hidden", "a.txt", LONG, "b.bin", "link.txt", "odd", "sub/"]),
    ],
)
def test_the_client_chooses_the_order_and_what_is_shown(
    tmp_path: Path, query: str, expected: list[str]
) -> None:
    site = indexed(tmp_path, index_options={"fancyindexing": ""})
    shown = names(site.ask(f"/dir/{query}").text)
    assert [name if not name.startswith("odd") else "odd" for name in shown] == expected


def test_the_client_is_not_asked_where_that_is_forbidden(tmp_path: Path) -> None:
    site = indexed(tmp_path, index_options={"fancyindexing": "", "ignoreclient": ""})
    text = site.ask("/dir/?C=N;O=D;F=0").text
    assert names(text)[1] == ".hidden"
    assert "?C=" not in text
    assert "<pre>" in text


@pytest.mark.parametrize(
    ("query", "form"), [("?F=0", "<ul>"), ("?F=1", "<pre>"), ("?F=2", "<table>"), ("?F=3", "<ul>")]
)
def test_the_client_chooses_the_form(tmp_path: Path, query: str, form: str) -> None:
    assert form in indexed(tmp_path).ask(f"/dir/{query}").text


def test_what_the_client_chose_is_kept_in_the_links(tmp_path: Path) -> None:
    text = indexed(tmp_path).ask("/dir/?F=1;V=1;P=%3C%22*").text
    assert '<a href="?C=N;O=D;F=1;V=1;P=%3c%22*">' in text


def test_the_configured_order_holds_until_the_client_chooses(tmp_path: Path) -> None:
    site = indexed(tmp_path, index_options={"fancyindexing": ""}, index_order_default=(b"D", b"S"))
    assert names(site.ask("/dir/").text)[1] == LONG
    assert names(site.ask("/dir/?C=N;O=A").text)[1] == ".hidden"


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        ((b".??*",), ["/", "a.txt", LONG, "b.bin", "link.txt", "odd", "sub/"]),
        ((b"*.txt", b"sub"), ["/", ".hidden", "b.bin", "odd"]),
        ((b"..",), [".hidden", "a.txt", LONG, "b.bin", "link.txt", "odd", "sub/"]),
        ((b"*",), []),
    ],
)
def test_names_can_be_left_out(tmp_path: Path, patterns: tuple[bytes, ...], left: list[str]) -> None:
    shown = names(indexed(tmp_path, index_ignore=patterns).ask("/dir/").text)
    assert [name if not name.startswith("odd") else "odd" for name in shown] == left


def test_what_the_client_may_not_have_is_not_shown(tmp_path: Path) -> None:
    sections = {"htdocs/dir/sub": DirectorySettings(require=DENIED)}
    site = ContentSite(
        tmp_path,
        base=DirectorySettings(options=INDEXES),
        directories=sections,
        files={"*.key": DirectorySettings(require=DENIED)},
    )
    for name in ("sub/x", "a.key", "b.txt"):
        site.write(f"htdocs/dir/{name}")
    (site.docroot / "dir/dangling").symlink_to("nothing")
    os.mkfifo(site.docroot / "dir/fifo")
    assert names(site.ask("/dir/").text) == ["/", "b.txt"]


def test_what_the_client_may_not_have_can_be_shown(tmp_path: Path) -> None:
    site = ContentSite(
        tmp_path,
        base=DirectorySettings(options=INDEXES, index_options={"showforbidden": ""}),
        files={"*.key": DirectorySettings(require=DENIED)},
    )
    site.write("htdocs/dir/a.key")
    assert names(site.ask("/dir/").text) == ["/", "a.key"]


def test_icons_alternative_texts_and_descriptions_are_by_name(tmp_path: Path) -> None:
    site = indexed(
        tmp_path,
        index_options={"fancyindexing": "", "iconwidth": "20", "iconheight": "22"},
        icons=(
            Decoration(b"/i/text.gif", b".txt", "path"),
            Decoration(b"/i/web.gif", b"text/html", "type"),
            Decoration(b"/i/up.gif", b"..", "path"),
            Decoration(b"/i/folder.gif", b"^^DIRECTORY^^", "path"),
            Decoration(b"/i/none.gif", b"^^BLANKICON^^", "path"),
        ),
        alts=(Decoration(b"TXT", b".txt", "path"), Decoration(b"WEB", b"text/html", "type")),
        default_icon=b"/i/unknown.gif",
        descriptions=(Decoration(b"<b>binary</b> file", b"*.bin", "path"),),
    )
    text = site.ask("/dir/").text
    sizes = ' width="20" height="22"'
    for url, alt in {
        "none": "Icon ",
        "up": "[PARENTDIR]",
        "folder": "[DIR]",
        "text": "[TXT]",
        "web": "[WEB]",
        "unknown": "[   ]",
    }.items():
        assert f'<img src="/i/{url}.gif" alt="{alt}"{sizes}>' in text
    assert "2.9K  <b>binary</b> file\n" in text


def test_a_description_that_is_too_long_is_cut(tmp_path: Path) -> None:
    """The last character becomes ``>``; tags count as none, entities as one."""
    text = b"a <b>very</b> long &amp; winding text that goes on"
    options = {"fancyindexing": "", "descriptionwidth": "13"}
    site = indexed(tmp_path, index_options=options, descriptions=(Decoration(text, b"b.bin", "path"),))
    assert "2.9K  a <b>very</b> long &amp>\n" in site.ask("/dir/").text


def test_titles_can_be_the_descriptions(tmp_path: Path) -> None:
    site = ContentSite(
        tmp_path,
        base=DirectorySettings(options=INDEXES, index_options={"fancyindexing": "", "scanhtmltitles": ""}),
    )
    site.write("htdocs/dir/a.html", "<html>\n<TITLE>\n the\ntitle &amp;</title>")
    site.write("htdocs/dir/b.html", "<p>none")
    site.write("htdocs/dir/c.txt", "<title>no page</title>")
    site.write("htdocs/dir/d.html", "<title>open")
    site.write("htdocs/dir/e.html", b" " * 9000 + b"<title>far away</title>")
    text = site.ask("/dir/").text
    found = re.findall(r">(\w)\.\w+</a> +[0-9-]+ [0-9:]+ +[0-9.]+[ K]  (.*)\n", text)
    assert found == [("a", " the title &amp;"), ("b", ""), ("c", ""), ("d", "open"), ("e", "")]


def test_a_page_can_be_xhtml(tmp_path: Path) -> None:
    options = {"xhtml": "", "fancyindexing": ""}
    icons = (Decoration(b"/i/text.gif", b".txt", "path"),)
    text = (
        indexed(tmp_path, index_options=options, icons=icons, index_style_sheet=b"/x.css").ask("/dir/").text
    )
    assert text.startswith('<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"\n')
    assert '  <link rel="stylesheet" href="/x.css" type="text/css" />\n' in text
    assert '<img src="/i/text.gif" alt="[   ]" />' in text
    assert text.count("<hr />") == 2
    assert "<hr>" not in text


def test_a_page_can_say_when_its_folder_was_modified(tmp_path: Path) -> None:
    site = indexed(tmp_path, index_options={"trackmodified": ""})
    os.utime(site.docroot / "dir", (TIME, TIME))
    headers = site.ask("/dir/").headers
    assert headers["Last-Modified"] == "Sat, 03 Feb 2024 04:05:06 GMT"
    assert headers["ETag"] == f'"{(site.docroot / "dir").stat().st_size:x}-{TIME * 10**6:x}"'


def test_header_and_readme_are_shown(tmp_path: Path) -> None:
    site = indexed(tmp_path, header_name=b"HEAD.txt", readme_name=b"TAIL.html")
    site.write("htdocs/dir/HEAD.txt", "a < b & c")
    site.write("htdocs/dir/TAIL.html", "<hr>the end")
    text = site.ask("/dir/").text
    assert " <body>\n<pre>\na &lt; b &amp; c</pre>\n<ul>" in text
    assert text.endswith("</ul>\n<hr>the end</body></html>\n")


def test_a_header_cannot_be_fetched_from_what_is_closed(tmp_path: Path) -> None:
    site = indexed(tmp_path, header_name=b"/shut/a.txt")
    site.write("htdocs/shut/a.txt", "secret")
    site.write("htdocs/shut/.htaccess")
    closed = ContentSite(
        tmp_path,
        base=site.base,
        directories={"htdocs/shut": DirectorySettings(require=DENIED)},
    )
    assert "secret" in site.ask("/dir/").text
    assert "secret" not in closed.ask("/dir/").text


def test_head_says_how_long_the_page_is(tmp_path: Path) -> None:
    site = indexed(tmp_path)
    lengths = []
    for method in ("GET", "HEAD"):
        response = site.content.respond(site.exchange("/dir/", method=method))
        lengths.append((response.status, response.content_length))
    assert lengths[0] == lengths[1]
    assert lengths[0][1] > 0


def test_without_the_option_there_is_no_index(tmp_path: Path) -> None:
    site = ContentSite(tmp_path)
    site.write("htdocs/dir/x")
    assert site.ask("/dir/").status == 403


def test_without_descriptors_there_is_no_index_for_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = indexed(tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))

    def none_left(_: int) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", none_left)
        assert site.ask("/dir/").status == 503
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_an_index_that_cannot_be_read_is_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = indexed(tmp_path)
    real_open = os.open

    def refuse(path: bytes, flags: int) -> int:
        if flags & os.O_DIRECTORY:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real_open(path, flags)

    monkeypatch.setattr(os, "open", refuse)
    assert site.ask("/dir/").status == 403


def test_the_root_has_no_parent(tmp_path: Path) -> None:
    assert names(indexed(tmp_path).ask("/").text) == ["dir/"]


def test_a_name_with_a_colon_is_no_scheme(tmp_path: Path) -> None:
    site = indexed(tmp_path)
    site.write("htdocs/dir/javascript:alert(1)")
    assert "./javascript:alert(1)" in names(site.ask("/dir/").text)


@pytest.mark.parametrize(
    ("count", "text"),
    [(-1, "  - "), (0, "  0 "), (972, "972 "), (973, "1.0K"), (1023, "1.0K"), (1024, "1.0K"), (1536, "1.5K"),
     (9_900, "9.7K"), (10_188, "9.9K"),
     (10_200, " 10K"), (995_000, "972K"), (996_352, "1.0M"), (2_000_000, "1.9M"),
     (5 << 30, "5.0G"), (7 << 60, "7.0E")],
)  # fmt: skip
def test_sizes_have_four_characters(count: int, text: str) -> None:
    assert size(count) == text


def test_versions_are_sorted_as_numbers() -> None:
    entries = [Entry(name) for name in (b"f10", b"f9", b"F1", b"f1.02", b"f1.1", b"f1.01")]
    sort(entries, b"N", descending=False, by_version=True, ignore_case=False)
    assert [entry.name for entry in entries] == [b"F1", b"f1.01", b"f1.02", b"f1.1", b"f9", b"f10"]


def test_case_can_be_ignored() -> None:
    entries = [Entry(name) for name in (b"b", b"A", b"a", b"C")]
    sort(entries, b"N", descending=False, by_version=False, ignore_case=True)
    assert [entry.name for entry in entries] == [b"A", b"a", b"b", b"C"]


def test_folders_can_be_first_in_either_order() -> None:
    entries = [Entry(b"a"), Entry(b"z/", is_folder=True), Entry(b"/"), Entry(b"b/", is_folder=True)]
    sort(entries, b"N", descending=True, by_version=False, ignore_case=False)
    assert [entry.name for entry in entries] == [b"/", b"z/", b"b/", b"a"]


def test_a_query_can_be_hostile() -> None:
    view = View.of(b"C=" + b"N;" * 10_000 + b"P=" + b"*" * 5000, {}, None)
    assert (view.column, view.pattern) == (b"N", None)


@pytest.mark.parametrize(
    "pattern", [b"*a" * 4000, b"[" * 4000, b"*" * 900 + b"!", b"(" * 500, b"[z-a]", b"\\"]
)
def test_a_pattern_can_be_hostile(pattern: bytes) -> None:
    view = View.of(b"P=" + pattern, {}, None)
    assert not any(view.wants(name) for name in (b"b" * 255, b"x"))

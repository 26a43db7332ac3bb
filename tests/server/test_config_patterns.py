"""The regular expressions of the configuration: PCRE2's syntax, and an end for those that try for years."""

from pathlib import Path

import pytest

from server.config.patterns import Pattern
from server.config.wildcards import plain_wildcards
from tests.support import raw_http
from tests.support.lab_server import lab_server

NESTED = "^/(a|aa)+$"  # twice as many ways for each a

FOUND = {
    "a group by name": (rb"(?<dir>[a-z]+)/\k<dir>$", b"/x/ab/ab", (b"ab/ab", b"ab")),
    "a group that is not part of it": (rb"a(b)?(c)", b"ac", (b"ac", None, b"c")),
    "what is around": (rb"(?<=/)(?!y)\w+(?=\.html)", b"/xa.html", (b"xa",)),
    "POSIX classes": (rb"[[:digit:]]+[[:^space:]]", b"a12b", (b"12b",)),
    "possessive and atomic": (rb"(?>a+)b*+c", b"aabc", (b"aabc",)),
    "options inside": (rb"(?i)\.PNG\z", b"a.png", (b".png",)),
    "bytes that are no UTF-8": (rb"\xff.", b"a\xff\xfe", (b"\xff\xfe",)),
    "characters by their number": (rb"\x2E\x{2f}\x{0041}\x9\\x\x{61}+", b"./A\t\\xaa", (b"./A\t\\xaa",)),
    "a dot for a newline": (rb"a.b", b"a\nb", (b"a\nb",)),
    "the end, not a newline before it": (rb"a$", b"a\n", None),
}


@pytest.mark.parametrize("name", FOUND)
def test_patterns_mean_what_they_do_in_httpd(name: str) -> None:
    pattern, text, groups = FOUND[name]
    assert Pattern(pattern).search(text) == groups


def test_case_is_ignored_where_that_is_asked_for() -> None:
    assert Pattern(b"moz", ignore_case=True).search(b"MOZILLA") == (b"MOZ",)
    assert Pattern(b"moz").search(b"MOZILLA") is None


@pytest.mark.parametrize(
    "text", [b"(", b"a{99999}", b"[z-a]", b"(?<n>", b"\\", b"[[:none:]]", b"(" * 300 + b")" * 300]
)
def test_what_is_no_pattern_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="compilation failed"):
        Pattern(text)


@pytest.mark.parametrize("text", [rb"^(a|aa)+$", rb"^(\w+\s?)*$", rb"(x+x+)+y|^(a+)+$", rb"^(a?){60}a{60}!$"])
def test_a_pattern_that_would_try_for_years_is_given_up_and_no_match(text: bytes) -> None:
    assert Pattern(text).search(b"a" * 200 + b"!") is None


def test_no_pattern_can_raise_its_limit() -> None:
    assert Pattern(rb"(*LIMIT_MATCH=4000000000)^(a|aa)+$").search(b"a" * 200 + b"!") is None


def test_stars_are_not_tried_again() -> None:
    assert plain_wildcards(b"*a" * 60 + b"*b").fullmatch(b"a" * 250) is None
    assert plain_wildcards(b"*a?*b").fullmatch(b"xaxab")


def test_a_visitor_of_such_a_folder_is_answered_and_so_are_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "htdocs" / "theirs"
    folder.mkdir(parents=True)
    (folder / ".htaccess").write_text(
        f"RedirectMatch {NESTED.replace('/', '/theirs/')} /elsewhere\nSetEnvIf Request_URI {NESTED} seen\n"
        f"<FilesMatch {NESTED.replace('/', '')}>\nRequire all denied\n</FilesMatch>\n"
    )
    extra = "<Directory htdocs>\nAllowOverride All\n</Directory>"
    with lab_server(tmp_path, "event", servers=1, extra=extra) as server:
        for path, status in (b"/theirs/" + b"a" * 200 + b"!", 404), (b"/", 200):
            assert raw_http.ask(server.address, path).status == status
        assert raw_http.ask(server.address, b"/theirs/aaa").status == 403

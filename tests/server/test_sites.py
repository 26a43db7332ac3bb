"""Which virtual host a request is for: by address and port first, then by name."""

from pathlib import Path

import pytest

from server.logs.error_log import ErrorLog
from server.sites import Sites
from server.virtual_hosts import chains_of, find_chain
from tests.support.configurations import HOSTS, configured


@pytest.mark.parametrize(
    ("address", "port", "host", "expected"),
    [
        ("10.0.0.1", 80, "a.example", "a.example"),
        (
            "10.0.0.1",
            80,
            "b.example",
            "a.example",
        ),  # the alias of the first comes before the name of the second
        ("10.0.0.1", 80, "e.example", "b.example"),
        ("10.0.0.1", 80, "x.y.c.example", "a.example"),
        ("10.0.0.1", 80, "x.d.example", "a.example"),
        ("10.0.0.1", 80, "unknown.example", "a.example"),
        ("10.0.0.1", 80, "e.example.", "b.example"),
        ("10.0.0.1", 80, "", "a.example"),
        ("10.0.0.1", 8081, "a.example", "star.example"),
        ("127.0.0.1", 81, "a.example", "only.example"),
        ("127.0.0.1", 80, "only.example", "a.example"),
        ("::1", 82, "x", "six.example"),
        ("127.0.0.2", 83, "x", "six.example"),
        ("127.0.0.3", 80, "any.example", "exact.example"),
        ("127.0.0.3", 99, "exact.example", "any.example"),
        ("::ffff:127.0.0.1", 81, "x", "only.example"),
    ],
)
def test_the_address_decides_before_the_name(
    tmp_path: Path, address: str, port: int, host: str, expected: str
) -> None:
    sites = Sites(configured(tmp_path, HOSTS), ErrorLog())
    assert sites.select((address, port), host.encode()).name.decode() == expected


def test_without_a_host_for_the_address_it_is_the_main_server(tmp_path: Path) -> None:
    sites = Sites(configured(tmp_path, "<VirtualHost 127.0.0.9>\nServerName x\n</VirtualHost>\n"), ErrorLog())
    assert sites.select(("127.0.0.1", 80), b"x").name == b"localhost"


def test_a_chain_is_found_by_the_exact_port_first(tmp_path: Path) -> None:
    chains = chains_of(configured(tmp_path, HOSTS).virtual_hosts)
    assert [(chain.address, chain.port) for chain in chains if not chain.address] == [("", 80), ("", 0)]
    found = find_chain(chains, "1.2.3.4", 80)
    assert found is not None
    assert [host.server_name for host in found.hosts] == ["a.example", "b.example"]
    assert find_chain([], "1.2.3.4", 80) is None


def test_a_host_inherits_what_it_does_not_say(tmp_path: Path) -> None:
    text = (
        "DocumentRoot .\nAlias /m /main\nTimeout 9\nKeepAlive Off\nDirectoryIndex main.html\n"
        "<Directory /x>\nOptions None\n</Directory>\n<Location /m>\nOptions None\n</Location>\n"
        "CustomLog main.log %h\n"
        "<VirtualHost *>\nServerName own\nAlias /m /own\nKeepAlive On\n"
        "<Directory />\nOptions All\n</Directory>\n<Location /h>\nOptions None\n</Location>\n</VirtualHost>\n"
    )
    site = Sites(configured(tmp_path, text), ErrorLog()).select(("127.0.0.1", 80), b"own")
    assert site.file_path(b"/m/a") == b"/own/a"
    assert (site.values.timeout, site.values.keep_alive) == (9, True)
    assert site.document_root == bytes(tmp_path)
    assert site.base.directory_index == (b"main.html",)
    assert [section.pattern for section in site.directories] == [b"/", b"/x"]
    assert [section.pattern for section in site.locations] == [b"/m", b"/h"]
    assert len(site.access_logs) == 1


@pytest.mark.parametrize(
    ("line", "path", "expected"),
    [
        ("Alias /a /srv/a", b"/a", b"/srv/a"),
        ("Alias /a /srv/a", b"/a/b", b"/srv/a/b"),
        ("Alias /a /srv/a", b"/ab", b"ROOT/ab"),
        ("Alias /a/ /srv/a/", b"/a/b", b"/srv/a/b"),
        ("Alias /a/ /srv/a/", b"/a", b"ROOT/a"),
        ("Alias /a.txt /srv/b.txt", b"/a.txt", b"/srv/b.txt"),
        ("AliasMatch ^/i/(.*)\\.gif$ /srv/$1.png", b"/i/x.gif", b"/srv/x.png"),
        ("AliasMatch ^/i/(.*)$ /srv/$1/$2&", b"/i/x", b"/srv/x//i/x"),
        ("Alias /a /one\nAlias /a/b /two", b"/a/b", b"/one/b"),
    ],
)
def test_aliases(tmp_path: Path, line: str, path: bytes, expected: bytes) -> None:
    site = Sites(configured(tmp_path, f"DocumentRoot .\n{line}\n"), ErrorLog()).select(("127.0.0.1", 80), b"")
    assert site.file_path(path) == expected.replace(b"ROOT", bytes(tmp_path))

"""The document root in logs written by hand: what must not fool it, and when it must not answer."""

from tests.support.traces import Written, accept, get, ok
from tests.support.written_site import Site
from tracekit.analyzers.docroot import Docroot

DIRECTORY = "{st_mode=S_IFDIR|0755, st_size=4096, ...}, 0) = 0"
REGULAR = "{st_mode=S_IFREG|0644, st_size=4, ...}, 0) = 0"


def is_directory(path: str) -> str:
    return f'newfstatat(AT_FDCWD, "{path}", {DIRECTORY}'


def test_path_minus_target_over_two_targets(site: Site) -> None:
    site.serve("/a.html", "/srv/www/a.html")
    site.serve("/b/c.html", "/srv/www/b/c.html")
    answer = site.answer()
    assert answer.verdict == "found"
    [root] = answer.docroots
    assert (root.host, root.path, root.requests) == ("a", "/srv/www", 2)
    assert 0.5 < root.confidence < 0.9
    assert {proof.text.partition("(")[0] for proof in root.evidence} == {"read", "openat"}


def test_what_dots_in_a_target_reach_bears_out_no_root(site: Site) -> None:
    site.serve("/a.html", "/srv/www/a.html")
    site.serve("/b/c.html", "/srv/www/b/c.html")
    for target in ("/../secret.txt", "/../keys/a.pem", "/../keys/b.pem"):
        site.serve(target, f"/srv{target.removeprefix('/..')}")
    answer = site.answer()
    assert [(root.path, root.requests) for root in answer.docroots] == [("/srv/www", 2)]
    assert (answer.aliases, answer.undetermined) == ((), ())


def test_dots_alone_tell_no_root(site: Site) -> None:
    site.serve("/../a.txt", "/srv/a.txt")
    site.serve("/../b/c.txt", "/srv/b/c.txt")
    answer = site.answer()
    assert (answer.verdict, answer.docroots) == ("undetermined", ())
    assert "targets with dots in them prove nothing" in answer.reason


def test_one_file_alone_proves_nothing(site: Site) -> None:
    site.serve("/sub/a.html", "/srv/www/sub/a.html")
    answer = site.answer()
    assert (answer.verdict, answer.docroots) == ("undetermined", ())
    assert "one target alone" in answer.reason


def test_the_root_looked_up_as_a_folder_is_enough_but_less_sure(site: Site) -> None:
    site.serve("/", is_directory("/srv/www/"), "/srv/www/index.html")
    [root] = site.answer().docroots
    assert root.path == "/srv/www"
    assert root.confidence == 0.75
    assert "one target" in root.reason
    assert site.answer().reason == root.reason


def test_an_index_file_elsewhere_is_not_the_root(site: Site) -> None:
    site.serve("/", is_directory("/srv/www/"), "/usr/share/welcome/index.html")
    assert site.answer().verdict == "undetermined"


def test_an_alias_as_the_only_traffic(site: Site) -> None:
    site.serve("/shared/a.txt", "/data/shared/a.txt")
    site.serve("/shared/b.txt", "/data/shared/b.txt")
    site.serve("/shared/c/d.txt", "/data/shared/c/d.txt")
    answer = site.answer()
    assert answer.verdict == "undetermined"
    assert "Alias" in answer.reason


def test_an_alias_beside_the_root(site: Site) -> None:
    site.serve("/shared/a.txt", "/data/shared/a.txt")
    site.serve("/shared/b.txt", "/data/shared/b.txt")
    site.serve("/pics/x.png", "/data/art/x.png")
    site.serve("/", is_directory("/srv/www/"), "/srv/www/index.html")
    site.serve("/a.html", "/srv/www/a.html")
    assert site.roots() == [("a", "/srv/www")]
    assert site.aliases() == [("/pics", "/data/art"), ("/shared", "/data/shared")]


def test_nothing_but_404(site: Site) -> None:
    for name in ("a", "b/c"):
        missing = f'newfstatat(AT_FDCWD, "/srv/www/{name}", 0x7f, 0) = -1 ENOENT (No such file or directory)'
        site.serve(f"/{name}", missing, status="404 Not Found")
    answer = site.answer()
    assert (answer.verdict, answer.docroots, answer.aliases) == ("undetermined", (), ())


def test_the_page_that_explains_a_404_is_not_the_file_asked_for(site: Site) -> None:
    for name in ("a.html", "b/a.html"):
        site.serve(f"/{name}", f"/opt/errors/{name}", status="404 Not Found")
    assert site.answer().verdict == "undetermined"


def test_a_decoy_that_is_opened_but_not_served(site: Site) -> None:
    decoy = 'openat(AT_FDCWD, "/opt/decoy{0}", O_RDONLY) = 6'
    for name in ("/a.html", "/b/c.html"):
        site.serve(name, decoy.format(name), "close(6) = 0", f"/srv/www{name}")
    assert site.roots() == [("a", "/srv/www")]


def test_two_files_read_for_every_target_decide_nothing(site: Site) -> None:
    for name in ("/a.html", "/b/c.html"):
        site.serve(name, f"/opt/decoy{name}", f"/srv/www{name}")
    answer = site.answer()
    assert answer.verdict == "undetermined"
    assert "/opt/decoy, /srv/www" in answer.reason


def test_what_another_process_opens_does_not_count(site: Site) -> None:
    site.log.lines.append('# tracekit task {"tid": 11, "pid": 11}')
    for port, name in enumerate(("/a.html", "/b/c.html"), 2000):
        site.log.add(10, accept(5, port), get(5, name))
        site.log.add(11, f'openat(AT_FDCWD, "/opt/decoy{name}", O_RDONLY) = 7', "close(7) = 0")
        site.log.add(10, ok(5), "close(5) = 0")
    assert site.answer().verdict == "undetermined"


def test_htaccess_is_a_probe(site: Site) -> None:
    probes = [f'openat(AT_FDCWD, "{folder}/.htaccess", O_RDONLY) = 7' for folder in ("", "/srv", "/srv/www")]
    site.serve("/", *probes)
    assert site.answer().verdict == "undetermined"


def test_hosts_have_roots_of_their_own(site: Site) -> None:
    for host, root in (("a:80", "/srv/a"), ("B.example", "/srv/b")):
        site.serve("/", is_directory(root + "/"), f"{root}/index.html", host=host)
        site.serve("/x.html", f"{root}/x.html", host=host)
    assert sorted(site.roots(), key=str) == [("a", "/srv/a"), ("b.example", "/srv/b")]


def test_requests_without_a_host_have_a_root_too(site: Site) -> None:
    site.serve("/a.html", "/srv/www/a.html", host=None)
    site.serve("/b/c.html", "/srv/www/b/c.html", host=None)
    assert site.roots() == [(None, "/srv/www")]


def test_targets_are_decoded_and_cleaned(site: Site) -> None:
    site.serve("/caf%C3%A9.txt?x=/etc/passwd", "/srv/www/caf\\303\\251.txt")
    site.serve("//b/./x/../c%20d.html", "/srv/www/b/c d.html")
    site.serve("http://a/e.html", "/srv/www/e.html", host="ignored")
    assert site.roots() == [("a", "/srv/www")]


def test_cut_targets_take_part(site: Site) -> None:
    site.serve("", "/srv/www/a/rather/long/name.html", read='read(5, "GET /a/rather/long/na"..., 8000) = 90')
    site.serve("", "/srv/www/pic.png", read='read(5, "GET /pic.png HTTP/1.1\\r\\nHo"..., 8000) = 90')
    [root] = site.answer().docroots
    assert (root.path, root.host) == ("/srv/www", None)


def test_a_relative_name_with_a_known_folder(site: Site) -> None:
    site.log.add(10, 'chdir("/srv/www") = 0')
    site.serve("/a.html", 'openat(AT_FDCWD, "a.html", O_RDONLY) = 6', "close(6) = 0")
    site.serve("/b/c.html", 'openat(AT_FDCWD, "./b/c.html", O_RDONLY) = 6', "close(6) = 0")
    assert site.roots() == [("a", "/srv/www")]


def test_head_redirects_and_listings_bear_the_root_out(site: Site) -> None:
    site.serve("/pic.png", "/srv/www/pic.png", method="HEAD")
    site.serve("/sub", is_directory("/srv/www/sub"), status="301 Moved Permanently")
    site.serve(
        "/open/",
        is_directory("/srv/www/open/"),
        'openat(AT_FDCWD, "/srv/www/open/", O_RDONLY|O_DIRECTORY) = 6',
    )
    [root] = site.answer().docroots
    assert (root.path, root.requests) == ("/srv/www", 3)


def test_names_that_were_only_asked_about_are_not_enough(site: Site) -> None:
    for name in ("a", "b"):
        site.serve(f"/{name}", f'newfstatat(AT_FDCWD, "/srv/www/{name}", {REGULAR}')
    answer = site.answer()
    assert answer.verdict == "undetermined"
    assert "only asked about" in answer.reason


def test_no_traffic(log: Written) -> None:
    log.add(10, 'openat(AT_FDCWD, "/srv/www/index.html", O_RDONLY) = 3')
    answer = Docroot().answer(log.read())
    assert answer.verdict == "undetermined"
    assert answer.reason.startswith("the trace shows no request for a path: nothing in the trace accepts")
    assert answer.to_json()["schema"] == "tracekit.docroot/1"


def test_the_file_system_root(site: Site) -> None:
    site.serve("/a.html", "/a.html")
    site.serve("/b/c.html", "/b/c.html")
    assert site.roots() == [("a", "/")]


def test_requests_of_unknown_hosts_make_no_root_of_another_hosts_alias(site: Site) -> None:
    cut = 'read(5, "GET {} HTTP/1.1\\r\\nHost: loc"..., 8000) = 99'
    site.serve("/", is_directory("/srv/www/"), "/srv/www/index.html", host="localhost")
    for target in ("/a.html", "/b/c.html", "/sub/d.html"):
        site.serve(target, f"/srv/www{target}", read=cut.format(target))
    site.serve("/sub/e.html", "/srv/www/sub/e.html", host="two")
    site.serve("/other.html", "/srv/two/other.html", host="two")
    assert site.roots() == [("localhost", "/srv/www")]
    assert site.answer().docroots[0].requests == 4
    assert [left.host for left in site.answer().undetermined] == ["two"]


def test_hosts_of_two_ports_without_addresses_are_told_apart_by_the_listener(site: Site) -> None:
    site.serve("/", is_directory("/srv/www/"), "/srv/www/index.html")
    site.serve("/a.html", "/srv/www/a.html")
    site.log.add(10, accept(5, 999, listener=4), get(5, "/pp.html"))
    site.log.add(10, 'openat(AT_FDCWD, "/srv/port/pp.html", O_RDONLY) = 6', 'read(6, "hi", 99) = 2', ok(5))
    answer = site.answer()
    assert [root.path for root in answer.docroots] == ["/srv/www"]
    assert answer.aliases == ()
    assert [left.reason for left in answer.undetermined] == [
        "one target alone proves nothing: it could lie under an Alias"
    ]


def test_two_aliases_beside_one_another_are_no_second_root(site: Site) -> None:
    cut = 'read(5, "GET {} HTTP/1.1\\r\\n"..., 8000) = 99'
    for target in ("/a.html", "/b.html", "/sub/c.html"):
        site.serve(target, f"/srv/www{target}", read=cut.format(target))
    for target in ("/favicon.ico", "/icons/x.png"):
        site.serve(target, f"/usr/share/x{target}", read=cut.format(target))
    assert site.roots() == [(None, "/srv/www")]


def test_a_host_that_is_cut_has_its_root_from_its_index_and_another_file(site: Site) -> None:
    cut = 'read(5, "GET {} HTTP/1.1\\r\\n"..., 8000) = 99'
    site.serve("/", "/srv/www/index.html", read=cut.format("/"))
    for target in ("/a.html", "/sub/c.html"):
        site.serve(target, f"/srv/www{target}", read=cut.format(target))
    site.serve("/", "/srv/two/index.html", read=cut.format("/"))
    site.serve("/o.html", "/srv/two/o.html", read=cut.format("/o.html"))
    site.serve("/favicon.ico", "/usr/share/x/favicon.ico", read=cut.format("/favicon.ico"))
    assert site.roots() == [(None, "/srv/www"), (None, "/srv/two")]
    assert site.aliases() == []

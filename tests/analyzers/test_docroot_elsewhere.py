"""Aliases, user directories, rewritten targets and files that are opened anyway, in logs written by hand."""

from tests.support.traces import Written, accept, get, ok
from tests.support.written_site import Site
from tracekit.analyzers.docroot import Docroot

DIRECTORY = "{st_mode=S_IFDIR|0755, st_size=4096, ...}, 0) = 0"
MISSING = "-1 ENOENT (No such file or directory)"


def test_an_alias_within_an_alias(site: Site) -> None:
    site.plain()
    site.serve("/icons/dot.png", "/usr/share/icons/dot.png")
    site.serve("/icons/big/x.png", "/opt/art/big/x.png")
    assert site.folders() == ["/srv/www"]
    assert site.kinds() == [
        ("/icons", "/usr/share/icons", "alias"),
        ("/icons/big", "/opt/art/big", "alias"),
    ]


def test_an_alias_below_a_folder_of_the_root(site: Site) -> None:
    site.plain()
    site.serve("/b/d/e.html", "/data/d/e.html")
    assert site.kinds() == [("/b/d", "/data/d", "alias")]


def test_an_alias_to_a_file(site: Site) -> None:
    site.plain()
    site.serve("/one.txt", "/opt/else/uno.txt")
    assert site.kinds() == [("/one.txt", "/opt/else/uno.txt", "file")]


def test_a_program_that_is_run_shows_its_alias(site: Site) -> None:
    site.plain()
    regular = "{st_mode=S_IFREG|0755, st_size=4, ...}, 0) = 0"
    site.serve("/cgi-bin/hello", f'newfstatat(AT_FDCWD, "/usr/lib/cgi/hello", {regular}')
    assert site.kinds() == [("/cgi-bin", "/usr/lib/cgi", "alias")]


def test_the_folder_of_a_program_is_no_alias_of_its_name(site: Site) -> None:
    site.plain()
    opened = 'openat(AT_FDCWD, "/usr/lib/cgi", O_RDONLY|O_DIRECTORY) = 7'
    site.serve("/cgi-bin/hello", opened, "fchdir(7) = 0", "close(7) = 0")
    assert site.kinds() == []


def test_user_directories_are_no_roots_and_need_none(site: Site) -> None:
    site.serve("/~ann/", "/home/ann/public_html/index.html")
    site.serve("/~ann/p.html", "/home/ann/public_html/p.html")
    site.serve("/~bob/pics/x.png", "/home/bob/public_html/pics/x.png")
    assert site.folders() == []
    assert site.kinds() == [
        ("/~ann", "/home/ann/public_html", "user"),
        ("/~bob", "/home/bob/public_html", "user"),
    ]


def test_targets_that_are_rewritten_are_no_aliases(site: Site) -> None:
    site.plain()
    for target in ("/x", "/y/z", "/shop/index.html"):
        site.serve(target, "/srv/www/index.html")
    answer = site.answer()
    assert [(one.path, one.targets, one.requests) for one in answer.rewrites] == [
        ("/srv/www/index.html", ("/x", "/y/z"), 2)
    ]
    assert answer.aliases == ()


def test_a_site_that_answers_everything_with_one_page_tells_no_root(site: Site) -> None:
    for target in ("/x", "/y/z", "/etc/passwd"):
        site.serve(target, "/srv/app/index.html")
    answer = site.answer()
    assert answer.verdict == "undetermined"
    assert "one file, /srv/app/index.html" in answer.reason


def test_a_client_that_asks_for_what_the_server_opens_anyway(site: Site) -> None:
    for target in ("/etc/passwd", "/etc/group", "/proc/version", "/x"):
        site.serve(target, "/etc/passwd", "/etc/group", "/proc/version", "/srv/app/index.html")
    assert site.folders() == []


def test_aliases_that_servers_come_with_lie_side_by_side(site: Site) -> None:
    for target in ("/icons/a.png", "/manual/index.html", "/cgi-bin/x"):
        site.serve(target, f"/usr/local/apache2{target}")
    assert site.folders() == []


def test_two_folders_side_by_side_are_not_enough_three_are(site: Site) -> None:
    site.serve("/css/a.css", "/srv/www/css/a.css")
    site.serve("/js/a.js", "/srv/www/js/a.js")
    answer = site.answer()
    assert answer.docroots == ()
    assert "an Alias of its own" in answer.reason
    site.serve("/img/a.png", "/srv/www/img/a.png")
    assert site.folders() == ["/srv/www"]


def test_one_target_is_enough_in_a_folder_that_the_server_checked_before(site: Site) -> None:
    site.log.add(10, f'newfstatat(AT_FDCWD, "/srv/www", {DIRECTORY}')
    site.serve("/sub/a.html", "/srv/www/sub/a.html")
    [root] = site.answer().docroots
    assert (root.path, root.confidence) == ("/srv/www", 0.75)
    assert "before it was asked for anything" in root.reason
    assert root.evidence[-1].text.startswith("newfstatat")


def test_a_folder_that_is_searched_for_programs_is_not_checked(site: Site) -> None:
    site.log.add(10, f'newfstatat(AT_FDCWD, "/srv/app", {DIRECTORY}')
    site.log.add(10, 'openat(AT_FDCWD, "/srv/app", O_RDONLY|O_DIRECTORY) = 6', "close(6) = 0")
    site.serve("/static/a.css", "/srv/app/static/a.css")
    assert site.folders() == []


def test_one_target_and_another_that_is_missed_in_the_same_folder(site: Site) -> None:
    site.serve("/sub/a.html", "/srv/www/sub/a.html")
    missed = f'newfstatat(AT_FDCWD, "/srv/www/gone", 0x7f, 0) = {MISSING}'
    site.serve("/gone", missed, status="404 Not Found")
    assert site.folders() == ["/srv/www"]


def test_what_an_alias_is_beside_and_what_is_missed_elsewhere(site: Site) -> None:
    site.serve("/shared/a.txt", "/data/shared/a.txt")
    missed = f'newfstatat(AT_FDCWD, "/srv/www/gone", 0x7f, 0) = {MISSING}'
    site.serve("/gone", missed, status="404 Not Found")
    assert site.folders() == []


def test_a_name_in_the_working_directory_is_enough(site: Site) -> None:
    site.log.add(10, 'chdir("/srv/www") = 0')
    site.serve("/sub/a.html", 'openat(AT_FDCWD, "sub/a.html", O_RDONLY) = 6', "close(6) = 0")
    [root] = site.answer().docroots
    assert root.path == "/srv/www"
    assert "working directory" in root.reason


def test_names_in_an_unknown_folder_are_said_to_be(log: Written) -> None:
    for port, (target, name) in enumerate((("a.html", "a.html"), ("b/c.html", "b/c.html"), ("", "i")), 1000):
        log.add(10, accept(5, port), get(5, f"/{target}"), f'open("{name}", O_RDONLY) = 6', "close(6) = 0")
        log.add(10, 'open("/etc/localtime", O_RDONLY) = 6', "close(6) = 0")
        log.add(10, ok(5), "close(5) = 0")
    answer = Docroot().answer(log.read())
    assert answer.docroots == ()
    assert "working directory that the trace does not show" in answer.reason


def test_a_linked_root_keeps_its_name(log: Written) -> None:
    for port, name in enumerate(("/a.html", "/b/c.html"), 1000):
        opening = f'openat(AT_FDCWD</>, "/srv/link{name}", O_RDONLY) = 6</data/site{name}>'
        log.add(10, accept(5, port), get(5, name), opening, f'read(6</data/site{name}>, "hi", 9) = 2')
        log.add(10, "close(6) = 0", ok(5), "close(5) = 0")
    [root] = Docroot().answer(log.read()).docroots
    assert (root.path, root.real_path) == ("/srv/link", "/data/site")


def test_two_hosts_that_are_not_shown(site: Site) -> None:
    cut = 'read(5, "GET {} HTTP/1.1\\r\\n"..., 8000) = 99'
    for host, targets in (("one", ("/", "/x.html")), ("two", ("/a.html", "/sub/b.html"))):
        for target in targets:
            site.port += 1
            name = f"/srv/{host}{target}{'index.html' if target == '/' else ''}"
            site.log.add(10, accept(5, site.port), cut.format(target))
            site.log.add(10, f'openat(AT_FDCWD, "{name}", O_RDONLY) = 6', 'read(6, "hi", 99) = 2')
            site.log.add(10, "close(6) = 0", ok(5), "close(5) = 0")
    assert sorted(site.folders()) == ["/srv/one", "/srv/two"]
    assert site.kinds() == []


def test_a_log_whose_name_ends_like_a_target(site: Site) -> None:
    for target in ("/access.log", "/error.log"):
        site.serve(target, f'openat(AT_FDCWD, "/var/log{target}", O_WRONLY|O_APPEND) = 6', "close(6) = 0")
    assert site.folders() == []


def test_a_root_in_a_chroot_is_named_as_seen_from_outside(site: Site) -> None:
    site.log.add(10, 'chroot("/srv/jail") = 0', 'chdir("/") = 0')
    site.plain()
    [root] = site.answer().docroots
    assert (root.path, root.named) == ("/srv/jail/srv/www", "/srv/www")


def test_the_modules_of_a_program_are_no_index_files(site: Site) -> None:
    modules = [f"/usr/share/perl5/URI/{name}.pm" for name in ("http", "_query", "_server")]
    site.serve("/", *modules, "/srv/www/index.html")
    assert site.folders() == []  # of three files in one folder one at most is its index
    site.serve("/a.html", "/srv/www/a.html")
    assert site.folders() == ["/srv/www"]
    assert site.kinds() == []


def test_what_a_proxy_answers_is_not_said_to_be_read_by_others(site: Site) -> None:
    site.log.add(10, 'openat(AT_FDCWD, "/etc/proxy.conf", O_RDONLY) = 6', "close(6) = 0")
    behind = '{sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("127.0.0.1")}'
    site.serve("/a.html", "socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 6", f"connect(6, {behind}, 16) = 0")
    answer = site.answer()
    assert answer.docroots == ()
    assert "connects to another server" in answer.reason


def test_another_protocol_is_said_to_be_none_of_files(log: Written) -> None:
    log.add(
        10,
        accept(5, 1000),
        'read(5, "*1\\r\\n$4\\r\\nPING\\r\\n", 99) = 14',
        'write(5, "+PONG\\r\\n", 7) = 7',
    )
    assert "nothing in what is shown is a request of HTTP" in Docroot().answer(log.read()).reason


def test_hosts_that_ask_for_one_target_each_have_the_folder_that_fits_them_all(site: Site) -> None:
    for host, target in (("a", "/x.html"), ("b", "/y/z.html")):
        site.serve(target, f"/srv/www{target}", host=host)
    site.serve("/icons/q.png", "/usr/share/icons/q.png", host="c")
    assert site.roots() == [("a", "/srv/www"), ("b", "/srv/www")]


def test_folders_of_several_hosts_that_could_each_have_an_alias_are_no_root(site: Site) -> None:
    site.serve("/x/a.html", "/srv/x/a.html", host="a")
    site.serve("/y/b.html", "/srv/y/b.html", host="b")
    assert site.roots() == []

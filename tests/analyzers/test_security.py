"""What requests reached that they should not: each finding, and the innocent twin that is none."""

import json
from pathlib import Path

import pytest

from tests.support.traces import Written, accept, get, ok
from tracekit.analyzers.files import Files
from tracekit.analyzers.http.traversal import forms, is_attempt
from tracekit.analyzers.reach.finding import Finding
from tracekit.analyzers.security import Security, SecurityAnswer
from tracekit.report.render import render

BODY = "x" * 40


def ask(log: Written) -> SecurityAnswer:
    return Security().answer(log.read())


def found(log: Written, kind: str) -> list[Finding]:
    return [one for one in ask(log).findings if one.kind == kind]


def serve(log: Written, target: str, path: str, *, port: int, real: str = "") -> None:
    """Let a server answer with a file."""
    log.add(10, accept(5, port), get(5, target), f'openat(AT_FDCWD, "{path}", O_RDONLY) = 6{real}')
    log.add(10, f'read(6{real}, "{BODY}", 4096) = 40', f"close(6{real}) = 0", ok(5, BODY), "close(5) = 0")


def do(log: Written, target: str, *calls: str, status: str = "200 OK") -> None:
    """Let a server make calls while it works on a request."""
    log.add(10, accept(5, 2000), get(5, target), *calls, ok(5, BODY, status), "close(5) = 0")


@pytest.fixture
def site(log: Written) -> Written:
    """A server whose document root is known: three files of it were asked for."""
    log.notes({"pid": 10, "cwd": "/", "fds": {"3": "socket:[1]"}})
    for port, name in enumerate(("/index.html", "/a.html", "/b/c.html"), 1000):
        serve(log, name, f"/srv/www{name}", port=port)
    return log


def test_an_honest_server_reached_nothing(site: Written) -> None:
    site.add(10, "exit_group(0) = ?")
    answer = ask(site)
    assert answer.findings == ()
    assert answer.verdict == "nothing"


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/../../etc/passwd", "/etc/passwd"),
        ("/%2e%2e/secret.txt", "/srv/secret.txt"),
        ("/b/..%2f..%2fsecret.txt", "/srv/www/b/../../secret.txt"),
        ("/b/../../secret.txt", "/srv/www/b/../../secret.txt"),
        ("/%252e%252e/secret.txt", "/srv/secret.txt"),
        ("/..%5csecret.txt", "/srv/secret.txt"),
        ("/view?file=../../../etc/passwd", "/etc/passwd"),
        ("/b../secret.txt", "/srv/secret.txt"),
    ],
)
def test_a_traversal_that_reached_a_file(site: Written, target: str, path: str) -> None:
    serve(site, target, path, port=2000)
    outside, traversal = found(site, "outside-root"), found(site, "traversal")
    assert [one.request for one in outside] == [4]
    assert [(one.request, one.reached, one.severity) for one in traversal] == [(4, True, "high")]
    assert (
        outside[0].path == traversal[0].path == ("/etc/passwd" if "passwd" in target else "/srv/secret.txt")
    )
    assert outside[0].client == "127.0.0.1:2000"


def test_a_database_whose_name_is_in_the_target_is_no_file_that_was_asked_for(site: Written) -> None:
    for port, target in enumerate(("/app/list", "/feedback.html?table=app", "/snapp?x=appendix"), 2000):
        read = (
            'openat(AT_FDCWD, "/data/app", O_RDWR) = 6',
            'pread64(6, "x", 8192, 0) = 8192',
            "close(6) = 0",
        )
        site.add(10, accept(5, port), get(5, target), *read, ok(5, BODY), "close(5) = 0")
    assert ask(site).findings == ()


def test_the_index_of_a_folder_outside(site: Written) -> None:
    serve(site, "/../", "/srv/index.html", port=2000)
    assert [one.path for one in found(site, "outside-root")] == ["/srv/index.html"]


def test_a_target_that_the_trace_cuts(site: Written) -> None:
    cut = 'read(5, "GET /../../../private/sec"..., 8000) = 80'
    site.add(10, accept(5, 2000), cut, 'open("/private/secret.txt", O_RDONLY) = 6')
    site.add(10, f'read(6, "{BODY}", 99) = 40', ok(5, BODY), "close(5) = 0")
    site.add(10, accept(5, 2001), cut, ok(5, BODY, "400 Bad Request"), "close(5) = 0")
    assert [one.reached for one in found(site, "traversal")] == [None, False]
    assert ask(site).verdict == "undetermined"


def test_many_that_reach_the_same_folder_do_not_make_a_document_root_of_it(site: Written) -> None:
    for port, name in enumerate(("secret.txt", "other/notes.txt", "third.txt"), 2000):
        serve(site, f"/../{name}", f"/srv/{name}", port=port)
    assert len(found(site, "outside-root")) == 3


def test_a_file_that_the_query_names(site: Written) -> None:
    serve(site, "/view?file=/etc/passwd", "/etc/passwd", port=2000)
    serve(site, "/view?file=/srv/secret.bin", "/srv/secret.bin", port=2001)
    assert [one.path for one in found(site, "outside-root")] == ["/etc/passwd", "/srv/secret.bin"]


def test_a_file_that_a_plain_target_is_rewritten_to(site: Written) -> None:
    serve(site, "/view?lang=en", "/opt/app/page.html", port=2000)
    serve(site, "/favicon.ico?v=favicon.ico", "/opt/app/favicon.ico", port=2001)
    assert ask(site).findings == ()


def test_a_refused_traversal_reached_nothing(site: Written) -> None:
    do(site, "/%2e%2e/%2e%2e/etc/passwd", status="400 Bad Request")
    [one] = found(site, "traversal")
    assert (one.reached, one.path, one.severity) == (False, None, "info")
    assert ask(site).verdict == "nothing"


def test_a_name_that_is_looked_up_in_passwd_is_no_file_that_was_sent(site: Written) -> None:
    passwd = ('openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 6', 'read(6, "root:x:0", 4096) = 1502')
    do(site, "/~passwd/../a.html", *passwd, "close(6) = 0", status="404 Not Found")
    assert [one for one in ask(site).findings if one.reached] == []


def test_what_a_server_opens_on_its_own_account_is_not_outside(site: Written) -> None:
    opens = [
        'openat(AT_FDCWD, "/etc/localtime", O_RDONLY) = 6',
        'read(6, "TZif2", 40) = 5',
        "close(6) = 0",
        'openat(AT_FDCWD, "/usr/lib/python3/a.py", O_RDONLY) = 6',
        f'read(6, "{BODY}", 4096) = 40',
        "close(6) = 0",
        'openat(AT_FDCWD, "/srv/.htaccess", O_RDONLY) = -1 ENOENT (No such file or directory)',
    ]
    do(site, "/index.html", *opens)
    assert ask(site).findings == ()


def test_an_alias_is_not_outside(site: Written) -> None:
    for port, name in enumerate(("a.gif", "b.gif"), 2000):
        serve(site, f"/icons/{name}", f"/usr/share/apache2/icons/{name}", port=port)
    assert ask(site).findings == ()


def test_without_a_known_root_nothing_is_said_to_be_outside(log: Written) -> None:
    log.notes({"pid": 10, "cwd": "/", "fds": {"3": "socket:[1]"}})
    serve(log, "/../secret.txt", "/srv/secret.txt", port=1000)
    answer = ask(log)
    assert [(one.kind, one.reached) for one in answer.findings] == [("traversal", None)]
    assert answer.verdict == "undetermined"
    assert "no document root is known" in answer.reason


def test_a_link_that_leads_out(log: Written) -> None:
    log.notes({"pid": 10, "cwd": "/", "fds": {"3": "socket:[1]"}})
    for port, name in enumerate(("/index.html", "/a.html", "/b/c.html"), 1000):
        serve(log, name, f"/srv/www{name}", port=port, real=f"</srv/www{name}>")
    serve(log, "/out.txt", "/srv/www/out.txt", port=2000, real="</srv/secret.txt>")
    serve(log, "/in.txt", "/srv/www/in.txt", port=2001, real="</srv/www/b/c.html>")
    [link] = ask(log).findings
    assert (link.kind, link.path, link.what) == (
        "link",
        "/srv/www/out.txt",
        "a link leads to /srv/secret.txt",
    )


def test_a_root_that_is_a_link_itself(log: Written) -> None:
    log.notes({"pid": 10, "cwd": "/", "fds": {"3": "socket:[1]"}})
    for port, name in enumerate(("/index.html", "/a.html", "/b/c.html"), 1000):
        serve(log, name, f"/srv/www{name}", port=port, real=f"</data/site{name}>")
    assert ask(log).findings == ()


@pytest.mark.parametrize(
    ("calls", "what", "path"),
    [
        (('open("/srv/x", O_WRONLY|O_CREAT, 0644) = 6', 'write(6, "hi", 2) = 2'), "written", "/srv/x"),
        (('open("/srv/data", O_RDWR) = 6', 'pwrite64(6, "hi", 2, 0) = 2'), "written", "/srv/data"),
        (('open("/srv/up/x", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 6',), "made", "/srv/up/x"),
        (('unlink("/srv/www/a.html") = 0',), "removed", "/srv/www/a.html"),
        (('truncate("/srv/www/a.html", 0) = 0',), "cut", "/srv/www/a.html"),
        (('symlink("/etc", "/srv/www/etc") = 0',), "made", "/srv/www/etc"),
    ],
)  # fmt: skip
def test_a_file_that_was_changed(site: Written, calls: tuple[str, ...], what: str, path: str) -> None:
    do(site, "/upload", *calls)
    assert [(one.what, one.path, one.request) for one in found(site, "write")] == [
        (f"a file was {what}", path, 4)
    ]


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ('chmod("/srv/www/a.html", 04755) = 0', "mode was set"),
        ('fchmodat(AT_FDCWD, "/srv/www/a.html", 0777) = 0', "mode was set"),
        ("fchmod(6, 0777) = 0", "mode was set"),
        ('lchown("/srv/www/a.html", 0, -1) = 0', "owner was set"),
        ("fchown(6, 0, 0) = 0", "owner was set"),
        ('fchownat(6, "", 0, 0, AT_EMPTY_PATH) = 0', "owner was set"),
        ('utimensat(AT_FDCWD, "/srv/www/a.html", NULL, 0) = 0', "times were set"),
        ("utimensat(6, NULL, NULL, 0) = 0", "times were set"),
        ('setxattr("/srv/www/a.html", "user.token", "hunter2", 7, 0) = 0', "attributes were set"),
        ('fsetxattr(6, "user.token", "hunter2", 7, 0) = 0', "attributes were set"),
        ('removexattr("/srv/www/a.html", "user.token") = 0', "attributes were set"),
    ],
)
def test_a_file_that_was_given_to_others(site: Written, call: str, what: str) -> None:
    do(site, "/upload", 'open("/srv/www/a.html", O_RDONLY) = 6', call)
    [one] = found(site, "write")
    assert (one.what, one.path) == (f"a file's {what}", "/srv/www/a.html")
    assert one.evidence[-1].text.startswith(call.partition("(")[0])
    assert "hunter2" not in json.dumps(ask(site).to_json())


@pytest.mark.parametrize(
    "call",
    [
        'chmod("/srv/www/a.html", 0777) = -1 EPERM (Operation not permitted)',
        "utimensat(6, 0x7ffe26d6a3b0, NULL, 0) = 0",  # a name that could not be read
        "utimensat(7, NULL, NULL, 0) = 0",  # a socket
        'chmod("/tmp/wgunicorn-x", 01) = 0',
    ],
)
def test_what_was_given_to_nobody(site: Written, call: str) -> None:
    do(site, "/upload", 'open("/srv/www/a.html", O_RDONLY) = 6', "socket(AF_INET, SOCK_STREAM, 0) = 7", call)
    assert found(site, "write") == []


def test_a_file_in_tmp_that_the_target_names(site: Written) -> None:
    do(site, "/?save=/tmp/x", 'open("/tmp/x", O_WRONLY|O_CREAT, 0644) = 6', 'write(6, "hi", 2) = 2')
    assert [one.path for one in found(site, "write")] == ["/tmp/x"]


def test_what_is_written_after_the_answer(site: Written) -> None:
    site.add(10, accept(5, 2000), get(5, "/a.html"), ok(5, BODY), 'unlink("/srv/state") = 0', "close(5) = 0")
    assert ask(site).findings == ()


def test_a_rename_names_both(site: Written) -> None:
    do(site, "/upload", 'rename("/srv/a", "/srv/b") = 0')
    assert [one.path for one in found(site, "write")] == ["/srv/a", "/srv/b"]


@pytest.mark.parametrize(
    "calls",
    [
        ('open("/var/log/x/access.log", O_WRONLY|O_CREAT|O_APPEND, 0644) = 6', 'write(6, "hi", 2) = 2'),
        ('open("/var/lib/nginx/body/0000000001", O_RDWR|O_CREAT|O_EXCL, 0600) = 6', 'write(6, "hi", 2) = 2'),
        ('open("/tmp/body", O_RDWR|O_CREAT|O_EXCL, 0600) = 6', 'write(6, "hi", 2) = 2'),
        ('open("/srv/spool/1", O_RDWR|O_CREAT|O_EXCL, 0600) = 6', 'unlink("/srv/spool/1") = 0'),
        ('open("/dev/null", O_RDWR) = 6', 'write(6, "hi", 2) = 2'),
        ('open("/srv/www/x", O_WRONLY|O_CREAT, 0644) = -1 EACCES (Permission denied)',),
        ('unlink("/srv/www/x") = -1 ENOENT (No such file or directory)',),
        ('open("/app/__pycache__/a.cpython-311.pyc.1", O_WRONLY|O_CREAT|O_EXCL, 0644) = 6',),
    ],
)
def test_what_a_server_writes_on_its_own_account(site: Written, calls: tuple[str, ...]) -> None:
    do(site, "/upload", *calls)
    assert ask(site).findings == ()


def test_what_is_written_when_no_request_is_worked_on(site: Written) -> None:
    site.add(10, 'open("/srv/state", O_WRONLY|O_CREAT, 0644) = 6', 'write(6, "hi", 2) = 2')
    site.add(10, 'execve("/usr/sbin/httpd", ["httpd"], 0x7f /* 3 vars */) = 0')
    assert ask(site).findings == ()


def test_a_program_that_was_run(site: Written) -> None:
    site.add(10, accept(5, 2000), get(5, "/ping?host=;id"), "vfork() = 30")
    site.add(
        30,
        'execve("/bin/sh", ["sh", "-c", "id; TOKEN=hunter2"], ["SECRET=hunter2"]) = 0',
        "exit_group(0) = ?",
    )
    site.add(10, ok(5, BODY), "close(5) = 0")
    [run] = found(site, "exec")
    assert (run.path, run.request) == ("/bin/sh", 4)
    assert "hunter2" not in json.dumps(ask(site).to_json())


def test_what_a_process_made_for_a_request_opens(site: Written) -> None:
    site.add(10, accept(5, 2000), get(5, "/run.cgi"), "vfork() = 30")
    site.add(30, 'open("/srv/read", O_RDONLY) = 6', 'open("/srv/made", O_WRONLY|O_CREAT, 0644) = 7')
    site.add(30, f'read(6, "{BODY}", 40) = 40', "exit_group(0) = ?")
    site.add(10, ok(5, BODY), "close(5) = 0", "vfork() = 31")
    site.add(31, 'open("/srv/later", O_RDONLY) = 6')
    files = {one.path: one.requests for one in Files().answer(site.read()).files}
    assert (files["/srv/read"], files["/srv/made"], files["/srv/later"]) == ((4,), (4,), ())
    assert [(one.kind, one.path) for one in ask(site).findings] == [("write", "/srv/made")]


@pytest.mark.parametrize(("others", "told"), [((), ["/srv/x.sh", "/bin/id"]), (("/x.sh?2",), [])])
def test_a_program_that_another_process_runs_for_the_one_request_that_names_it(
    site: Written, others: tuple[str, ...], told: list[str]
) -> None:
    stat = 'stat("/srv/x.sh", {st_mode=S_IFREG|0755, st_size=9, ...}) = 0'
    for tid, target in enumerate(("/x.sh", *others), 11):
        site.add(tid, accept(5, 2000 + tid), get(5, target), stat)
    site.add(20, "fork() = 30")
    site.add(30, 'execve("/srv/x.sh", ["x.sh"], 0x7f /* 3 vars */) = 0', "vfork() = 31")
    site.add(31, 'execve("/bin/id", ["id"], 0x7f /* 3 vars */) = 0', "exit_group(0) = ?")
    site.add(11, ok(5, BODY), "close(5) = 0")
    assert [one.path for one in found(site, "exec")] == told


def test_a_program_that_could_not_be_run(site: Written) -> None:
    site.add(10, accept(5, 2000), get(5, "/ping"), "vfork() = 30")
    site.add(30, 'execve("/bin/x", ["x"], 0x7f) = -1 ENOENT (No such file or directory)', "exit_group(1) = ?")
    site.add(10, ok(5, BODY), "close(5) = 0")
    assert found(site, "exec") == []


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (get(5, "/", "Authorization: Basic aHVudGVyMg=="), "Authorization (Basic)"),
        (get(5, "/", "authorization: Bearer hunter2"), "Authorization (Bearer)"),
        (get(5, "/", "Cookie: session=hunter2"), "Cookie"),
        (get(5, "/login?user=a&password=hunter2"), "password or token in a form or query"),
        (get(5, "http://ann:hunter2@a/"), "password in a URL"),
        ('write(5, "HTTP/1.1 200 OK\\r\\nSet-Cookie: s=hunter2\\r\\n\\r\\n", 41) = 41', "Set-Cookie"),
        ('read(6, "-----BEGIN RSA PRIVATE KEY-----\\nhunter2", 99) = 40', "private key"),
        ('read(6, "root:$6$hunter2:19000:0:99999:7:::\\n", 99) = 36', "password hash (/etc/shadow)"),
    ],
)
def test_secrets_are_told_and_never_shown(log: Written, call: str, what: str) -> None:
    log.notes({"pid": 10, "cwd": "/", "fds": {"3": "socket:[1]"}})
    log.add(10, accept(5, 1000), call, ok(5), "close(5) = 0")
    [one] = found(log, "secret")
    assert one.what == what
    assert [proof.line for proof in one.evidence] == [3]
    for text in (json.dumps(ask(log).to_json()), render(ask(log)), render(ask(log), reveal=True)):
        assert "hunter2" not in text
        assert "aHVudGVyMg" not in text


@pytest.mark.parametrize(
    "call",
    [
        get(5, "/", "Authorization-Like: Basic x", "X-Cookie: a=b"),
        get(5, "/password=/a?passwordless=x&password="),
        get(5, "http://a:80/@b"),
        'read(6, "<input type=password name=password>", 99) = 35',
        'read(6, "-----BEGIN PUBLIC KEY-----", 99) = 26',
        'read(6, "root:x:0:0:root:/root:/bin/sh", 99) = 29',
        'openat(AT_FDCWD, "/password=x", O_RDONLY) = 6',
    ],
)
def test_what_only_looks_like_a_secret(log: Written, call: str) -> None:
    log.notes({"pid": 10, "cwd": "/", "fds": {"3": "socket:[1]"}})
    log.add(10, accept(5, 1000), call, ok(5), "close(5) = 0")
    assert found(log, "secret") == []


def test_secrets_in_strings_that_are_printed_in_hexadecimal(log: Written) -> None:
    log.add(10, accept(5, 1000))
    text = "".join(f"\\x{byte:02x}" for byte in b"GET / HTTP/1.1\r\nCookie: s=hunter2\r\n\r\n")
    log.add(10, f'read(5, "{text}", 99) = 37')
    assert [one.what for one in found(log, "secret")] == ["Cookie"]


@pytest.mark.parametrize(
    "target",
    [
        "/a..b",
        "/v1../x",
        "/file...txt",
        "/..hidden",
        "/a/../b.html",
        "/.well-known/x",
        "/?range=1..5",
        "/%2e/a",
        "*",
    ],
)
def test_targets_that_lead_nowhere_else(target: str) -> None:
    assert not is_attempt(target)


@pytest.mark.parametrize(
    ("target", "form"),
    [
        ("/../x", "dots"),
        ("/a/../../x", "dots"),
        ("http://a/../x", "dots"),
        ("/%2e%2e/x", "encoded dots"),
        ("/a/.%2E/x", "encoded dots"),
        ("/..%2fx", "encoded dots"),
        ("/%252e%252e/x", "dots encoded twice"),
        ("/..\\x", "backslash"),
        ("/..%5cx", "backslash"),
        ("/x%00.html", "NUL"),
        ("/%c0%ae%c0%ae/x", "overlong UTF-8"),
        ("/..%c0%afx", "overlong UTF-8"),
        ("/..;/x", "dots"),
        ("/?f=../x", "dots in the query"),
        ("/?f=..%2fx", "dots in the query"),
    ],
)
def test_ways_up(target: str, form: str) -> None:
    assert form in forms(target)
    assert is_attempt(target)


def test_no_traffic_is_undetermined(tmp_path: Path) -> None:
    log = Written(tmp_path, [])
    log.add(10, 'open("/etc/x", O_RDONLY) = 3')
    assert ask(log).verdict == "undetermined"

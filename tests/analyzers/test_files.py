"""Files in logs written by hand."""

from typing import Any

import pytest

from tests.support.traces import Written, accept, get, ok
from tracekit.analyzers.files import Files
from tracekit.analyzers.roots.kinds import kind_of


def files(log: Written) -> dict[str, dict[str, Any]]:
    found = Files().answer(log.read()).to_json()["files"]
    assert len({file["path"] for file in found}) == len(found)
    return {file["path"]: file for file in found}


def test_opens_failures_flags_and_bytes(log: Written) -> None:
    log.notes({"pid": 10, "cwd": "/"}, {"pid": 20, "cwd": "/"})
    log.add(
        10, 'openat(AT_FDCWD, "/srv/a", O_RDONLY|O_CLOEXEC) = 3', 'read(3, "abcd", 99) = 4', "close(3) = 0"
    )
    log.add(20, 'open("/srv//x/../a", O_RDWR) = 3', 'write(3, "xyz", 3) = 3', 'pread64(3, "a", 9, 0) = 1')
    log.add(20, 'openat(AT_FDCWD, "/srv/a", O_RDONLY) = -1 EACCES (Permission denied)')
    found = files(log)["/srv/a"]
    shown = ("opens", "failures", "errors", "flags", "bytes_read", "bytes_written", "pids", "tids")
    assert [found[key] for key in shown] == [
        2,
        1,
        ["EACCES"],
        ["O_CLOEXEC", "O_RDONLY", "O_RDWR"],
        5,
        3,
        [10, 20],
        [10, 20],
    ]
    assert [proof["line"] for proof in found["evidence"]] == [3, 6, 9]


def test_bytes_go_to_the_file_that_the_number_stands_for_at_that_time(log: Written) -> None:
    log.notes({"pid": 10, "cwd": "/"})
    log.add(10, 'open("/a", O_RDONLY) = 3', "dup(3) = 4", "close(3) = 0", 'open("/b", O_RDONLY) = 3')
    log.add(
        10,
        'read(3, "1", 9) = 1',
        'read(4, "22", 9) = 2',
        "mmap(NULL, 500, PROT_READ, MAP_SHARED, 4, 0) = 0x7f",
    )
    found = files(log)
    assert (found["/a"]["bytes_read"], found["/b"]["bytes_read"], found["/a"]["bytes_mapped"]) == (2, 1, 500)


def test_fork_copies_and_exec_closes(log: Written) -> None:
    log.notes({"pid": 10, "cwd": "/"})
    log.add(10, 'open("/kept", O_RDONLY) = 3', 'open("/closed", O_RDONLY|O_CLOEXEC) = 4')
    log.add(10, "fork() = 30", "close(3) = 0")
    log.add(
        30, 'execve("/bin/x", ["x"], 0x7f /* 3 vars */) = 0', 'read(3, "1", 9) = 1', 'read(4, "2", 9) = 1'
    )
    found = files(log)
    assert (found["/kept"]["bytes_read"], found["/closed"]["bytes_read"]) == (1, 0)


def test_relative_names(log: Written) -> None:
    log.notes({"pid": 10, "cwd": "/srv"})
    log.add(10, 'openat(AT_FDCWD, "a", O_RDONLY) = 3', 'openat(AT_FDCWD, "/data", O_RDONLY|O_DIRECTORY) = 4')
    log.add(10, 'openat(4, "b/c", O_RDONLY) = 5', "fchdir(4) = 0", 'open("d", O_RDONLY) = 6')
    log.add(20, 'openat(AT_FDCWD</opt>, "e", O_RDONLY) = 3</opt/e>', 'open("f", O_RDONLY) = 4')
    log.add(40, 'open("unknown/place", O_RDONLY) = 3')
    assert files(log).keys() == {
        "/srv/a",
        "/data",
        "/data/b/c",
        "/data/d",
        "/opt/e",
        "/opt/f",
        "unknown/place",
    }


def test_links_keep_the_name_and_show_the_real_one(log: Written) -> None:
    log.add(10, 'openat(AT_FDCWD</>, "/etc/localtime", O_RDONLY) = 3</usr/share/zoneinfo/Etc/UTC>')
    assert files(log)["/etc/localtime"]["real_path"] == "/usr/share/zoneinfo/Etc/UTC"


def test_files_of_before_the_trace_are_there_with_what_was_done_to_them(log: Written) -> None:
    log.add(10, 'write(6</var/log/apache2/access.log>, "x", 1) = 1')
    found = files(log)["/var/log/apache2/access.log"]
    assert (found["opens"], found["bytes_written"], found["kind"], found["pids"]) == (0, 1, "log", [10])


def test_requests_and_documents(log: Written) -> None:
    log.notes({"pid": 10, "cwd": "/", "fds": {"3": "socket:[1]"}})
    for port, name in enumerate(("/a.html", "/b/c.html"), 1000):
        log.add(
            10,
            accept(5, port),
            get(5, name),
            f'open("/srv{name}", O_RDONLY) = 6',
            'open("/etc/x", O_RDONLY) = 7',
        )
        log.add(10, "close(6) = 0", "close(7) = 0", ok(5), "close(5) = 0")
    found = files(log)
    assert {path: (file["kind"], file["requests"]) for path, file in found.items()} == {
        "/srv/a.html": ("document", [1]),
        "/srv/b/c.html": ("document", [2]),
        "/etc/x": ("configuration", [1, 2]),
    }


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/proc/self/maps", "proc"),
        ("/sys/devices/system/cpu/online", "proc"),
        ("/dev/urandom", "device"),
        ("/usr/lib/x86_64-linux-gnu/libc.so.6", "library"),
        ("/usr/lib/apache2/modules/mod_dir.so", "library"),
        ("/etc/ld.so.cache", "library"),
        ("/etc/apache2/apache2.conf", "configuration"),
        ("/srv/www/.htaccess", "configuration"),
        ("/usr/local/apache2/conf/httpd.conf", "configuration"),
        ("/var/log/apache2/error.log", "log"),
        ("/usr/local/apache2/logs/access_log", "log"),
        ("/srv/www/a.html", "other"),
        ("/development/a", "other"),
    ],
)
def test_kinds(path: str, kind: str) -> None:
    assert kind_of(path, ["O_RDONLY"]) == kind


def test_what_is_done_to_files_by_their_names(log: Written) -> None:
    log.notes({"pid": 10, "cwd": "/srv", "comm": "httpd"})
    log.add(10, 'rename("a", "/b") = 0', 'unlinkat(AT_FDCWD, "/b", 0) = 0', 'truncate("/c", 0) = 0')
    log.add(10, 'unlink("/gone") = -1 ENOENT (No such file or directory)', 'mkdir("/d", 0700) = 0')
    log.add(10, 'open("/log", O_RDWR) = 3', "ftruncate(3, 0) = 0", 'symlink("any text", "/e") = 0')
    found = files(log)
    assert {path: file["changes"] for path, file in found.items()} == {
        "/srv/a": {"renamed": 1},
        "/b": {"renamed to": 1, "removed": 1},
        "/c": {"cut": 1},
        "/gone": {},
        "/d": {"made": 1},
        "/log": {"cut": 1},
        "/e": {"made": 1},
    }
    assert (found["/gone"]["failures"], found["/gone"]["errors"]) == (1, ["ENOENT"])
    assert found["/b"]["commands"] == ["httpd"]
    assert found["/b"]["evidence"][0]["text"].startswith("rename(")


def test_programs_and_the_request_that_they_were_run_for(log: Written) -> None:
    log.notes({"pid": 10, "cwd": "/", "fds": {"3": "socket:[1]"}})
    log.add(10, accept(5, 1000), get(5, "/cgi/x"), "fork() = 30")
    log.add(30, 'execve("/usr/lib/cgi/x", ["x"], 0x7f /* 3 vars */) = 0', "exit_group(0) = ?")
    log.add(10, ok(5), "close(5) = 0")
    program = files(log)["/usr/lib/cgi/x"]
    assert [program[key] for key in ("kind", "changes", "requests", "commands")] == [
        "program",
        {"run": 1},
        [1],
        ["x"],
    ]


def test_outside_every_document_root(log: Written) -> None:
    log.notes({"pid": 10, "cwd": "/", "fds": {"3": "socket:[1]"}})
    log.add(10, 'open("/etc/x", O_RDONLY) = 6', "close(6) = 0")
    assert files(log)["/etc/x"]["outside"] is None
    for port, name in enumerate(("/a.html", "/b/c.html"), 1000):
        log.add(10, accept(5, port), get(5, name), f'open("/srv{name}", O_RDONLY) = 6', "close(6) = 0")
        log.add(10, 'open("/srvx/a.html", O_RDONLY) = 6', "close(6) = 0", ok(5), "close(5) = 0")
    shown = {path: file["outside"] for path, file in files(log).items()}
    assert shown == {"/etc/x": True, "/srv/a.html": False, "/srv/b/c.html": False, "/srvx/a.html": True}


def test_a_file_that_is_kept_open_counts_for_each_request(log: Written) -> None:
    log.notes({"pid": 10, "cwd": "/", "fds": {"3": "socket:[1]"}})
    log.add(10, accept(5, 1000), get(5, "/a.html"), 'open("/srv/a.html", O_RDONLY) = 6')
    log.add(10, 'pread64(6, "hi", 9, 0) = 2', ok(5), "close(5) = 0")
    log.add(10, accept(5, 1001), get(5, "/a.html"), 'pread64(6, "hi", 9, 0) = 2', ok(5), "close(5) = 0")
    file = files(log)["/srv/a.html"]
    assert [file[key] for key in ("opens", "requests", "kind", "bytes_read")] == [1, [1, 2], "document", 4]


def test_a_file_that_another_answers_for_is_no_document(log: Written) -> None:
    log.notes({"pid": 10, "cwd": "/", "fds": {"3": "socket:[1]"}})
    log.add(10, accept(5, 1000), get(5, "/"), 'open("/etc/localtime", O_RDONLY) = 6')
    log.add(10, 'read(6, "TZ", 9) = 2', "close(6) = 0", ok(5), "close(5) = 0")
    assert files(log)["/etc/localtime"]["kind"] == "configuration"


def test_a_folder_that_is_opened_is_no_document(log: Written) -> None:
    log.notes({"pid": 10, "cwd": "/", "fds": {"3": "socket:[1]"}})
    for port, target, folder, name in (
        (1001, "/a.html", "/srv", "a.html"),
        (1002, "/", "/srv", "index.html"),
    ):
        log.add(
            10, accept(5, port), get(5, target), f'openat(AT_FDCWD, "{folder}", O_RDONLY|O_DIRECTORY) = 6'
        )
        log.add(10, f'openat(6, "{name}", O_RDONLY) = 7', 'read(7, "hi", 99) = 2', "close(7) = 0")
        log.add(10, "close(6) = 0", ok(5), "close(5) = 0")
    assert {path for path, one in files(log).items() if one["kind"] == "document"} == {
        "/srv/a.html",
        "/srv/index.html",
    }


def test_a_file_in_a_chroot_has_its_name_as_seen_from_outside(log: Written) -> None:
    log.add(10, 'chroot("/srv/jail") = 0', 'chdir("/") = 0', 'openat(AT_FDCWD, "a", O_RDONLY) = 6')
    [found] = Files().answer(log.read()).files
    assert (found.path, found.real_path) == ("/a", "/srv/jail/a")

"""A number or word that stands for two things is noticed, one that stands for itself is not."""

import pytest

from tests.support.recording.lab_tokens import ambiguities

TOKENS = {"words": ("qovatu", "wexiro"), "pids": ("300120", "300123"), "ports": ("41500",)}
CLEAR = [
    '300120 1795482095.627157 openat(AT_FDCWD, "/srv/qovatu/wexiro.html", O_RDONLY) = 4 <0.000012>',
    "300120 1795482095.627157 clone(child_stack=NULL, flags=SIGCHLD) = 300123 <0.000012>",
    "300120 1795482095.627157 <... clone3 resumed> => {parent_tid=[300123]}, 88) = 300123 <0.000012>",
    "300120 1795482095.627157 kill(300123, SIGTERM) = 0 <0.000012>",
    "300120 1795482095.627157 --- SIGCHLD {si_signo=SIGCHLD, si_pid=300123, si_uid=33} ---",
    "300120 1795482095.627157 rt_sigreturn({mask=[]}) = 300123 <0.000012>",
    '300120 1795482095.627157 write(4</srv/httpd/httpd.pid>, "300120\\n", 7) = 7 <0.000012>',
    "300120 1795482095.627157 read(9<TCP:[127.0.0.1:20000->127.0.0.1:41500]>, 0x7f300123, 1) = 1 <0.000012>",
    '300120 1795482095.627157 read(4, "\\na"..., 4096) = 4096 <0.000012>',
    '300120 1795482095.627157 read(4, "and so on"..., 4096) = 4096 <0.000012>',
]
DOUBTFUL = [
    ('300120 1795482095.627157 openat(AT_FDCWD, "/srv/qovatux", O_RDONLY) = 4 <0.000012>', "part of another"),
    ('300120 1795482095.627157 openat(AT_FDCWD, "/srv/QOVATU", O_RDONLY) = 4 <0.000012>', "part of another"),
    ('300120 1795482095.627157 read(4, "/srv/qova"..., 4096) = 4096 <0.000012>', "is cut"),
    ("300120 1795482095.300123 getpid() = 300120 <0.000012>", "that of a task"),
    ('300120 1795482095.627157 read(4, "", 300123) = 0 <0.000012>', "that of a task"),
    ('300120 1795482095.627157 read(4, ""..., 500000) = 300123 <0.000012>', "that of a task"),
    ("300120 1795482095.627157 read(4<pipe:[41500]>, 0x1, 1) = 0 <0.000012>", "that of a port"),
]


def test_what_is_clear_is_let_through() -> None:
    assert ambiguities(CLEAR, TOKENS) == []


@pytest.mark.parametrize(("line", "reason"), DOUBTFUL)
def test_what_is_doubtful_is_found(line: str, reason: str) -> None:
    (found,) = ambiguities([*CLEAR, line], TOKENS)
    assert reason in found
    assert line in found

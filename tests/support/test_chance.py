"""Two runs of one program are made alike, and a wrong line is not: what is chance, and what is not."""

import pytest

from tests.support.chance import INTERRUPTED, OTHER, by_task, settled, tasks, without_chance

TRACE = """\
100   fork( <unfinished ...>
101   getpid()                          = 2
100   <... fork resumed>)               = 2
101   +++ exited with 0 +++
123456 close(3)                         = 0
"""


def test_lines_come_by_task_and_halves_are_one() -> None:
    assert tasks(TRACE) == {
        "100": [f"{INTERRUPTED}fork()               = 2"],
        "101": ["getpid()                          = 2", "+++ exited with 0 +++"],
        "123456": ["close(3)                         = 0"],
    }


def test_a_line_that_is_none_is_seen() -> None:
    with pytest.raises(AssertionError, match="not a line"):
        tasks("tracekit: what is this?\n")


RUN = """\
{0:<5} 1700000000.000001 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>
{1:<5} 1700000000.000002 getppid( <unfinished ...>
{0:<5} 1700000000.000003 <... clone resumed>) = {1} <0.000104>
{1:<5} 1700000000.000004 <... getppid resumed>) = {0} <0.000104>
{1:<5} 1700000000.000004 getpgid({1})        = {2} <0.000104>
{1:<5} 1700000000.000005 tgkill({1}, {1}, SIGUSR1) = 0 <0.000004>
{1:<5} 1700000000.000006 +++ exited with 3 +++
{0:<5} 1700000000.000007 --- SIGCHLD {{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid={1}, si_uid=0, \
si_status=3, si_utime={3}, si_stime=0}} ---
{0:<5} 1700000000.000008 read(3, "x", 460)  = 460 <0.000007>
"""
ENDED = "si_signo=SIGCHLD, si_code=CLD_EXITED"
SMALL = (459, 460, 439, "1 /* 0.01 s */")
GREAT = (31999, 32001, 31000, "0")
LEFT = [
    [
        "clone(child_stack=NULL, flags=SIGCHLD) = T1",
        'read(3, "x", 460) = 460',
        f"--- SIGCHLD {{{ENDED}, si_pid=T1, si_uid=0, si_status=3, si_utime=N, si_stime=N}} ---",
    ],
    [
        "getppid() = T0",
        f"getpgid(T1) = {OTHER}",
        "tgkill(T1, T1, SIGUSR1) = 0",
        "+++ exited with 3 +++",
    ],
]


@pytest.mark.parametrize("numbers", [SMALL, GREAT, (100, 3, 2, "0"), (999, 1000, 1, "12 /* 0.12 s */")])
def test_numbers_of_tasks_are_told_from_sizes_and_counts(numbers: tuple[object, ...]) -> None:
    assert by_task(RUN.format(*numbers)) == LEFT


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("resumed>) = 460", "resumed>) = 459"),
        ("resumed>) = 459", "resumed>) = 439"),
        ("tgkill(460, 460", "tgkill(459, 460"),
        ("tgkill(460, 460", "tgkill(460, 459"),
        ("si_pid=460", "si_pid=459"),
        ("si_pid=460", "si_pid=461"),
        ("460)  = 460", "460)  = 459"),
        ('"x", 460', '"x", 461'),
        ("getpgid(460)", "getpgid(4600)"),
        ("si_uid=0", "si_uid=1"),
        ("exited with 3", "exited with 4"),
        ("SIGUSR1", "SIGUSR2"),
        ("clone(child", "clone3(child"),
    ],
)
def test_a_wrong_line_stays_wrong(right: str, wrong: str) -> None:
    text = RUN.format(*SMALL)
    assert right in text
    assert by_task(text.replace(right, wrong)) != LEFT


def test_a_line_too_many_or_too_few_is_seen() -> None:
    first, *lines = RUN.format(*SMALL).splitlines(keepends=True)
    assert by_task(first + "".join(lines[:-1])) != LEFT
    assert by_task(first + "".join([*lines, lines[-1]])) != LEFT
    brk = f"{SMALL[0]:<5} 1700000000.000009 brk(NULL) = 0x1000 <0.000007>\n"
    assert by_task(first + "".join([*lines, brk])) != LEFT
    assert by_task(first + "".join([*lines, brk]), without=("brk", "futex")) == LEFT


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("clock_gettime(CLOCK_BOOTTIME, {tv_sec=23, tv_nsec=1}) = 0", None),
        ("[  13] add_key(0, 1) = 12345678", "[  13] add_key(0, 1) = N"),
        ("14:01:02.123456 close(3) = 0 <0.000012>", "00:00:00.000000 close(3) = 0 <0.000000>"),
        ("     0.000123 close(3) = 0", "     0.000000 close(3) = 0"),
        ("[00007f0123456789] close(3) = 0", "[ADDRESS] close(3) = 0"),
        ("fstat(3<pipe:[1234]>, NULL) = 0", "fstat(3<pipe:[N]>, NULL) = 0"),
        ("read(3, 0x7ffc12345678, 4096)           = -1", "read(3, ADDRESS, 4096) = -1"),
        ('execve("/a", ["a"], 0x1d5c2a0 /* 9 vars */) = 0', 'execve("/a", ["a"], ENVIRONMENT) = 0'),
        (
            "getdents64(3, 0xe52c630 /* 208 entries */, 32768) = 6944",
            "getdents64(3, ADDRESS /* 208 entries */, 32768) = 6944",
        ),
        ("time(NULL) = 1700000000 (2023-11-14T22:13:20+0000)", None),
    ],
)
def test_what_chance_puts_there_is_made_alike(line: str, text: str | None) -> None:
    if text is None:
        assert settled(line) != line
        assert settled(line) == settled(line.replace("23", "24"))
        assert settled(line) != settled(line.replace("NULL", "[1]").replace("BOOTTIME", "REALTIME"))
    else:
        assert settled(line) == text


@pytest.mark.parametrize(
    "line",
    [
        "[  13] close(3)                          = 0",
        "[0000000000401234] close(3) = 0",
        "nanosleep({tv_sec=1, tv_nsec=2}, NULL) = 0",
        "lseek(1, 1700000000, 0x12345678)        = -1",
        "write(1, 0x408000, 12345678) = -1",
        "kill(460, SIGTERM) = 0",
        "bind(3, {sa_family=AF_INET, sin_port=htons(8080)}, 16) = 0",
        "        7         2 getppid",
        "clone3({flags=0x1200011, exit_signal=SIGCHLD}, 88) = -1 ENOSYS (Function not implemented)",
    ],
)
def test_what_is_not_chance_stays(line: str) -> None:
    assert settled(line) == line


@pytest.mark.parametrize("tids", [(7, 8, 9), (439, 460, 461), (999, 1000, 1001), (32001, 32002, 301)])
def test_messages_have_tasks_by_their_order(tids: tuple[int, ...]) -> None:
    first, second, third = tids
    text = (
        f"strace: Process {first} attached\n"
        f"[pid {first:>5}] +++ exited with 0 +++\n"
        f"[pid {second:>5}<sh>] 14:01:02 kill({first}<true>, 0) = {first}\n"
        f"kill(1 /* {second} in strace's PID NS */, 0) = 0\n"
        f"clone() = {third}\n"
        "close(3)                         = 0\n"
    )
    assert without_chance(text) == (
        "strace: Process T0 attached\n"
        "[pid T0] +++ exited with 0 +++\n"
        f"[pid T1<sh>] 00:00:00 kill(T0<true>, 0) = {first}\n"
        "kill(1 /* T1 in strace's PID NS */, 0) = 0\n"
        "clone() = T2\n"
        "close(3)                         = 0\n"
    )


def test_ports_and_queues_have_names_by_their_order() -> None:
    text = (
        "5     connect(3, {sin_port=htons(%d), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = 0\n"
        "5     close(4<TCP:[127.0.0.1:%d->127.0.0.1:%d]>) = 0\n"
        "5     msgget(IPC_PRIVATE, 0) = %d\n"
        "5     semget(IPC_PRIVATE, 1, 0) = %d\n"
        "5     msgctl(%d, IPC_RMID, NULL) = 0\n"
    )  # fmt: skip
    once = by_task(text % (40000, 41000, 40000, 0, 0, 0))
    assert once == by_task(text % (53211, 33333, 53211, 32768, 5, 32768))
    assert once != by_task(text % (40000, 40000, 41000, 0, 0, 0))
    assert once != by_task(text % (40000, 41000, 40000, 0, 0, 1))
    assert "sin_port=htons(PORT0)" in once[0][0]
    assert once[0][3] == "semget(IPC_PRIVATE, 1, 0) = SEM0"

"""Our trace of a program and the real strace's: the same calls, in the same order, in the same words.

Two runs of a program differ in their ids, addresses, times and random bytes; these are
made alike before the two are compared. Order is compared task by task, since which of two
tasks comes first is chance.
"""

import re
import subprocess
import sys
from collections import defaultdict
from difflib import unified_diff
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.support.requirements import need, need_ptrace
from tests.support.tracers import STRACE_OPTIONS, TRACEKIT

pytestmark = pytest.mark.conformance

THREADS_IN_C = r"""
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *look(void *name) {
    char path[64];
    snprintf(path, sizeof path, "/no/%s", (char *)name);
    return (void *)(long)access(path, R_OK);
}
int main(void) {
    char *names[] = {"a", "b\n\"c\"", "\001\x7f\xff" "0"};
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, look, names[i]);
        pthread_join(thread, NULL);
    }
    return 7;
}
"""

SOCKETS = """
import os, select, signal, socket, struct
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
server, _ = listener.accept()
client.sendall(b"GET / HTTP/1.1\\r\\n\\0001\\x7f\\xff")
server.recv(100)
server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3))
client.shutdown(socket.SHUT_WR)
socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).connect(("::1", 9))
left, right = socket.socketpair()
left.sendmsg([b"one", b"two"])
right.recvmsg(10)
poll = select.epoll()
poll.register(right, select.EPOLLIN)
left.send(b"x")
poll.poll()
select.select([right], [], [], 0)
os.pipe2(os.O_CLOEXEC)
signal.signal(signal.SIGUSR1, lambda *_: None)
os.kill(os.getpid(), signal.SIGUSR1)
"""

FILES = """
import fcntl, mmap, os
fd = os.open("scratch", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
os.write(fd, b"a" * 5000)
os.writev(fd, [b"x", b"yz"])
os.pread(fd, 10, 3)
os.lseek(fd, 0, os.SEEK_SET)
os.readv(fd, [bytearray(4), bytearray(2)])
os.ftruncate(fd, 4096)
mmap.mmap(fd, 4096).close()
fcntl.flock(fd, fcntl.LOCK_EX)
fcntl.lockf(fd, fcntl.LOCK_SH)
os.dup2(fd, 99)
os.rename("scratch", "scratch 2")
os.mkdir("d", 0o711)
os.symlink("d", "l")
os.readlink("l")
os.stat("l")
os.listdir(".")
os.unlink("scratch 2")
os.statvfs(".")
os.chmod("d", 0o700)
os.access("d", os.W_OK)
os.rmdir("d")
"""

SIGNALS = """
import ctypes, os, signal, struct
call, an_int = ctypes.CDLL(None).syscall, ctypes.byref(ctypes.c_int())
timer_create, mq_notify = {"x86_64": (222, 244), "aarch64": (107, 184)}[os.uname().machine]
for value, signo, notify, first in ((7, 34, 0, 0), (0, 10, 1, 0), (0, 14, 4, os.getpid()), (-1, 99, 9, 5)):
    call(timer_create, 1, struct.pack("<q2iQQ24x", value, signo, notify, first, 0), an_int)
call(timer_create, 1, None, an_int)
call(mq_notify, -1, struct.pack("<q2iQQ24x", 1, 12, 2, 16, 255))
for number in (signal.SIGALRM, signal.SIGUSR1, signal.SIGRTMIN):
    signal.signal(number, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.01)
signal.pause()
os.kill(os.getpid(), signal.SIGUSR1)
os.kill(os.getpid(), signal.SIGRTMIN)
signal.raise_signal(signal.SIGUSR1)
os.abort()
"""

PROGRAMS: dict[str, list[str]] = {
    "ls": ["/bin/ls", "-l", "/proc/self/fd"],
    "subshells": ["/bin/sh", "-c", '(exit 3); echo "$(echo one)"; kill -TERM $$'],
    "an exec that fails": ["/bin/sh", "-c", "/no/such/program; exec /bin/true"],
    "threads": ["./threads"],
    "sockets": [sys.executable, "-S", "-E", "-c", SOCKETS],
    "signals": [sys.executable, "-S", "-E", "-c", SIGNALS],
    "files": [sys.executable, "-S", "-E", "-c", FILES],
}

ACCEPTED: dict[str, str] = {}
"""Calls that may differ, each with the reason."""

CHANCE = {
    "futex": "whether a thread has to wait depends on which of two was faster",
    "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED": "a child ends whenever it ends",
    "brk": "the heap begins at a random place, and so reaches its page's end sooner or later",
    "rt_sigreturn": "returns what the call returned that the signal came after",
}
"""Lines that come and go, or change places, between two runs under the real strace."""

ALIKE = [
    (r"0x[0-9a-f]{4,}", "ADDRESS"),
    (r"(?<=:)\[\d+(->\d+)?\]", "[INODE]"),
    (r"(127\.0\.0\.1|\[::1\]):\d+", r"\1:PORT"),
    (r"htons\(\d+\)", "htons(PORT)"),
    (r"(?<=getrandom\()\"[^\"]*\"", "RANDOM"),
    (r"(?<=sysinfo\(){.*?}", "LOAD"),
    (r"(f_\w*free|f_bavail)=\d+", r"\1=SPACE"),
    (r"getppid\(\) = \d+", "getppid() = TRACER"),
    (r"(?<=u64=)\d+", "DATA"),  # Python sets the lower half only
    (r"tv_n?u?sec=\d+", "tv=TIME"),
    (r"parent_tid=\[\d+\]", "parent_tid=[TID, or 0 once the thread has ended]"),
]
"""What two runs differ in, and what it is replaced by: the rest of the text has to be the same."""

LINE = re.compile(r"(\d+) +\d+\.\d{6} (.*?)(?: <\d+\.\d{6}>)?")
RESUMED = re.compile(r"<\.\.\. \w+ resumed>")


def compared(trace: str) -> list[list[str]]:
    """Return the text of each task's calls, tasks in the order in which they appear."""
    tasks: dict[str, list[str]] = defaultdict(list)
    for line in trace.splitlines():
        match = LINE.fullmatch(line)
        if line.startswith("# tracekit"):
            continue
        assert match, f"not a line of strace's: {line}"
        calls, text = tasks[match[1]], match[2]
        if (half := RESUMED.match(text)) is not None:
            calls[-1] = calls[-1].removesuffix(" <unfinished ...>") + text[half.end() :]
        else:
            calls.append(text)
    names = {tid: f"TASK{number}" for number, tid in enumerate(tasks)}
    return [[alike(call, names) for call in calls if not skipped(call)] for calls in tasks.values()]


def skipped(call: str) -> bool:
    return any(call.startswith(start) for start in (*CHANCE, *ACCEPTED))


def alike(call: str, tasks: dict[str, str]) -> str:
    """Return a call without what differs from run to run."""
    call = re.sub(r" +(?== )", " ", call)
    for pattern, replacement in ALIKE:
        call = re.sub(pattern, replacement, call)
    return re.sub(r"\b\d+\b", lambda match: tasks.get(match[0], match[0]), call)


def traced(tracer: list[str], program: list[str], folder: Path) -> list[list[str]]:
    """Run a program under a tracer, in a folder of its own, and return what is compared."""
    need_ptrace()
    folder.mkdir()
    if program == PROGRAMS["threads"]:
        compiler = [need("cc"), "-pthread", "-xc", "-", "-o", str(folder / "threads")]
        subprocess.run(compiler, input=THREADS_IN_C.encode(), check=True)
    trace = folder.with_suffix(".trace")
    command = [*tracer, "-o", str(trace), "--", *program]
    subprocess.run(command, cwd=folder, check=False, stdin=subprocess.DEVNULL, capture_output=True)
    return compared(trace.read_text().replace(str(folder), "HERE"))


def strace_command() -> list[str]:
    return [need("strace"), *STRACE_OPTIONS]


def differences(ours: list[list[str]], theirs: list[list[str]]) -> str:
    """Return the lines in which two traces differ, task by task; none when they are alike."""
    nothing: list[str] = []
    changed = []
    for number, (mine, other) in enumerate(zip_longest(ours, theirs, fillvalue=nothing)):
        lines = unified_diff(
            other, mine, f"strace, task {number}", f"tracekit, task {number}", n=0, lineterm=""
        )
        changed += [line for line in lines if not line.startswith("@@")]
    return "\n".join(changed)


@pytest.mark.parametrize("name", PROGRAMS)
def test_two_traces_of_straces_are_made_alike(name: str, tmp_path: Path) -> None:
    strace = strace_command()
    once, again = (traced(strace, PROGRAMS[name], tmp_path / folder) for folder in ("one", "two"))
    assert once
    assert differences(once, again) == ""


@pytest.mark.parametrize("name", PROGRAMS)
def test_our_trace_is_what_strace_writes(name: str, tmp_path: Path) -> None:
    theirs = traced(strace_command(), PROGRAMS[name], tmp_path / "one")
    ours = traced([*TRACEKIT, "run", "-f", "-s", "4096"], PROGRAMS[name], tmp_path / "two")
    assert differences(ours, theirs) == ""


@pytest.mark.parametrize(
    "wrong",
    [
        '11 1700000000.000001 access("/a", R_OK) = 0 <0.000001>',
        '11 1700000000.000001 access("/b", R_OK) = -1 ENOENT (No such file or directory) <0.000001>',
        '11 1700000000.000001 access("/a", W_OK) = -1 ENOENT (No such file or directory) <0.000001>',
        '11 1700000000.000001 faccessat("/a", R_OK) = -1 ENOENT (No such file or directory) <0.000001>',
        "11 1700000000.000001 exit_group(0) = ?",
    ],
)
def test_a_difference_is_found(wrong: str) -> None:
    right = '9  1700000000.000002 access("/a", R_OK) = -1 ENOENT (No such file or directory) <0.000007>'
    halves = (
        '7  1600000000.000002 access("/a", R_OK <unfinished ...>\n'
        "7  1600000000.000002 <... access resumed>)    = -1 ENOENT (No such file or directory) <0.000003>"
    )
    assert differences(compared(halves), compared(right)) == ""
    assert differences(compared(wrong), compared(right)) != ""
    assert differences(compared(f"{right}\n{wrong}"), compared(right)) != ""

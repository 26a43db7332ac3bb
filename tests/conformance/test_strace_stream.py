"""Our trace of a program and the real strace's: the same calls, in the same order, in the same words.

Two runs of a program differ in their ids, addresses, times and random bytes; these are
made alike before the two are compared. Order is compared task by task, since which of two
tasks comes first is chance.
"""

import subprocess
import sys
from difflib import unified_diff
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.support.chance import by_task
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
    return 0; /* as the threads: which of the two ends the last of them is chance */
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
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
signal.setitimer(signal.ITIMER_REAL, 0.01)
ctypes.CDLL(None).sigsuspend(bytes(128))  # no signal is missed, as it may be before a pause
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
os.kill(os.getpid(), signal.SIGUSR1)
os.kill(os.getpid(), signal.SIGRTMIN)
signal.raise_signal(signal.SIGUSR1)
os.abort()
"""

PROGRAMS: dict[str, list[str]] = {
    "ls": ["/bin/ls", "-l", "--time-style=+", "/proc/self/fd"],
    "subshells": ["/bin/sh", "-c", '(exit 3); echo "$(echo one)"; kill -TERM $$'],
    "an exec that fails": ["/bin/sh", "-c", "/no/such/program; exec /bin/true"],
    "threads": ["./threads"],
    "sockets": [sys.executable, "-S", "-E", "-c", SOCKETS],
    "signals": [sys.executable, "-S", "-E", "-c", SIGNALS],
    "files": [sys.executable, "-S", "-E", "-c", FILES],
}

FLEETING = {
    "futex": "whether a thread has to wait depends on which of two was faster",
    "brk": "the heap begins at a random place, and so reaches its page's end sooner or later",
    "rt_sigreturn": "returns what the call returned that the signal came after",
}
"""Lines that come and go between two runs under the real strace, each with the reason."""


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
    return by_task(trace.read_text().replace(str(folder), "HERE"), tuple(FLEETING))


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

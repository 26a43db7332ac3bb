"""Injections and seccomp filters beside the real strace: the same lines, the same effect on the program."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.chance import by_task
from tests.support.requirements import need, need_ptrace
from tests.support.settings import trace
from tests.support.tracers import STRACE_OPTIONS

pytestmark = pytest.mark.conformance

WANTED = "chdir,read,readlink,getpriority,getppid,execve,exit_group"
SUBJECT = """
import ctypes, os, signal, sys, threading, time
signal.signal(signal.SIGUSR1, lambda *_: None)
libc = ctypes.CDLL(None, use_errno=True)
said = []
def chdir(path):
    ctypes.set_errno(0)
    said.append((libc.chdir(path), ctypes.get_errno()))
for _ in range(6): chdir(b"/nowhere")
def work():
    for _ in range(3): chdir(b"thread")
thread = threading.Thread(target=work)
thread.start(); thread.join()
if not os.fork():
    for _ in range(3): chdir(b"child")
    os._exit(len({one for one in said}))
said.append(os.wait()[1])
descriptor = os.open("/etc/passwd", os.O_RDONLY)
buffer = ctypes.create_string_buffer(b"abcdefgh")
said.append((libc.read(descriptor, buffer, 5), buffer.value))
before = time.monotonic()
said.append(libc.getpriority(0, 0))
print(said, time.monotonic() - before >= float(sys.argv[1]), os.getcwd(), flush=True)
"""
INJECTIONS = [
    "chdir:error=ENOSPC",
    "chdir:error=4095:when=2",
    "chdir:error=ERESTARTSYS:when=1",
    "chdir:retval=42",
    "chdir:retval=42:when=2+2",
    "chdir:retval=7:when=2..3",
    "chdir:retval=9:when=1..5+3",
    "chdir:retval=-1:when=1",
    "chdir:retval=0xfffffffffff:when=1",
    "chdir:retval=-5000:when=3",
    "chdir:signal=USR1:when=3",
    "chdir:error=EINTR:signal=SIGUSR1:when=2..4",
    "chdir:signal=SIGKILL:when=4",
    "chdir:delay_enter=1ms:delay_exit=2000",
    "getpriority:delay_enter=20ms",
    "getpriority:delay_exit=30ms:error=EPERM",
    "getpriority:retval=22",
    "chdir:error=EPERM:syscall=getpid:when=2",
    "chdir:retval=0:syscall=gettid",
    "chdir:poke_enter=@arg1=2f746d7000:when=2",
    "read:poke_exit=@arg2=5858585858:retval=5",
    "chdir:poke_enter=@arg1=2f00:delay_exit=1:error=EIO:when=5",
    "exit_group:error=EPERM",
    "execve:error=ENOENT",
    "%file:error=ENOENT:when=3+4",
]


def strace(command: list[str], out: Path, wanted: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a program under the real strace."""
    own = [need("strace"), *STRACE_OPTIONS, "-s", "1024", "-o", str(out), "-e", f"trace={wanted}", *options]
    return subprocess.run(
        [*own, *command], check=False, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )


def said(done: subprocess.CompletedProcess[str]) -> tuple[int, str]:
    """Return how a program ended and what it printed; the tracers differ in how they end by a signal."""
    return done.returncode % 128 if done.returncode >= 0 else -done.returncode, done.stdout


@pytest.mark.parametrize("injection", INJECTIONS)
def test_injections_are_straces(injection: str, tmp_path: Path) -> None:
    need_ptrace()
    at_least = "0.02" if injection.startswith("getpriority:delay") else "0"
    command = [sys.executable, "-S", "-c", SUBJECT, at_least]
    theirs = strace(command, tmp_path / "theirs", WANTED, "-e", f"inject={injection}")
    ours = trace(command, tmp_path / "ours", WANTED, inject=[("inject", injection)])
    assert said(ours) == said(theirs)
    assert by_task((tmp_path / "ours").read_text()) == by_task((tmp_path / "theirs").read_text())
    warnings = [line.partition("strace: ")[2] for line in theirs.stderr.splitlines() if "strace: " in line]
    assert [
        line.removeprefix("tracekit: ") for line in ours.stderr.splitlines() if "tracekit: " in line
    ] == warnings


@pytest.mark.parametrize("wanted", [WANTED, "getppid,exit_group", "%file", "!%memory,getrandom"])
def test_filters_are_straces(wanted: str, tmp_path: Path) -> None:
    need_ptrace()
    command = ["sh", "-c", "cd /nowhere; cd /; cat /etc/passwd; (cd /no); exec true"]
    theirs = strace(command, tmp_path / "theirs", wanted, "--seccomp-bpf")
    ours = trace(command, tmp_path / "ours", wanted, seccomp_bpf=True)
    assert said(ours) == said(theirs)
    assert by_task((tmp_path / "ours").read_text()) == by_task((tmp_path / "theirs").read_text())

"""A program under a seccomp filter: the trace is the one without, and the program outlives its tracer."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chance import by_task
from tests.support.processes import Process, ending, start, task, threads, wait_until
from tests.support.requirements import need, need_ptrace, need_root
from tests.support.settings import trace, tracing
from tracekit.tracer.kernel import seccomp
from tracekit.tracer.machine import look
from tracekit.tracer.tasks import guardian

PYTHON = sys.executable


@pytest.fixture(autouse=True)
def _filters() -> None:
    need_ptrace()
    here = look()
    if reason := seccomp.obstacle(here) or guardian.obstacle(here):
        pytest.skip(f"no program can have a filter of ours here: {reason}")


# The same lines with and without

THREADS = """
import os, threading
def work(): [os.getppid() for _ in range(5)]
for _ in range(4):
    thread = threading.Thread(target=work); thread.start(); thread.join()
if not os.fork():
    os.getppid(); os._exit(3)
os.wait()
"""
EXEC_IN_A_THREAD = """
import os, signal, threading
threading.Thread(target=lambda: (os.getppid(), os.execv("/bin/true", ["true"]))).start()
signal.pause()
"""
VFORK = """
import os
os.getppid()
for _ in range(3): os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
"""
FAILING = """
import contextlib, os
for path in ("/", "/nowhere", "/"):
    with contextlib.suppress(OSError): os.chdir(path)
os.getppid()
"""
SIGNALS = """
import os, signal, time
signal.signal(signal.SIGALRM, lambda *_: os.getppid())
signal.setitimer(signal.ITIMER_REAL, 0.6)  # long enough for the sleep to have begun on a busy machine
time.sleep(1)
signal.setitimer(signal.ITIMER_REAL, 0)
waiting, go = os.pipe()
child = os.fork()
if not child:
    os.kill(os.getpid(), signal.SIGSTOP); os.getppid(); os.read(waiting, 1); os.abort()
os.waitpid(child, os.WUNTRACED)
os.kill(child, signal.SIGCONT)
os.waitpid(child, os.WCONTINUED)  # or SIGCHLD for that and for its end could become one
os.write(go, b"x")
os.waitpid(child, 0)
os.kill(os.getpid(), signal.SIGTERM)
"""
OWN_FILTER = """
import ctypes, os, platform, struct, sys, threading
from tracekit.syscalls import calls
numbers = {call.name: number for number, call in calls(platform.machine()).items()}
libc = ctypes.CDLL(None)
code = struct.pack("=" + 4 * "HBBI", 0x20, 0, 0, 0,  0x15, 0, 1, numbers["getppid"],
                   6, 0, 0, 0x00050012,  6, 0, 0, 0x7FFF0000)  # RET_ERRNO EXDEV, RET_ALLOW
class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))
program = Program(4, code)
def look():
    libc.syscall(numbers["getppid"]); libc.syscall(numbers["getpgid"], 0)
look()
libc.prctl(38, 1, 0, 0, 0)
if sys.argv[1] == "prctl":
    libc.prctl(22, 2, ctypes.byref(program))
else:
    libc.syscall(numbers["seccomp"], 1, 0, ctypes.byref(program))
look()
thread = threading.Thread(target=look); thread.start(); thread.join()
if not os.fork():
    look(); os._exit(0)
os.wait()
"""
PROGRAMS = {
    "threads": (THREADS, "getppid,execve,exit_group"),
    "exec-not-wanted": (THREADS, "getppid"),
    "exec-in-a-thread": (EXEC_IN_A_THREAD, "getppid,execve"),
    "vfork": (VFORK, "getppid,execve,vfork,clone,clone3"),
    "failing": (FAILING, "chdir,getppid"),
    "signals": (SIGNALS, "getppid,clock_nanosleep,restart_syscall,kill"),
    "signals-alone": (SIGNALS, "getppid"),
    "inverted": (FAILING, "!sysinfo,read,mmap,munmap,brk,futex,getrandom,mprotect,rt_sigaction"),
}


def both(tmp_path: Path, command: list[str], wanted: str) -> tuple[list[list[str]], list[list[str]]]:
    """Trace a program without a filter and with one."""
    plain, filtered = tmp_path / "plain", tmp_path / "filtered"
    expected = trace(command, plain, wanted)
    done = trace(command, filtered, wanted, seccomp_bpf=True)
    assert (done.returncode, done.stdout, done.stderr) == (
        expected.returncode,
        expected.stdout,
        expected.stderr,
    )
    return by_task(plain.read_text()), by_task(filtered.read_text())


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_lines_are_the_same(name: str, tmp_path: Path) -> None:
    code, wanted = PROGRAMS[name]
    plain, filtered = both(tmp_path, [PYTHON, "-S", "-c", code], wanted)
    assert sum(map(len, plain)) > 3
    assert filtered == plain


@pytest.mark.parametrize("how", ["prctl", "seccomp"])
def test_calls_that_the_programs_own_filter_refuses_are_seen(how: str, tmp_path: Path) -> None:
    plain, filtered = both(tmp_path, [PYTHON, "-c", OWN_FILTER, how], "getppid,getpgid")
    assert filtered == plain
    refused = "getppid() = -1 EXDEV (Invalid cross-device link)"
    assert [lines.count(refused) for lines in filtered] == [1, 1, 1]


SUBJECT_32 = r"""
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    unsigned long socket[] = {1, 1, 0};
    open("/etc/passwd", O_RDONLY);
    syscall(SYS_getppid);
    syscall(102, 1, socket); /* socketcall */
    if (!fork())
        _exit(syscall(SYS_getppid) < 0);
    wait(0);
    return 0;
}
"""


def test_32_bit_programs(tmp_path: Path) -> None:
    source, program = tmp_path / "subject.c", tmp_path / "subject"
    source.write_text(SUBJECT_32)
    built = subprocess.run(
        [need("cc"), "-m32", "-o", str(program), str(source)], check=False, capture_output=True
    )
    if built.returncode:
        pytest.skip("this compiler makes no 32-bit programs (Debian: apt-get install gcc-multilib)")
    plain, filtered = both(tmp_path, [str(program)], "openat,open,getppid,socket,execve")
    assert filtered == plain
    assert any(line.startswith("socket(AF_UNIX") for line in filtered[0])


def test_calls_that_are_not_wanted_do_not_stop(tmp_path: Path) -> None:
    """They run at once: many of them take no longer than the few of a trace that stops at each."""
    out = tmp_path / "t"
    code = "import os\nfor _ in range(300_000): os.getpgid(0)\nos.getppid()"
    assert trace([PYTHON, "-S", "-c", code], out, "getppid", seccomp_bpf=True).returncode == 0
    assert [lines[0] for lines in by_task(out.read_text())] == ["getppid() = OTHER"]


def test_set_uid_programs_keep_their_privileges(tmp_path: Path) -> None:
    """Under a tracer that may trace them, as root may."""
    need_root()
    with tempfile.TemporaryDirectory() as folder:
        program = Path(shutil.copy(need("id"), folder))
        Path(folder).chmod(0o755)
        program.chmod(0o4755)
        command = [need("setpriv"), "--reuid=65534", "--clear-groups", str(program), "-u"]
        if subprocess.run(command, check=True, capture_output=True).stdout != b"0\n":
            pytest.skip("set-uid programs have no privileges here")
        assert trace(command, tmp_path / "t", "getpgid", seccomp_bpf=True).stdout == "0\n"


# The program outlives its tracer

SUBJECT = """
import os, signal, sys, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
errors = []
done = False
def look(count=1):
    for _ in range(count):
        try: os.getpgid(0)
        except OSError as error: errors.append(error)
def work():
    while not done: look()
threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads: thread.start()
for line in sys.stdin:
    look(100)
    if not (child := os.fork()):
        look(10); os._exit(len(errors) > 0)
    failed = os.waitpid(child, 0)[1]
    spawned = os.posix_spawn("/bin/sh", ["sh", "-c", "cd / && exec true"], {})
    failed |= os.waitpid(spawned, 0)[1]
    print(line.strip(), failed, len(errors), os.getpid(), flush=True)
done = True
for thread in threads: thread.join()
print("end", len(errors), flush=True)
"""
WANTED = "getpgid,execve,chdir,clone,clone3,vfork"


@contextlib.contextmanager
def subject(out: Path | str) -> Iterator[tuple[Process, int]]:
    """A program whose threads never rest, under a filter: its tracer, and its pid."""
    command = tracing([PYTHON, "-S", "-c", SUBJECT], Path(out), WANTED, seccomp_bpf=True)
    with ending(start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)) as run:
        assert run.stdin
        assert run.stdout
        pid = ask(run, "first")
        yield run, pid


def ask(run: Process, word: str) -> int:
    """Have the program do its calls once more, and tell that none has failed; return its pid."""
    assert run.stdin
    assert run.stdout
    run.stdin.write(f"{word}\n".encode())
    run.stdin.flush()
    *told, pid = run.stdout.readline().decode().split()
    assert told == [word, "0", "0"]
    return int(pid)


def finish(run: Process) -> None:
    """Let the program end, and see that no call of any thread has failed."""
    assert run.stdin
    assert run.stdout
    run.stdin.close()
    assert run.stdout.readline() == b"end 0\n"


def is_guarded(pid: int) -> bool:
    """Whether every thread of a process has a guardian for its tracer."""
    tracers = {one.tracer for one in threads(pid) if not one.ended}
    return 0 not in tracers and all(is_guardian(tracer) for tracer in tracers)


def is_guardian(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_bytes().strip() == guardian.NAME
    except OSError:
        return False


def guardian_of(run: Process) -> int:
    found = task(run.pid)
    assert found
    assert is_guardian(found.tracer)
    return found.tracer


def test_a_killed_tracer(tmp_path: Path) -> None:
    with subject(tmp_path / "t") as (run, pid):
        run.kill()
        run.wait()
        wait_until(lambda: is_guarded(pid), "the guardian has every thread")
        for word in ("second", "third"):
            ask(run, word)
        finish(run)
    wait_until(lambda: not threads(pid), "the program's end")


def test_a_killed_tracer_of_a_stopped_program(tmp_path: Path) -> None:
    with subject(tmp_path / "t") as (run, pid):
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: "--- stopped by SIGSTOP ---" in (tmp_path / "t").read_text(), "the stop")
        wait_until(lambda: all(one.state == "t" for one in threads(pid)), "every thread stopped")
        run.kill()
        run.wait()
        wait_until(lambda: is_guarded(pid), "the guardian has every thread")
        assert all(one.state == "t" for one in threads(pid))
        os.kill(pid, signal.SIGCONT)
        ask(run, "second")
        finish(run)


def test_a_request_to_end(tmp_path: Path) -> None:
    with subject(tmp_path / "t") as (run, pid):
        run.send_signal(signal.SIGTERM)
        wait_until(lambda: is_guarded(pid), "the guardian has every thread")
        ask(run, "second")
        finish(run)
        assert run.wait(30) == 0
    assert "+++ exited" not in (tmp_path / "t").read_text().splitlines()[-1]


def test_a_full_disk() -> None:
    with subject("/dev/full") as (run, pid):
        wait_until(lambda: is_guarded(pid), "the guardian has every thread")
        ask(run, "second")
        finish(run)
        assert run.wait(30) != 0


def test_a_killed_guardian(tmp_path: Path) -> None:
    with subject(tmp_path / "t") as (run, pid):
        first = guardian_of(run)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: not is_guardian(first), "the guardian's end")
        ask(run, "second")
        run.send_signal(signal.SIGTERM)
        wait_until(lambda: is_guarded(pid), "another guardian has every thread")
        ask(run, "third")
        finish(run)
        assert run.wait(30) == 0


def test_the_guardian_ends_with_the_trace(tmp_path: Path) -> None:
    with subject(tmp_path / "t") as (run, _):
        watching = guardian_of(run)
        finish(run)
        assert run.wait(30) == 0
        assert not is_guardian(watching)

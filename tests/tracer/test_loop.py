"""Following tasks: what has to be in a trace is known from how the traced program was built."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import Process, ending, start, stop, task, threads, tree, wait_until
from tests.support.requirements import need, need_ptrace
from tests.support.tracers import STOPPED, TRACEKIT, traced_by

TOUCH = "open('{}/' + {}, 'w').close()"


@pytest.fixture(autouse=True)
def _may_trace() -> None:
    need_ptrace()


def run(tmp_path: Path, *words: str, options: tuple[str, ...] = ("-f",)) -> tuple[int, list[str]]:
    """Run a program under trace; return its status and the lines."""
    out = tmp_path / "t.strace"
    command = [*TRACEKIT, "run", *options, "-o", str(out), "--", *words]
    done = subprocess.run(command, check=False, capture_output=True, timeout=60)
    assert b"Traceback" not in done.stderr, done.stderr
    return done.returncode, out.read_text().splitlines()


def python(tmp_path: Path, code: str, **how: Any) -> tuple[int, list[str]]:
    return run(tmp_path, sys.executable, "-c", code, **how)


def notes(lines: list[str], key: str) -> list[dict[str, Any]]:
    start_of = f"# tracekit {key} "
    return [json.loads(line.removeprefix(start_of)) for line in lines if line.startswith(start_of)]


def lines_of(lines: list[str], tid: int) -> list[str]:
    return [re.sub(r"^\d+ +[\d.]+ ", "", line) for line in lines if line.split(" ", 1)[0] == str(tid)]


def test_a_program_begins_with_its_execve_and_keeps_its_status(tmp_path: Path) -> None:
    status, lines = run(tmp_path, "sh", "-c", "exit 7")
    calls = [line for line in lines if not line.startswith("#")]
    assert re.match(r'\d+ +\d+\.\d{6} execve\("/[^"]*/sh", \["sh", "-c", "exit 7"\], 0x', calls[0])
    assert calls[-1].endswith("+++ exited with 7 +++")
    assert status == 7


def test_a_program_that_cannot_be_executed_leaves_its_execve_alone_in_the_trace(tmp_path: Path) -> None:
    program = tmp_path / "no program"
    program.write_text("neither ELF nor #!")
    program.chmod(0o755)
    status, lines = run(tmp_path, str(program))
    assert status == 127
    execve, end = (line for line in lines if not line.startswith("#"))
    assert "-1 ENOEXEC (Exec format error)" in execve
    assert end.endswith("+++ exited with 127 +++")


def test_a_signal_that_kills_the_program_is_told_and_passed_on(tmp_path: Path) -> None:
    status, lines = run(tmp_path, "sh", "-c", "kill -SEGV $$")
    assert status == 128 + signal.SIGSEGV
    assert any("--- SIGSEGV {si_signo=SIGSEGV, si_code=SI_USER" in line for line in lines)
    assert re.search(r"\+\+\+ killed by SIGSEGV( \(core dumped\))? \+\+\+", "\n".join(lines))


def test_threads_and_children_are_followed(tmp_path: Path) -> None:
    code = (
        "import os, threading\n"
        f"touch = lambda name: open('{tmp_path}/' + name, 'w').close()\n"
        "threads = [threading.Thread(target=touch, args=(f'thread{i}',)) for i in range(20)]\n"
        "[t.start() for t in threads], [t.join() for t in threads]\n"
        "for i in range(5):\n"
        "    if not os.fork(): touch(f'child{i}'), os._exit(0)\n"
        "    os.wait()\n"
    )
    status, lines = python(tmp_path, code)
    text = "\n".join(lines)
    assert status == 0
    for name in [*(f"thread{i}" for i in range(20)), *(f"child{i}" for i in range(5))]:
        assert f'"{tmp_path}/{name}"' in text
    tids = {note["tid"]: note["pid"] for note in notes(lines, "task")}
    main = notes(lines, "task")[0]["tid"]
    assert list(tids.values()).count(main) == 21
    assert len(set(tids.values())) == 6


def test_without_f_only_the_program_itself_is_traced(tmp_path: Path) -> None:
    status, lines = run(tmp_path, "sh", "-c", "/bin/true; exit 3", options=())
    assert status == 3
    assert not any('"/bin/true"' in line for line in lines if "execve(" in line)
    assert len(notes(lines, "task")) == 1


def test_a_thread_that_is_not_the_leader_calls_execve(tmp_path: Path) -> None:
    code = (
        "import os, threading, time\n"
        "threading.Thread(target=os.execv, args=('/bin/sh', ['sh', '-c', 'exit 4'])).start()\n"
        "time.sleep(100)"
    )
    status, lines = python(tmp_path, code)
    main, other = (note["tid"] for note in notes(lines, "task")[:2])
    assert status == 4
    assert any(line.startswith("execve(") for line in lines_of(lines, other))
    after = lines_of(lines, main)
    at = after.index(f"+++ superseded by execve in pid {other} +++")
    assert re.match(r"<\.\.\. execve resumed>\) += 0", after[at + 1])
    assert after[-1] == "+++ exited with 4 +++"


PTHREAD_EXIT = """
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *rest(void *none) {
    puts("ready");
    fflush(stdout);
    for (;;) { access("/thread", R_OK); usleep(1000); }
}
int main(void) { pthread_t thread; pthread_create(&thread, NULL, rest, NULL); pthread_exit(NULL); }
"""


def test_a_process_whose_main_thread_has_ended_is_attached_to(tmp_path: Path) -> None:
    out = tmp_path / "t.strace"
    command = [need("cc"), "-pthread", "-xc", "-", "-o", str(tmp_path / "program")]
    subprocess.run(command, input=PTHREAD_EXIT.encode(), check=True)
    with ending(start([tmp_path / "program"], stdout=subprocess.PIPE)) as program:
        assert program.stdout
        assert program.stdout.readline() == b"ready\n"
        wait_until(lambda: any(one.ended for one in threads(program.pid)), "the end of the main thread")
        (other,) = {one.tid for one in threads(program.pid)} - {program.pid}
        tracer = start([*TRACEKIT, "attach", "-f", "-p", str(program.pid), "-o", out])
        with ending(tracer):
            wait_until(lambda: out.exists() and "/thread" in out.read_text(), "a call")
            assert stop(tracer, signal.SIGINT) == 0
        lines = out.read_text().splitlines()
        (process,) = notes(lines, "process")
        assert process["pid"] == program.pid
        assert process["cwd"] == str(Path.cwd())
        assert process["fds"]["1"].startswith("pipe:")
        assert [note["tid"] for note in notes(lines, "task")] == [other]


def test_vfork_is_followed(tmp_path: Path) -> None:
    code = "import os; os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)"
    status, lines = python(tmp_path, code)
    assert status == 0
    assert sum('execve("/bin/true"' in line for line in lines) == 1


def test_a_group_stop_is_kept_until_the_program_is_continued(tmp_path: Path) -> None:
    out = tmp_path / "t.strace"
    with ending(
        start([*TRACEKIT, "run", "-f", "-o", out, "--", "sh", "-c", "kill -STOP $$; exit 5"])
    ) as tracer:
        wait_until(lambda: out.exists() and "--- stopped by SIGSTOP ---" in out.read_text(), "the stop")
        program = next(pid for pid in tree(tracer.pid) if pid != tracer.pid)
        os.kill(program, signal.SIGCONT)
        assert tracer.wait(30) == 5


def test_a_program_gets_its_signals_as_without_us(tmp_path: Path) -> None:
    program = ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]
    traced = [*TRACEKIT, "run", "-f", "-o", str(tmp_path / "t"), "--", *program]
    assert signal_sets(traced) == signal_sets(program)


def signal_sets(command: list[str]) -> list[int]:
    """Return the signals that a program starts with blocked and ignored, without the C library's own two."""
    done = subprocess.run(command, check=True, capture_output=True, timeout=30)
    return [int(word, 16) & ~(0b11 << 31) for word in done.stdout.split()[1::2]]


def test_a_filter_keeps_only_what_was_asked_for(tmp_path: Path) -> None:
    _, lines = run(tmp_path, "sh", "-c", "exit 0", options=("-f", "-e", "trace=execve,close"))
    names = set(re.findall(r"^\d+ +[\d.]+ (\w+)\(", "\n".join(lines), re.MULTILINE))
    assert names <= {"execve", "close"}
    assert "execve" in names


# Attaching to a program that runs

BUSY = (
    "import os, threading, time\n"
    "stop = threading.Event()\n"
    "def work(i):\n"
    "    while True: os.stat(f'/busy{i}') if os.path.exists(f'/busy{i}') else time.sleep(0.001)\n"
    "for i in range(6): threading.Thread(target=work, args=(i,), daemon=True).start()\n"
    "print('ready', flush=True)\n"
    "time.sleep(1000)"
)


@pytest.fixture
def busy() -> Iterator[Process]:
    """A program whose six threads never rest."""
    with ending(start([sys.executable, "-c", BUSY], stdout=subprocess.PIPE)) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        yield process


def attach(pid: int, out: Path) -> Process:
    tracer = start([*TRACEKIT, "attach", "-f", "-p", str(pid), "-o", out], stderr=subprocess.PIPE)
    wait_until(lambda: tracer.poll() is not None or traced_by(tracer.pid, [pid]), "every thread traced")
    return tracer


def at_rest(pid: int) -> bool:
    return all(one.tracer == 0 and one.state not in STOPPED for one in threads(pid))


@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_detach_leaves_every_thread_running(
    busy: Process, tmp_path: Path, request_to_end: signal.Signals
) -> None:
    out = tmp_path / "t.strace"
    with ending(attach(busy.pid, out)) as tracer:
        wait_until(lambda: all(f'"/busy{i}"' in out.read_text() for i in range(6)), "a call of each thread")
        assert stop(tracer, request_to_end) == 0
    assert at_rest(busy.pid)
    tids = {note["tid"] for note in notes(out.read_text().splitlines(), "task")}
    assert tids == {one.tid for one in threads(busy.pid)}
    end = notes(out.read_text().splitlines(), "end")
    assert end[0]["tasks"] == 7


def test_a_killed_tracer_leaves_every_thread_running(busy: Process, tmp_path: Path) -> None:
    with ending(attach(busy.pid, tmp_path / "t.strace")) as tracer:
        tracer.kill()
        tracer.wait()
    wait_until(lambda: at_rest(busy.pid), "every thread let go of")
    assert busy.poll() is None


def test_a_stopped_program_stays_stopped(busy: Process, tmp_path: Path) -> None:
    os.kill(busy.pid, signal.SIGSTOP)
    wait_until(lambda: all(one.state == "T" for one in threads(busy.pid)), "the stop")
    with ending(attach(busy.pid, tmp_path / "t.strace")) as tracer:
        assert stop(tracer, signal.SIGINT) == 0
    wait_until(lambda: all(one.state == "T" and not one.tracer for one in threads(busy.pid)), "still stopped")
    os.kill(busy.pid, signal.SIGCONT)
    wait_until(lambda: at_rest(busy.pid), "it goes on")


def test_a_full_disk_ends_the_trace_and_not_the_program(busy: Process) -> None:
    tracer = start(
        [*TRACEKIT, "attach", "-f", "-p", str(busy.pid), "-o", "/dev/full"], stderr=subprocess.PIPE
    )
    with ending(tracer):
        _, said = tracer.communicate(timeout=30)
        assert tracer.returncode == 2
        assert b"cannot write /dev/full: No space left on device" in said
        assert b"Traceback" not in said
    assert at_rest(busy.pid)


def test_a_full_disk_ends_the_trace_and_not_the_wait_for_the_program(tmp_path: Path) -> None:
    """Who has started us, a supervisor perhaps, takes our end for the program's."""
    work = "i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i + 1)); done; echo > ended"
    command = [*TRACEKIT, "run", "-o", "/dev/full", "sh", "-c", work]
    done = subprocess.run(command, check=False, cwd=tmp_path, stderr=subprocess.DEVNULL, timeout=60)
    assert (tmp_path / "ended").exists()
    assert done.returncode == 2


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_a_pipe_that_nobody_reads_can_be_left(busy: Process, tmp_path: Path, end: signal.Signals) -> None:
    os.mkfifo(tmp_path / "pipe")
    with ending(start([*TRACEKIT, "attach", "-p", str(busy.pid), "-o", str(tmp_path / "pipe")])) as tracer:
        wait_until(
            lambda: Path(f"/proc/{tracer.pid}/wchan").read_text() == "wait_for_partner", "fs/pipe.c: opening"
        )
        tracer.send_signal(end)
        assert tracer.wait(30) in {130, -signal.SIGTERM}


def test_a_signal_during_the_trace_reaches_the_program(tmp_path: Path) -> None:
    code = "import signal, time; print('ready', flush=True); signal.pause()"
    out = tmp_path / "t.strace"
    with ending(start([sys.executable, "-c", code], stdout=subprocess.PIPE)) as program:
        assert program.stdout
        program.stdout.readline()
        with ending(attach(program.pid, out)) as tracer:
            os.kill(program.pid, signal.SIGUSR1)
            assert program.wait(30) == -signal.SIGUSR1
            assert tracer.wait(30) == 0
    assert "--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER" in out.read_text()
    assert "+++ killed by SIGUSR1 +++" in out.read_text()


def test_a_task_has_one_tracer(busy: Process, tmp_path: Path) -> None:
    with ending(attach(busy.pid, tmp_path / "first")):
        second = start([*TRACEKIT, "attach", "-f", "-p", str(busy.pid)], stderr=subprocess.PIPE)
        with ending(second):
            _, said = second.communicate(timeout=30)
        assert second.returncode == 4
        assert b"is traced already" in said
        assert len(said.splitlines()) == 1
    assert task(busy.pid) is not None

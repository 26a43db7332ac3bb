"""``tracekit doctor``, run as somebody who may, and as many who may not."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.privileges import KILL, NOBODY, filtered, nobody, unshared, without_ptrace
from tests.support.processes import ending, start, task, wait_until
from tests.support.requirements import kernel_thread, need, need_ptrace, need_root
from tests.support.tracers import TRACEKIT

DOCTOR = [*TRACEKIT, "doctor"]
NOT_PERMITTED = 4
"""The documented exit code."""


def examined(command: list[str], status: int = 0) -> dict[str, Any]:
    """Run doctor in some circumstances, and return what it says."""
    done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stderr == ""
    value: dict[str, Any] = json.loads(done.stdout)
    assert value["verdict"] == ("not permitted" if status else "possible")
    return value


def topics(command: list[str], status: int = 0) -> dict[str, dict[str, str]]:
    return {one["topic"]: one for one in examined(command, status)["findings"]}


def process(command: list[str], pid: int, status: int = 0) -> dict[str, Any]:
    """Return what doctor says of one process."""
    (one,) = examined([*command, "-p", str(pid)], status)["processes"]
    assert isinstance(one, dict)
    assert one["pid"] == pid
    return one


@contextmanager
def sleeping(*prefix: str) -> Iterator[int]:
    """A process that does nothing, started by way of another program."""
    with ending(start([*prefix, "sleep", "600"])) as one:
        sleeps = Path(f"/proc/{one.pid}/comm")
        wait_until(
            lambda: sleeps.read_text() == "sleep\n" and (t := task(one.pid)) and t.state == "S", "its sleep"
        )
        yield one.pid


def test_where_tracing_is_allowed() -> None:
    need_root()
    need_ptrace()
    found = topics(DOCTOR)
    for topic in ("run", "attach", "others", "CAP_SYS_PTRACE", "PTRACE_GET_SYSCALL_INFO", "process_vm_readv"):
        assert found[topic]["verdict"] == "yes"


def test_as_text_it_has_a_line_for_each_finding() -> None:
    need_ptrace()
    value = examined(DOCTOR)
    done = subprocess.run(DOCTOR, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("tracekit doctor: tracing is possible here")
    for one in value["findings"]:
        if one["group"] != "Traced already":
            assert any(line.startswith(one["verdict"]) and one["topic"] in line for line in lines)
    assert not [line for line in lines if line != line.rstrip()]


def test_an_ordinary_user() -> None:
    need_ptrace()
    found = topics(nobody(*DOCTOR))
    assert found["run"]["verdict"] == "yes"
    assert found["others"]["verdict"] == found["CAP_SYS_PTRACE"]["verdict"] == "no"
    assert found["CAP_SYS_PTRACE"]["text"].startswith("effective no, permitted no")
    assert "-m tracekit" in found["as root"]["remedy"]


def test_a_process_that_one_may_attach_to() -> None:
    need_ptrace()
    with sleeping() as pid:
        found = process(DOCTOR, pid)
        assert (found["verdict"], found["cause"], found["remarks"]) == ("yes", None, [])
        assert (one := task(pid)) is not None
        assert (one.state, one.tracer) == ("S", 0)


def test_another_users_process() -> None:
    with sleeping() as pid:
        found = process(nobody(*DOCTOR), pid, NOT_PERMITTED)
    assert found["cause"] == "user"
    assert "belongs to uid 0" in found["text"]
    assert f"you are uid {NOBODY}" in found["text"]


def test_root_without_the_capability() -> None:
    need_root()
    with sleeping(need("setpriv"), "--reuid=1234", "--regid=1234", "--clear-groups") as pid:
        found = process(without_ptrace(*DOCTOR), pid, NOT_PERMITTED)
        assert found["cause"] == "user"
        assert "SYS_PTRACE" in found["remedy"]
    with sleeping() as pid:
        found = process(without_ptrace(*DOCTOR), pid, NOT_PERMITTED)
        assert found["cause"] == "capable"


def test_a_process_of_another_group() -> None:
    need_root()
    with sleeping(need("setpriv"), f"--reuid={NOBODY}", "--regid=1234", "--clear-groups") as pid:
        assert process(nobody(*DOCTOR), pid, NOT_PERMITTED)["cause"] == "group"


def test_a_process_that_is_not_dumpable() -> None:
    code = (
        "import ctypes, time; PR_SET_DUMPABLE = 4; "
        "ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); print(flush=True); time.sleep(600)"
    )
    secret = start(nobody(sys.executable, "-c", code), stdout=subprocess.PIPE)
    with ending(secret):
        assert secret.stdout
        secret.stdout.readline()
        assert process(nobody(*DOCTOR), secret.pid, NOT_PERMITTED)["cause"] == "dumpable"


def test_one_that_is_traced_already() -> None:
    need_ptrace()
    with (
        sleeping() as pid,
        ending(start([need("strace"), "-qq", "-o", "/dev/null", "-p", str(pid)])) as other,
    ):
        wait_until(lambda: (one := task(pid)) and one.tracer == other.pid, "strace to attach")
        found = process(DOCTOR, pid, NOT_PERMITTED)
        assert found["cause"] == "traced"
        assert found["remedy"].endswith(f"kill {other.pid}")
        assert topics(DOCTOR)[str(pid)]["text"] == f"sleep {pid} is traced by strace {other.pid}"


def test_a_zombie_and_a_kernel_thread() -> None:
    with ending(start(["sh", "-c", "sleep 0 & echo $!; exec sleep 600"], stdout=subprocess.PIPE)) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        wait_until(lambda: (one := task(pid)) and one.ended, "its end")
        assert process(DOCTOR, pid, NOT_PERMITTED)["cause"] == "ended"
    assert process(DOCTOR, kernel_thread(), NOT_PERMITTED)["cause"] == "kernel"


def test_itself_and_who_started_it() -> None:
    need_ptrace()
    itself = subprocess.run(
        ["sh", "-c", f"exec {' '.join(DOCTOR)} -p $$"], capture_output=True, text=True, check=False
    )
    assert itself.returncode == NOT_PERMITTED
    assert "is tracekit itself" in itself.stdout
    assert "was started by it" in process(DOCTOR, os.getpid())["remarks"][0]


@pytest.mark.parametrize("answer", [errno.EPERM, errno.ENOSYS, KILL])
def test_behind_a_filter_that_forbids_ptrace(answer: int) -> None:
    doctor = filtered("ptrace", answer, *DOCTOR)
    found = topics(doctor, NOT_PERMITTED)
    for topic in ("run", "attach", "seccomp"):
        assert found[topic]["verdict"] == "no"
        assert "seccomp" in found[topic]["remedy"] or "SystemCallFilter" in found[topic]["remedy"]
    with sleeping() as pid:
        said = process(doctor, pid, NOT_PERMITTED) if answer == KILL else None
        assert said is None or said["cause"] == "seccomp"


def test_behind_a_filter_that_forbids_to_read_memory() -> None:
    need_ptrace()
    doctor = filtered("process_vm_readv", errno.EPERM, *DOCTOR)
    found = topics(doctor)
    assert (found["run"]["verdict"], found["process_vm_readv"]["verdict"]) == ("yes", "note")
    assert "word by word" in found["process_vm_readv"]["text"]
    with sleeping() as pid:
        assert process(doctor, pid)["verdict"] == "yes"


def test_in_a_pid_namespace_of_its_own() -> None:
    need_ptrace()
    found = topics([*unshared("--pid", "--fork", "--mount-proc"), *DOCTOR])
    assert found["attach"]["verdict"] == found["/proc"]["verdict"] == "yes"
    assert found["PID namespace"]["verdict"] == "note"
    assert found["PID namespace"]["remedy"]


def test_in_a_pid_namespace_with_the_wrong_proc() -> None:
    need_ptrace()
    doctor = [*unshared("--pid", "--fork"), *DOCTOR]
    assert topics(doctor)["/proc"]["verdict"] == "no"
    with sleeping() as pid:
        assert process(doctor, pid, NOT_PERMITTED)["cause"] == "proc"


def test_the_first_process_of_a_pid_namespace() -> None:
    need_ptrace()
    script = f"{' '.join(DOCTOR)} -p 1 --format json; true"
    done = subprocess.run(
        [*unshared("--pid", "--fork", "--mount-proc"), "sh", "-c", script],
        capture_output=True,
        text=True,
        check=True,
    )
    (one,) = json.loads(done.stdout)["processes"]
    assert "first process of its PID namespace" in one["remarks"][0]


def test_in_a_user_namespace_of_its_own() -> None:
    need_ptrace()
    doctor = [*unshared("--user", "--map-root-user"), *DOCTOR]
    found = topics(doctor)
    assert found["run"]["verdict"] == "yes"
    assert found["user namespace"]["verdict"] == "note"
    with sleeping() as pid:
        assert process(doctor, pid, NOT_PERMITTED)["cause"] == "namespace"


def test_a_process_of_another_network_namespace() -> None:
    need_ptrace()
    with sleeping(*unshared("--net")) as pid:
        assert f"nsenter -t {pid} -n" in process(DOCTOR, pid)["remarks"][0]


def test_under_strace() -> None:
    need_ptrace()
    found = topics([need("strace"), "-f", "-o", "/dev/null", *DOCTOR], NOT_PERMITTED)
    assert "is traced already, by process" in found["run"]["text"]


def test_a_refused_attach_says_the_same(tmp_path: Path) -> None:
    attach = [*TRACEKIT, "attach", "-o", str(tmp_path / "trace")]
    with sleeping() as pid:
        found = process(without_ptrace(*DOCTOR), pid, NOT_PERMITTED)
        done = subprocess.run(
            without_ptrace(*attach, "-p", str(pid)), capture_output=True, text=True, check=False
        )
    assert done.returncode == NOT_PERMITTED
    assert done.stderr == f"tracekit: {found['text']} ({found['remedy']})\n"


def test_a_hostile_name_is_written_out() -> None:
    need_ptrace()
    code = "open('/proc/self/comm', 'w').write('\\x1b[31mred\\x08'); print(flush=True); input()"
    with ending(
        start([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    ) as process:
        assert process.stdout
        process.stdout.readline()
        done = subprocess.run([*DOCTOR, "-p", str(process.pid)], capture_output=True, check=False)
    assert b"\\x1b[31mred\\x08" in done.stdout
    assert b"\x1b" not in done.stdout
    assert b"\x08" not in done.stdout


def test_processes_that_are_not_there() -> None:
    for words in (["-p", str(2**22 + 1)], ["--name", "no-such-program"]):
        done = subprocess.run([*DOCTOR, *words], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "")

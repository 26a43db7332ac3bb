"""What is read of a machine: of one made of files, and of this one."""

import os
import platform
import sys
from pathlib import Path

import pytest

from tracekit.tracer.kernel import facts

STATUS = """Name:\tpython3
Umask:\t0022
State:\tR (running)
Tgid:\t7
TracerPid:\t41
Uid:\t1000\t1001\t1000\t1001
Gid:\t100\t100\t100\t100
CapInh:\t0000000000000000
CapPrm:\t0000000000080000
CapEff:\t0000000000000000
CapBnd:\t000001ffffffffff
NoNewPrivs:\t1
Seccomp:\t2
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with what a kernel shows of a small machine."""
    files = {
        "proc/7/status": STATUS,
        "proc/7/mounts": "proc /proc proc rw,nosuid 0 0\nproc /proc proc rw,hidepid=2,gid=4 0 0\n",
        "proc/7/attr/current": "docker-default (enforce)\n",
        "proc/1/cgroup": "0::/\n",
        "proc/sys/kernel/osrelease": "5.10.0-28-amd64\n",
        "proc/sys/kernel/yama/ptrace_scope": "1\n",
        "proc/sys/kernel/seccomp/actions_avail": "kill_process trap errno trace allow\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "proc/self").symlink_to("7")
    (tmp_path / "proc/7/ns").mkdir()
    (tmp_path / "proc/7/ns/user").symlink_to("user:[4026531837]")
    (tmp_path / "proc/7/ns/pid").symlink_to("pid:[4026532201]")
    return tmp_path


def test_what_a_kernel_shows(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("container", raising=False)
    found = facts.look(root)
    assert (found.uids, found.gid) == ((1000, 1001), 100)
    assert (found.effective, found.permitted, found.bounding) == (0, 1 << 19, (1 << 41) - 1)
    assert not found.has(facts.CAP_SYS_PTRACE)
    assert found.may_have(facts.CAP_SYS_PTRACE)
    assert (found.no_new_privs, found.seccomp, found.tracer_pid) == (True, 2, 41)
    assert (found.first_user_namespace, found.first_pid_namespace) == (True, False)
    assert not found.own_proc
    assert (found.yama, found.label, found.hidepid) == (1, "docker-default (enforce)", "invisible")
    assert found.kernel == "5.10.0-28-amd64"
    assert found.seccomp_actions == frozenset({"kill_process", "trap", "errno", "trace", "allow"})
    assert (found.container, found.runs_32bit) == (None, False)


def test_what_a_kernel_does_not_have(root: Path) -> None:
    for name in ("yama/ptrace_scope", "seccomp/actions_avail"):
        (root / "proc/sys/kernel" / name).unlink()
    (root / "proc/7/attr/current").unlink()
    found = facts.look(root)
    assert (found.yama, found.seccomp_actions, found.label) == (None, None, None)


@pytest.mark.parametrize(
    ("path", "text", "runtime"),
    [
        (".dockerenv", "", "docker"),
        ("run/.containerenv", "", "podman"),
        ("run/secrets/kubernetes.io", "", "kubernetes"),
        ("proc/1/cgroup", "0::/system.slice/docker-0123.scope\n", "docker"),
        ("proc/1/cgroup", "5:pids:/kubepods/burstable/pod1/2\n", "kubernetes"),
        ("proc/1/cgroup", "0::/machine.slice/libpod-0123.scope\n", "podman"),
        ("proc/1/cgroup", "0::/lxc.payload.one\n", "lxc"),
        ("run/systemd/container", "systemd-nspawn\n", "systemd-nspawn"),
    ],
)
def test_a_container_is_known_by_what_its_runtime_leaves(
    root: Path, path: str, text: str, runtime: str
) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)
    assert facts.look(root).container == runtime


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("rw", "off"),
        ("rw,hidepid=0", "off"),
        ("rw,hidepid=1", "noaccess"),
        ("rw,hidepid=ptraceable", "ptraceable"),
    ],
)
def test_names_of_hidepid(root: Path, option: str, name: str) -> None:
    (root / "proc/7/mounts").write_text(f"tmpfs /run tmpfs hidepid=9 0 0\nproc /proc proc {option} 0 0\n")
    assert facts.look(root).hidepid == name


@pytest.mark.parametrize(
    ("started", "typed"),
    [
        ("/usr/bin/tracekit", "tracekit"),
        ("/home/ann/.local/bin/tracekit", "/home/ann/.local/bin/tracekit"),
        ("/home/ann/my venv/bin/tracekit", "'/home/ann/my venv/bin/tracekit'"),
        ("/opt/tracekit/__main__.py", f"{sys.executable} -m tracekit"),
    ],
)
def test_how_it_is_typed_behind_sudo(
    root: Path, started: str, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [started, "doctor"])
    assert facts.look(root).program == typed


def test_this_machine() -> None:
    found = facts.look()
    assert found.uids == os.getresuid()[:2]
    assert found.gid == os.getgid()
    assert found.pid == os.getpid()
    assert found.own_proc
    assert found.kernel == platform.release()

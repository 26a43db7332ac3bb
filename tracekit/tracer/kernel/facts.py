"""What this machine is: our privileges on it, and what surrounds us. Nothing is judged here."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CAP_SYS_PTRACE = 19
"""linux/capability.h"""

# The numbers of the namespaces that a kernel starts with, linux/nsfs.h
_FIRST_USER_NAMESPACE = "user:[4026531837]"
_FIRST_PID_NAMESPACE = "pid:[4026531836]"

_MARKERS = (
    ("kubernetes", "run/secrets/kubernetes.io"),
    ("docker", ".dockerenv"),
    ("podman", "run/.containerenv"),
)
"""Files that a container's runtime puts into it."""
_CGROUPS = (("kubernetes", "kubepods"), ("docker", "docker"), ("podman", "libpod"), ("lxc", "lxc"))
"""What stands in the cgroup's path of a container's first process."""
_HIDEPID = {"0": "off", "1": "noaccess", "2": "invisible", "4": "ptraceable"}
"""The numbers of proc(5)'s option hidepid, by the names that it has since Linux 5.8."""
_PLAIN_FOLDERS = frozenset({"/usr/bin", "/bin", "/usr/sbin", "/sbin"})
"""Where every sudo looks for a program; it sets PATH anew (secure_path in sudoers(5))."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What matters for tracing, of ourselves and around us."""

    pid: int
    uids: tuple[int, int]
    """Real and effective user ID."""
    gid: int
    """The real group ID."""
    effective: int
    """Capabilities in effect, a bit for each number (capabilities(7)); so the next two."""
    permitted: int
    bounding: int
    no_new_privs: bool
    """Programs cannot gain privileges at exec: sudo does not work (prctl(2))."""
    seccomp: int
    """0 none, 1 strict, 2 a filter; the mode in ``/proc/self/status``."""
    tracer_pid: int
    """Who traces us; 0 for nobody."""
    first_user_namespace: bool
    first_pid_namespace: bool
    own_proc: bool
    """Whether /proc shows the PID namespace that we are in."""
    container: str | None
    """docker, podman, kubernetes, lxc or what systemd says; None when nothing tells of one."""
    yama: int | None
    """kernel.yama.ptrace_scope; None without that security module."""
    label: str | None
    """Our label at the security module (AppArmor, SELinux); None without one."""
    hidepid: str
    """Which processes /proc hides from us: off, noaccess, invisible or ptraceable."""
    kernel: str
    seccomp_actions: frozenset[str] | None
    """What seccomp filters can do here, by name; None when the kernel has none or does not tell."""
    runs_32bit: bool
    sudo: bool
    """Whether there is sudo."""
    program: str
    """How to type tracekit behind sudo."""

    def has(self, capability: int) -> bool:
        """Say whether a capability is in effect."""
        return bool(self.effective >> capability & 1)

    def may_have(self, capability: int) -> bool:
        """Say whether any program that is started here can get a capability."""
        return bool(self.bounding >> capability & 1)


def look(root: Path = Path("/")) -> Machine:
    """Return what there is to know; ``root`` is where proc and the rest are found."""
    proc = root / "proc"
    status = dict(line.split(":\t", 1) for line in _read(proc / "self/status").split("\n") if ":\t" in line)
    uids = [int(uid) for uid in status["Uid"].split()]
    actions = _read(proc / "sys/kernel/seccomp/actions_avail")
    scope = _read(proc / "sys/kernel/yama/ptrace_scope")
    return Machine(
        pid=os.getpid(),
        uids=(uids[0], uids[1]),
        gid=int(status["Gid"].split()[0]),
        effective=int(status["CapEff"], 16),
        permitted=int(status["CapPrm"], 16),
        bounding=int(status["CapBnd"], 16),
        no_new_privs=status.get("NoNewPrivs") == "1",
        seccomp=int(status.get("Seccomp", "0")),
        tracer_pid=int(status["TracerPid"]),
        first_user_namespace=_link(proc / "self/ns/user") == _FIRST_USER_NAMESPACE,
        first_pid_namespace=_link(proc / "self/ns/pid") == _FIRST_PID_NAMESPACE,
        own_proc=_link(proc / "self") == str(os.getpid()),
        container=_container(root, os.environ),
        yama=int(scope) if scope.isdecimal() else None,
        label=_read(proc / "self/attr/current").rstrip("\0") or None,
        hidepid=_hidepid(_read(proc / "self/mounts")),
        kernel=_read(proc / "sys/kernel/osrelease") or os.uname().release,
        seccomp_actions=frozenset(actions.split()) or None,
        runs_32bit=(proc / "sys/abi/vsyscall32").exists(),
        sudo=shutil.which("sudo") is not None,
        program=_program(sys.argv[0]),
    )


def _container(root: Path, environment: Mapping[str, str]) -> str | None:
    """Return the name of the container's runtime, from what it leaves inside."""
    for name, marker in _MARKERS:
        if (root / marker).exists():
            return name
    cgroup = _read(root / "proc/1/cgroup")
    for name, word in _CGROUPS:
        if word in cgroup:
            return name
    # https://systemd.io/CONTAINER_INTERFACE
    return _read(root / "run/systemd/container") or environment.get("container") or None


def _hidepid(mounts: str) -> str:
    """Return the option hidepid of /proc; the last mount there is the one that is seen."""
    found = "off"
    for fields in map(str.split, mounts.splitlines()):
        if len(fields) > 3 and fields[1:3] == ["/proc", "proc"]:
            options = dict(option.partition("=")[::2] for option in fields[3].split(","))
            value = options.get("hidepid", "off")
            found = _HIDEPID.get(value, value)
    return found


def _program(started: str) -> str:
    """Return how to type the program that we are behind sudo, which does not look where a shell does."""
    path = Path(started).absolute()
    if path.name != "tracekit":
        return f"{shlex.quote(sys.executable)} -m tracekit"
    return path.name if str(path.parent) in _PLAIN_FOLDERS else shlex.quote(str(path))


def _read(path: Path) -> str:
    """Return a file's text without its last newline; nothing when it is not there, or not for us."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").rstrip("\n")
    except OSError:
        return ""


def _link(path: Path) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""

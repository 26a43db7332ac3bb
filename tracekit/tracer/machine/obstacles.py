"""Why a task cannot be traced, and what to do about it: the one table of causes.

A refused attach and ``tracekit doctor`` speak with the same words. The order in
which causes are looked for is the kernel's own: ptrace_attach and
__ptrace_may_access in kernel/ptrace.c, told in ptrace(2) under "Ptrace access
mode checking".
"""

import errno
import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tracekit.errors import NotPermittedError, TracekitError, UsageError
from tracekit.syscalls import constants, errno_name
from tracekit.tracer.kernel import procfs
from tracekit.tracer.kernel.facts import CAP_SYS_PTRACE, Machine
from tracekit.tracer.machine import remedies, trial

_PF_KTHREAD = 0x00200000
"""include/linux/sched.h"""


class Cause(NamedTuple):
    """One way to be refused; the texts take a task's ``label`` and what `_details` knows."""

    error: type[TracekitError]
    message: str
    remedy: str


CAUSES = {
    "gone": Cause(UsageError, "process {tid} is gone", "it ended before it could be attached to"),
    "proc": Cause(
        NotPermittedError,
        "process {tid} cannot be found: /proc is that of another PID namespace, whose numbers do not count",
        "mount -t proc proc /proc, or begin with: unshare --pid --fork --mount-proc",
    ),
    "itself": Cause(UsageError, "{label} is tracekit itself", "choose another process"),
    "ended": Cause(
        UsageError,
        "{label} has ended already",
        "its parent, process {ppid}, has not reaped it yet; there is nothing to trace",
    ),
    "kernel": Cause(
        NotPermittedError,
        "{label} is a kernel thread",
        "it makes no system calls; choose a process that runs a program (ps shows the others in brackets)",
    ),
    "traced": Cause(
        NotPermittedError,
        "{label} is traced already, by process {tracer}",
        "end that tracer first: {kill} {tracer_pid}",
    ),
    "seccomp": Cause(
        NotPermittedError,
        "{label} may not be traced: a seccomp filter keeps tracekit from ptrace(2) ({error})",
        "{seccomp}",
    ),
    "user": Cause(
        NotPermittedError, "{label} belongs to {owner}; you are {user}, without CAP_SYS_PTRACE", "{privilege}"
    ),
    "group": Cause(
        NotPermittedError,
        "{label} has group IDs that are not yours (a set-group-ID program, perhaps)",
        "{privilege}",
    ),
    "capable": Cause(
        NotPermittedError, "{label} has capabilities that tracekit has not ({lacked})", "{privilege}"
    ),
    "dumpable": Cause(
        NotPermittedError,
        "{label} lets no user look into it (it is not dumpable: PR_SET_DUMPABLE, or a set-user-ID program)",
        "{privilege}",
    ),
    "namespace": Cause(
        NotPermittedError,
        "{label} is not of this user namespace, and outside of it capabilities do not count",
        "run tracekit on the host, outside of the container or user namespace",
    ),
    "yama1": Cause(
        NotPermittedError,
        "{label} is not a descendant of tracekit, and Yama allows no others (yama.ptrace_scope is 1)",
        "{yama}, or {privilege}, or start the program under trace: tracekit run -f -- PROGRAM",
    ),
    "yama2": Cause(
        NotPermittedError,
        "{label} may be traced with CAP_SYS_PTRACE only (yama.ptrace_scope is 2)",
        "{yama}, or {privilege}",
    ),
    "yama3": Cause(
        NotPermittedError,
        "{label} may not be traced: Yama forbids it to everybody (yama.ptrace_scope is 3)",
        "that lasts until the next boot: set kernel.yama.ptrace_scope lower in /etc/sysctl.d, and reboot",
    ),
    "policy": Cause(
        NotPermittedError,
        "{label} may not be traced: the security policy forbids it (tracekit is confined: {confined})",
        "{policy}",
    ),
    "unknown": Cause(NotPermittedError, "{label} may not be traced: {error}", "{any}"),
}
"""Every cause: the kind of failure it is, what is wrong, and the remedy."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a task cannot be traced."""

    cause: str
    """A key of CAUSES."""
    message: str
    remedy: str

    def error(self) -> TracekitError:
        """Return it as the failure to end with."""
        return CAUSES[self.cause].error(self.message, self.remedy)


def explain(tid: int, error: int, machine: Machine) -> Obstacle:
    """Say why the kernel refused to let us attach to a task.

    Args:
        tid: the task.
        error: the error number that it answered.
        machine: our privileges and surroundings.
    """
    fields = procfs.status_fields(tid)
    if not machine.own_proc:
        return _described("proc", {"tid": tid})
    if fields is None:
        return _described("gone", {"tid": tid})
    cause = _by_state(tid, fields, machine) or _by_answer(error) or _by_rule(tid, fields, machine)
    return _described(cause, _details(tid, fields, error, machine))


def foresee(tid: int, machine: Machine) -> Obstacle | None:
    """Say why the kernel would refuse to let us attach to a task, None when it would not.

    The task is left alone (`trial.attach_error`).
    """
    fields = procfs.status_fields(tid)
    error = trial.attach_error(tid)
    if fields and machine.own_proc and not error and not _by_state(tid, fields, machine):
        return None
    return explain(tid, error, machine)


def of_ours(label: str, error: int, found: trial.Trial, machine: Machine) -> Obstacle:
    """Say why one of our own processes could not be traced in the trial."""
    if found.call or found.signal:
        cause = "seccomp"
    else:
        cause = "traced" if machine.tracer_pid else _by_module(machine)
    return _described(cause, _common(label, machine.tracer_pid, found.call or error, machine))


def _described(cause: str, details: dict[str, object]) -> Obstacle:
    chosen = CAUSES[cause]
    return Obstacle(cause, chosen.message.format_map(details), chosen.remedy.format_map(details))


def _by_state(tid: int, fields: dict[str, str], machine: Machine) -> str | None:
    """Find what forbids to trace this task whoever asks."""
    if fields["State"][0] in "ZX":
        return "ended"
    if int(fields["Tgid"]) == machine.pid:
        return "itself"
    if _is_kernel_thread(tid):
        return "kernel"
    return "traced" if fields["TracerPid"] != "0" else None


def _is_kernel_thread(tid: int) -> bool:
    """Look at a task's flags, field 9 of ``/proc/TID/stat`` in proc(5)."""
    try:
        stat = Path(f"/proc/{tid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return bool(int(stat.rpartition(")")[2].split()[6]) & _PF_KTHREAD)


def _by_answer(error: int) -> str | None:
    """Find what an error number tells by itself."""
    if error == errno.ESRCH:
        return "gone"
    return "seccomp" if trial.forbidden() else None


def _by_rule(tid: int, fields: dict[str, str], machine: Machine) -> str:
    """Find the rule by which we, as we are, may not trace this task."""
    if not machine.has(CAP_SYS_PTRACE):
        return _by_identity(tid, fields, machine) or _by_module(machine)
    cause = _by_module(machine)
    return "namespace" if cause == "unknown" and not machine.first_user_namespace else cause


def _by_module(machine: Machine) -> str:
    """Find the security module that forbids to trace what is ours."""
    if machine.yama == 3 or (machine.yama in {1, 2} and not machine.has(CAP_SYS_PTRACE)):
        return f"yama{machine.yama}"
    return "unknown" if _unconfined(machine.label) else "policy"


def _by_identity(tid: int, fields: dict[str, str], machine: Machine) -> str | None:
    """Compare who the task is with who we are; what differs takes CAP_SYS_PTRACE."""
    if {int(uid) for uid in fields["Uid"].split()[:3]} != {machine.uids[0]}:
        return "user"
    if {int(gid) for gid in fields["Gid"].split()[:3]} != {machine.gid}:
        return "group"
    if int(fields["CapPrm"], 16) & ~machine.permitted:
        return "capable"
    try:
        os.readlink(f"/proc/{tid}/exe")
    except PermissionError:
        return "dumpable"
    except OSError:
        return None
    return None


def _unconfined(label: str | None) -> bool:
    """Say whether a security module's label leaves its bearer alone: AppArmor's, or SELinux's type."""
    return label is None or label.startswith("unconfined") or ":unconfined_t" in label or label == "kernel"


def _details(tid: int, fields: dict[str, str], error: int, machine: Machine) -> dict[str, object]:
    """Return everything that a text of CAUSES can name."""
    label, tracer = f"process {tid} ({fields['Name']})", int(fields["TracerPid"])
    return {
        "tid": tid,
        "ppid": fields["PPid"],
        "owner": user(int(fields["Uid"].split()[0])),
        "lacked": _names(int(fields["CapPrm"], 16) & ~machine.permitted),
        **_common(label, tracer, error, machine),
    }


def _common(label: str, tracer: int, error: int, machine: Machine) -> dict[str, object]:
    """Return what can be named of any task."""
    return {
        "label": label,
        "tracer_pid": tracer,
        "tracer": f"{tracer} ({procfs.comm(tracer)})",
        "kill": "kill" if machine.uids[1] == 0 else "sudo kill",
        "user": user(machine.uids[0]),
        "confined": machine.label,
        "error": f"{errno_name(error)}, {os.strerror(error)}" if error > 0 else "without a reason",
        **remedies.texts(machine),
    }


def user(uid: int) -> str:
    """Name a user by number, and by name where there is one."""
    try:
        return f"uid {uid} ({pwd.getpwuid(uid).pw_name})"
    except KeyError:
        return f"uid {uid}"


def _names(capabilities: int) -> str:
    """Name the first few capabilities of a set."""
    names = [name for name, number in constants("cap").values.items() if capabilities >> number & 1]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

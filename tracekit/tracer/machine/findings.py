"""What the facts mean for somebody who wants to trace: findings, each "no" with its remedy."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tracekit.tracer.kernel.facts import CAP_SYS_PTRACE, Machine
from tracekit.tracer.machine import remedies
from tracekit.tracer.machine.means import Means
from tracekit.tracer.machine.obstacles import CAUSES, of_ours, user
from tracekit.tracer.machine.trial import FAILED, Trial


class Verdict(StrEnum):
    """What a finding says."""

    YES = "yes"
    NO = "no"
    NOTE = "note"
    """Good to know; it forbids nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    group: str
    topic: str
    verdict: Verdict
    text: str
    remedy: str = ""
    """What to type, or to do; only where there is something to remedy."""


YAMA = {
    None: "not in this kernel, so it restricts nothing",
    0: "ptrace_scope 0: users may trace all that is theirs",
    1: "ptrace_scope 1: users may trace what they start, and nothing that runs already",
    2: "ptrace_scope 2: only CAP_SYS_PTRACE lets trace",
    3: "ptrace_scope 3: nobody may trace anything until the next boot",
}
"""Documentation/admin-guide/LSM/Yama.rst in the kernel."""
HIDEPID = {
    "off": "/proc shows all processes",
    "noaccess": "/proc tells nothing of other users' processes (hidepid=noaccess)",
    "invisible": "/proc hides other users' processes (hidepid=invisible)",
    "ptraceable": "/proc hides processes that one may not trace (hidepid=ptraceable)",
}
SECCOMP = {0: "none on tracekit", 1: "strict mode", 2: "a filter is on tracekit"}

_LINE = 100
"""Bytes that a call takes in a trace of apache, on average."""
_LITTLE = 1 << 30
_TRACED_SHOWN = 20
_GiB = 1 << 30

Found = Iterator[Finding]


def findings(machine: Machine, trial: Trial, means: Means) -> list[Finding]:
    """Return everything that was found out, what matters most first."""
    return [
        *_tracing(machine, trial),
        *_permission(machine, trial),
        *_surroundings(machine),
        *_kernel(machine, trial, means),
        *_means(means),
    ]


def _tracing(machine: Machine, trial: Trial) -> Found:
    """What one wants to do."""
    for topic, label, error in (
        ("run", "a program that tracekit starts", trial.run),
        ("attach", "a running process of the same user", trial.attach),
    ):
        if error == 0:
            yield Finding("Tracing", topic, Verdict.YES, f"{label} can be traced (tried)")
        else:
            refused = of_ours(label, error or FAILED, trial, machine)
            yield Finding("Tracing", topic, Verdict.NO, refused.message, refused.remedy)
    group, topic = "Tracing", "others"
    if not machine.has(CAP_SYS_PTRACE):
        remedy = remedies.texts(machine)["privilege"]
        yield Finding(group, topic, Verdict.NO, "processes of other users take CAP_SYS_PTRACE", remedy)
    elif trial.attach == 0:
        where = "" if machine.first_user_namespace else " of this user namespace"
        yield Finding(group, topic, Verdict.YES, f"processes of other users{where} can be traced")


def _permission(machine: Machine, trial: Trial) -> Found:
    """By what rules."""
    group = "Permission"
    cure = remedies.texts(machine)
    real, effective = machine.uids
    who = user(effective) if real == effective else f"{user(effective)}, started by {user(real)}"
    yield Finding(group, "user", Verdict.NOTE, who)
    capable = machine.has(CAP_SYS_PTRACE)
    sets = {"effective": machine.effective, "permitted": machine.permitted, "bounding set": machine.bounding}
    words = ", ".join(
        f"{name} {'yes' if bits >> CAP_SYS_PTRACE & 1 else 'no'}" for name, bits in sets.items()
    )
    yield Finding(
        group,
        "CAP_SYS_PTRACE",
        *((Verdict.YES, words) if capable else (Verdict.NO, words, cure["privilege"])),
    )
    scope = machine.yama or 0
    text = YAMA.get(machine.yama, f"ptrace_scope {scope}")
    if scope == 0 or (capable and scope < 3):
        yield Finding(group, "Yama", Verdict.YES, text)
    else:
        remedy = cure["yama"] if scope < 3 else CAUSES["yama3"].remedy
        yield Finding(group, "Yama", Verdict.NO, text, remedy)
    yield _seccomp(machine, trial, cure["seccomp"])
    if machine.label:
        yield Finding(group, "security module", Verdict.NOTE, f"tracekit's label is {machine.label}")
    if effective:
        yield Finding(group, "as root", Verdict.NOTE, _sudo(machine), remedies.as_root(machine))


def _seccomp(machine: Machine, trial: Trial, remedy: str) -> Finding:
    text = SECCOMP.get(machine.seccomp, f"mode {machine.seccomp}")
    if trial.signal:
        return Finding("Permission", "seccomp", Verdict.NO, f"{text}, and kills who calls ptrace(2)", remedy)
    if trial.call:
        return Finding("Permission", "seccomp", Verdict.NO, f"{text}, and forbids ptrace(2)", remedy)
    if machine.seccomp:
        return Finding("Permission", "seccomp", Verdict.NOTE, f"{text}; ptrace(2) gets through")
    return Finding("Permission", "seccomp", Verdict.YES, text)


def _sudo(machine: Machine) -> str:
    if machine.no_new_privs:
        return "sudo cannot work here: no_new_privs is set, by a container or a service perhaps"
    if not machine.sudo:
        return "there is no sudo"
    if "/" in machine.program:
        return "sudo sets PATH anew and would not find tracekit; its full path does"
    return "sudo finds tracekit"


def _surroundings(machine: Machine) -> Found:
    """Where we are."""
    group = "Surroundings"
    cure = remedies.texts(machine)
    name = machine.container or "nothing tells of one"
    yield Finding(group, "container", Verdict.NOTE, name)
    if machine.first_pid_namespace:
        yield Finding(group, "PID namespace", Verdict.YES, "the host's: all processes are there")
    else:
        text = "one of its own: only its processes can be seen and traced, by their numbers in it"
        yield Finding(group, "PID namespace", Verdict.NOTE, text, cure["pids"])
    if machine.first_user_namespace:
        yield Finding(group, "user namespace", Verdict.YES, "the host's")
    else:
        text = "one of its own: capabilities, root's too, count inside of it only"
        yield Finding(group, "user namespace", Verdict.NOTE, text, CAUSES["namespace"].remedy)
    if not machine.own_proc:
        text = "/proc is that of another PID namespace: its numbers are not those that ptrace(2) takes"
        yield Finding(group, "/proc", Verdict.NO, text, CAUSES["proc"].remedy)
    elif machine.hidepid == "off" or machine.has(CAP_SYS_PTRACE):
        yield Finding(group, "/proc", Verdict.YES, HIDEPID["off"])
    else:
        text = HIDEPID.get(machine.hidepid, f"hidepid={machine.hidepid}")
        yield Finding(group, "/proc", Verdict.NO, text, "sudo mount -o remount,hidepid=0 /proc")


def _kernel(machine: Machine, trial: Trial, means: Means) -> Found:
    """What the kernel can do."""
    group = "Kernel"
    yield Finding(group, "release", Verdict.NOTE, f"Linux {machine.kernel}")
    yield _tried(
        "PTRACE_GET_SYSCALL_INFO", trial.info, "entries and exits are told apart", "use Linux 5.3 or later"
    )
    yield _memory(trial, remedies.texts(machine)["seccomp"])
    if machine.seccomp_actions is None:
        yield Finding(group, "seccomp filters", Verdict.NOTE, "this kernel does not tell of any (Linux 4.14)")
    elif "trace" in machine.seccomp_actions:
        yield Finding(group, "seccomp filters", Verdict.YES, "they can stop a program at chosen calls alone")
    else:
        yield Finding(group, "seccomp filters", Verdict.NOTE, "they cannot stop a program for its tracer")
    if means.sockets:
        text = f"the ends of sockets are not told ({means.sockets}); a trace shows their inodes instead"
        yield Finding(group, "sock_diag", Verdict.NO, text, "sudo modprobe -a inet_diag tcp_diag unix_diag")
    else:
        yield Finding(group, "sock_diag", Verdict.YES, "the ends of sockets are told")
    if machine.runs_32bit:
        yield Finding(group, "32-bit programs", Verdict.YES, "they run here")
    else:
        yield Finding(group, "32-bit programs", Verdict.NOTE, "nothing tells that they run here")


def _tried(topic: str, error: int | None, text: str, remedy: str) -> Finding:
    if error is None:
        return Finding("Kernel", topic, Verdict.NOTE, "could not be tried: nothing can be traced")
    if error:
        return Finding("Kernel", topic, Verdict.NO, f"does not work here (error {error})", remedy)
    return Finding("Kernel", topic, Verdict.YES, f"{text} (tried)")


def _memory(trial: Trial, remedy: str) -> Finding:
    """Whether memory can be read, by the call for it or without."""
    topic, text = "process_vm_readv", "a traced program's memory can be read"
    if trial.memory and trial.reading == 0:
        text = f"does not work here (error {trial.memory}); {text} all the same, word by word (tried)"
        return Finding("Kernel", topic, Verdict.NOTE, text, remedy)
    return _tried(topic, trial.memory, text, remedy)


def _means(means: Means) -> Found:
    """What there is to work with."""
    group = "Means"
    versions = ", ".join(f"{name} {version}" for name, version in means.versions.items())
    yield Finding(group, "versions", Verdict.NOTE, versions)
    strace = f"version {means.strace}, to compare with" if means.strace else "not here; tracekit needs none"
    yield Finding(group, "strace", Verdict.NOTE, strace)
    yield Finding(group, "cores", Verdict.NOTE, _cores(means))
    yield _room(means)
    for one in means.traced[:_TRACED_SHOWN]:
        text = f"{one.name} {one.pid} is traced by {one.tracer_name} {one.tracer}"
        yield Finding("Traced already", str(one.pid), Verdict.NOTE, text, f"kill {one.tracer}")
    if not means.traced:
        yield Finding("Traced already", "nobody", Verdict.YES, "no process that can be seen has a tracer")
    elif len(means.traced) > _TRACED_SHOWN:
        text = f"{len(means.traced) - _TRACED_SHOWN} processes more"
        yield Finding("Traced already", "more", Verdict.NOTE, text, "grep TracerPid /proc/[0-9]*/status")


def _cores(means: Means) -> str:
    if means.usable_cores == 1:
        return f"1 of {means.cores} for tracekit: what it traces on the same core stops cheaply"
    return (
        f"{means.usable_cores} of {means.cores} for tracekit. --same-cpu puts it and what it traces on one: "
        "a stop gets several times cheaper, but the program's threads then take turns, which changes what "
        "is observed; their cores are given back at the end"
    )


def _room(means: Means) -> Finding:
    """Say how much trace there is room for."""
    bounds = [bound for bound in (means.free, means.file_limit) if bound is not None]
    free = "unknown" if means.free is None else f"{means.free / _GiB:.1f} GiB free in {means.folder}"
    limit = "no limit" if means.file_limit is None else f"at most {means.file_limit} bytes (RLIMIT_FSIZE)"
    text = f"{free}; for one file {limit}"
    if not bounds or min(bounds) >= _LITTLE:
        return Finding("Means", "room for a trace", Verdict.YES, text)
    text += f": {min(bounds) // _LINE} calls or so"
    remedy = (
        "ulimit -f unlimited" if means.file_limit == min(bounds) else "write elsewhere: -o /FOLDER/t.strace"
    )
    return Finding("Means", "room for a trace", Verdict.NOTE, text, remedy)

"""What to type so that tracing works: by what is missing, and by what we run in."""

from collections.abc import Mapping

from tracekit.tracer.kernel.facts import CAP_SYS_PTRACE, Machine

_CAPABILITY: Mapping[str | None, str] = {
    "docker": "docker run --cap-add=SYS_PTRACE ...",
    "podman": "podman run --cap-add=SYS_PTRACE ...",
    "kubernetes": "kubectl debug -it POD --image=IMAGE --target=CONTAINER --profile=general",
    None: "start tracekit where CAP_SYS_PTRACE is left: in a container --cap-add=SYS_PTRACE, in a "
    "systemd service CapabilityBoundingSet=CAP_SYS_PTRACE",
}
"""How to get CAP_SYS_PTRACE back where not even root has it."""
_ROOT: Mapping[str | None, str] = {
    "docker": "docker exec -it -u 0 CONTAINER {program} ...",
    "podman": "podman exec -it -u 0 CONTAINER {program} ...",
    None: "su -c '{program} ...'",
}
"""How to become root where there is no sudo."""
_SECCOMP: Mapping[str | None, str] = {
    "docker": "docker run --security-opt seccomp=unconfined ...",
    "podman": "podman run --security-opt seccomp=unconfined ...",
    "kubernetes": "securityContext: {seccompProfile: {type: Unconfined}}",
    None: "start tracekit where there is no such filter: in a container --security-opt seccomp=unconfined, "
    "in a systemd service SystemCallFilter=ptrace process_vm_readv",
}
_POLICY = (
    "sudo dmesg | grep -i denied  tells the rule; SELinux: sudo setsebool deny_ptrace 0; "
    "AppArmor, in a container: --security-opt apparmor=unconfined"
)
_PIDS: Mapping[str | None, str] = {
    "docker": "docker run --pid=host ...  or  docker run --pid=container:NAME ...",
    "podman": "podman run --pid=host ...  or  podman run --pid=container:NAME ...",
    "kubernetes": "kubectl debug -it POD --image=IMAGE --target=CONTAINER --profile=general",
    None: "sudo nsenter -t PID -p -m  from the host enters that of another process",
}
"""How to see the processes of another PID namespace."""


def texts(machine: Machine) -> dict[str, str]:
    """Return every remedy for this machine, by what is in the way."""
    capability = _for(machine, _CAPABILITY)
    if machine.uids[1] == 0 or not machine.may_have(CAP_SYS_PTRACE):
        privilege = capability
    else:
        privilege = f"run tracekit as root: {as_root(machine)}"
    sysctl = "sysctl kernel.yama.ptrace_scope=0"
    return {
        "privilege": privilege,
        "yama": sysctl if machine.uids[1] == 0 else f"sudo {sysctl}",
        "seccomp": _for(machine, _SECCOMP),
        "policy": _POLICY,
        "pids": _for(machine, _PIDS),
        "any": _any(machine, privilege),
    }


def _any(machine: Machine, privilege: str) -> str:
    """Return what to do where nothing that can be seen forbids it."""
    causes = [] if machine.has(CAP_SYS_PTRACE) else [privilege]
    causes.append("cat /sys/kernel/security/lsm  names what may forbid it unseen, such as landlock or bpf")
    if not machine.first_pid_namespace:
        causes.append("it may have a tracer outside of this PID namespace")
    return "; ".join(causes)


def as_root(machine: Machine) -> str:
    """Return the line that starts tracekit as root."""
    if machine.sudo and not machine.no_new_privs:
        return f"sudo {machine.program} ..."
    return _for(machine, _ROOT).format(program=machine.program)


def _for(machine: Machine, by_container: Mapping[str | None, str]) -> str:
    return by_container.get(machine.container) or by_container[None]

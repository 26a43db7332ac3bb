"""Whether particular processes could be attached to, without touching them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from tracekit.tracer.kernel import procfs
from tracekit.tracer.kernel.facts import Machine
from tracekit.tracer.machine.obstacles import Obstacle, foresee, of_ours
from tracekit.tracer.machine.trial import FAILED, Trial


@dataclass(frozen=True, slots=True)
class Prospect:
    """What would come of attaching to a process."""

    pid: int
    name: str
    obstacle: Obstacle | None
    """What is in the way, None when nothing is."""
    remarks: tuple[str, ...]
    """What would be different with this process, although it can be traced."""


def prospect(pid: int, machine: Machine, found: Trial) -> Prospect:
    """Say what would come of attaching to a process.

    Args:
        pid: the process; it is left alone.
        machine: our privileges and surroundings.
        found: what came of the trial: where a filter kills who tries, nothing is asked of the kernel.
    """
    name = procfs.comm(pid)
    if found.signal:
        obstacle = of_ours(f"process {pid} ({name})", FAILED, found, machine)
        return Prospect(pid, name, obstacle, ())
    in_the_way = foresee(pid, machine)
    if found.memory and in_the_way and in_the_way.cause == "unknown":
        in_the_way = None  # what we asked with is itself forbidden: only the rules that we know count
    return Prospect(pid, name, in_the_way, () if in_the_way else tuple(_remarks(pid)))


def _remarks(pid: int) -> Iterator[str]:
    numbers = (procfs.status_fields(pid) or {}).get("NSpid", str(pid)).split()
    if len(numbers) > 1:
        yield f"it is in a PID namespace of its own, where its number is {numbers[-1]}"
    if numbers[-1] == "1":
        yield "it is the first process of its PID namespace: where it ends, all processes in there do"
    if _namespace(pid, "net") != _namespace(os.getpid(), "net"):
        yield (
            "it is in another network namespace, so the ends of its sockets are not told; "
            f"sudo nsenter -t {pid} -n before tracekit's command enters that"
        )
    if pid in {parent.pid for parent in psutil.Process().parents()}:
        yield "tracekit was started by it: write the trace to a file (-o), or each line causes more of them"


def _namespace(pid: int, kind: str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/{kind}")
    except OSError:
        return ""

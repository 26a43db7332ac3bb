"""What torture tells of: how much was done, and everything that must not happen."""

import statistics
from dataclasses import dataclass, field


@dataclass
class Figures:
    """What happened in all rounds."""

    rounds: int = 0
    tasks: int = 0
    """Tasks that the tracers have traced, those that were created meanwhile included."""
    checked: int = 0
    """How often a task was looked at in /proc while it had to be traced, or had to be free."""
    untraced: list[str] = field(default_factory=list)
    """Tasks that had no tracer while there was one."""
    bound: list[str] = field(default_factory=list)
    """Tasks that were stopped, or traced, when the tracer had gone."""
    unwritten: list[str] = field(default_factory=list)
    """Tasks that are not in the trace although they were seen while it was written."""
    attach_ms: list[float] = field(default_factory=list)
    """From the beginning of a trace to its first call, in which the server stands still."""
    detach_ms: list[float] = field(default_factory=list)
    """From SIGINT to the last task let go of."""
    requests: int = 0
    failures: list[str] = field(default_factory=list)
    server: dict[str, int] = field(default_factory=dict)
    """What the server counted."""

    @property
    def defects(self) -> list[str]:
        """Everything that must not happen."""
        lost = self.server["sent"] - self.server["received"]
        return [
            *(f"request failed: {one}" for one in self.failures),
            *(f"not traced: {one}" for one in self.untraced),
            *(f"not free: {one}" for one in self.bound),
            *(f"not in the trace: {one}" for one in self.unwritten),
            *([f"{lost} signals lost"] if lost else []),
            *([f"{self.server['broken']} children failed"] if self.server["broken"] else []),
        ]

    def text(self) -> str:
        """The figures, a line each."""
        server = self.server
        return "\n".join(
            f"{key:20} {value}"
            for key, value in {
                "rounds": self.rounds,
                "tasks traced": self.tasks,
                "looks at a task": self.checked,
                "tasks not traced": len(self.untraced),
                "tasks not in trace": len(self.unwritten),
                "tasks left bound": len(self.bound),
                "requests": self.requests,
                "requests failed": len(self.failures),
                "signals": server["sent"],
                "signals lost": server["sent"] - server["received"],
                "threads created": server["threads"],
                "children forked": server["children"],
                "children failed": server["broken"],
                "execs by a thread": server["execs"],
                "attach, ms": _middle_and_most(self.attach_ms),
                "detach, ms": _middle_and_most(self.detach_ms),
            }.items()
        )


def _middle_and_most(values: list[float]) -> str:
    return f"median {statistics.median(values):.0f}, most {max(values):.0f}"

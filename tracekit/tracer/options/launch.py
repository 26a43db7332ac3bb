"""How a program is started: strace's ``-u``, ``-E``, ``-D``."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Launch:
    """How a program is started."""

    program: str | None = None
    """Its file; looked for in PATH when None."""
    environment: tuple[str, ...] = ()
    """Changes to our environment, in order: ``VAR=VALUE``, or ``VAR`` to take it away (-E)."""
    user: str | None = None
    """Whose rights it gets; ours when None (-u)."""
    aside: str = ""
    """Where the tracer is when it is not to be the parent: grandchild, pgroup, session (-D)."""
    complaint: str = "tracekit: cannot run {program}: {reason}"
    """What is said when it cannot be started, on standard error."""
    failed: int = 127
    """The exit status in place of its own then."""

    def environ(self, ours: dict[str, str]) -> dict[str, str]:
        """Return the program's environment, made from ours; Python hands on no variable without a name."""
        changed = dict(ours)
        for change in self.environment:
            name, equals, value = change.partition("=")
            changed.pop(name, None)
            if equals:
                changed[name] = value
        changed.pop("", None)
        return changed

    def failure(self, program: str, error: OSError) -> str:
        """Return the line that says why it cannot be started."""
        return self.complaint.format(program=program, reason=error.strerror) + "\n"

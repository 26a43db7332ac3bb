"""How to trace: everything that is asked of a trace, in one record."""

import signal
from dataclasses import dataclass, field

from tracekit.tracer import decode
from tracekit.tracer.annotations.descriptors import DETAILS
from tracekit.tracer.options.filters import Filters
from tracekit.tracer.options.launch import Launch
from tracekit.tracer.options.layout import Layout
from tracekit.tracer.options.summary import Summary
from tracekit.tracer.text.notices import Notices

STRING_LIMIT = 1024
"""Bytes of a string that are printed. strace's 32 would cut a request's head short."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to trace."""

    output: str | None = None
    """The trace file, ``|COMMAND`` for a program; None for standard error."""
    follow: bool = True
    """Follow threads and children (strace's -f)."""
    filters: Filters = field(default_factory=Filters)
    """What is written."""
    decoding: decode.Options = field(
        default_factory=lambda: decode.Options(string_limit=STRING_LIMIT, annotate=DETAILS)
    )
    layout: Layout = field(default_factory=Layout)
    launch: Launch = field(default_factory=Launch)
    """How a program is started."""
    summary: Summary | None = None
    """The table at the end, None for none."""
    notices: Notices | None = None
    """What is said about tasks on standard error, None for nothing."""
    seccomp_bpf: bool = False
    """Let the kernel pass over calls that are not traced (--seccomp-bpf)."""
    detach_on_execve: bool = False
    """Let go of a process that calls execve, but for the first one of a launched program (-b execve)."""
    requests: frozenset[signal.Signals] | None = None
    """Signals to us that end the trace (-I); None for those that are not meant for the program."""
    suspendable: bool = True
    """SIGTSTP stops us; otherwise it passes us by (-I 4)."""
    same_cpu: bool = False
    """Put the tracer and the traced tasks on one core while the trace lasts (--same-cpu)."""
    duration: float | None = None
    """Seconds after which the trace ends by itself."""

"""The calls that tell what is missing: those that make, name, wake and end tasks, and those of requests."""

from typing import Final

from tracekit.analyzers.state.calls import of_files, of_models
from tracekit.syscalls.families import doing, names_of

NAMING: Final = (
    "kill", "tkill", "tgkill", "wait4", "waitid", "waitpid", "gettid", "getpid", "set_tid_address",
    "set_robust_list", "rseq", "futex", "fcntl", "mmap", "brk", "seccomp", "ptrace",
    "io_uring_setup", "io_uring_enter", "io_uring_register",
)  # fmt: skip
"""Calls that name a task, show that one begins, or show that something is done without calls."""


def of_coverage() -> frozenset[str]:
    """The calls that tell what is missing."""
    return of_models() | names_of(*NAMING) | doing("forks", "execs", "exits").keys()


def of_security() -> frozenset[str]:
    """The calls that tell what requests reached, and what is missing of that."""
    return of_coverage() | of_files()

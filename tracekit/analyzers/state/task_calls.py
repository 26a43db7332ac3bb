"""The calls that tell which processes and threads there are, beside those that tell how they work."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from tracekit.analyzers.state.calls import of_models
from tracekit.syscalls.families import doing, names_of

CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "wait for children": ("wait4", "waitid", "waitpid"),
    "ask for the parent": ("getppid",),
    "ask for itself": ("gettid", "getpid"),
    "name itself": ("prctl",),
    "become a user": ("setuid", "setreuid", "setresuid", "setfsuid"),
    "begin a session": ("setsid",),
    "return from a handler": ("rt_sigreturn", "sigreturn"),
    "send a signal": ("kill", "tgkill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"),
}
"""What a call means -> the calls that do."""

SLEEPS: Final = ("nanosleep", "clock_nanosleep", "rt_sigtimedwait", "rt_sigsuspend", "pause")
"""How a parent lets time pass between two looks at its children, beside the waits of servers."""


@cache
def meanings() -> Mapping[str, str]:
    """What each of the calls means, by every name that an architecture has for it."""
    named = {name: meaning for meaning, calls in CALLS.items() for name in names_of(*calls)}
    return doing("forks", "execs", "exits") | named


@cache
def of_tasks() -> frozenset[str]:
    """The calls that tell which tasks there are, who made and ended them, and what part each has."""
    return of_models() | frozenset(meanings()) | names_of(*SLEEPS)

"""The calls that analyzers look at, by what they mean to them.

A call means what the table of calls says that it does; where that is not enough, it stands here, under the
name that most architectures have for it. The table is read when it is first asked.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final, TypeVar

from tracekit.syscalls.families import doing, names_of

T = TypeVar("T")

EFFECTS: Final = (
    "accepts", "pair", "dups", "opens", "closes", "closes_range", "binds", "listens", "connects",
    "forks", "execs", "chdirs", "exits",
)  # fmt: skip
"""What calls do to descriptors and tasks, as the table has it; what stands first counts."""

CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "open a name": ("open", "creat", "openat", "openat2"),
    "ask for a name": ("stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2"),
    "make a socket": ("socket",),
    "take a descriptor": ("pidfd_getfd",),
    "name a process": ("pidfd_open",),
    "open a handle": ("open_by_handle_at",),
    "share no longer": ("unshare",),
    "ask for the folder": ("getcwd",),
    "change the root": ("chroot", "pivot_root"),
    "ring": ("io_uring_enter", "io_uring_register"),
    "near address": ("getsockname",),
    "far address": ("getpeername",),
    "on a socket": ("shutdown", "setsockopt", "getsockopt"),
    "wait of epoll": ("epoll_wait", "epoll_pwait", "epoll_pwait2"),
    "epoll_ctl": ("epoll_ctl",),
    "poll": ("poll", "ppoll"),
    "fcntl": ("fcntl",),
    "ioctl": ("ioctl",),
    "fchdir": ("fchdir",),
    "read": ("read", "readv", "recvfrom", "recvmsg"),
    "read several": ("recvmmsg",),
    "read at": ("pread64", "preadv", "preadv2", "pread"),
    "write": ("write", "writev", "sendto", "sendmsg"),
    "write several": ("sendmmsg",),
    "write at": ("pwrite64", "pwritev", "pwritev2", "pwrite"),
    "sendfile": ("sendfile",),
    "splice": ("splice", "copy_file_range"),
    "mmap": ("mmap",),
}
"""What a call means -> the calls that do; this counts more than their effects."""

CHANGES: Final[Mapping[str, tuple[str, ...]]] = {
    "rename a name": ("rename", "renameat", "renameat2"),
    "remove a name": ("unlink", "unlinkat", "rmdir"),
    "make a name": ("mkdir", "mkdirat", "mknod", "mknodat"),
    "link a name": ("link", "linkat"),
    "link to a text": ("symlink", "symlinkat"),
    "cut a name": ("truncate",),
    "cut a file": ("ftruncate",),
    "set a name's mode": ("chmod", "fchmodat", "fchmodat2"),
    "set a file's mode": ("fchmod",),
    "set a name's owner": ("chown", "lchown", "fchownat"),
    "set a file's owner": ("fchown",),
    "set a name's times": ("utime", "utimes", "futimesat", "utimensat"),
    "set a name's attributes": (
        "setxattr", "lsetxattr", "setxattrat", "removexattr", "lremovexattr", "removexattrat",
    ),
    "set a file's attributes": ("fsetxattr", "fremovexattr"),
}  # fmt: skip
"""The same for what changes files otherwise than by writing to them."""

WAITS_AND_WAKES: Final[Mapping[str, tuple[str, ...]]] = {
    "select": ("select", "pselect6"),
    "go on": ("restart_syscall",),
    "futex": ("futex",),
    "lock": ("flock", "semop", "semtimedop"),
    "ask for the parent": ("getppid",),
    "wait for children": ("wait4", "waitid", "waitpid"),
}
"""The same for what tells how the threads of a server work together, beyond what it does for a request."""


@cache
def meanings() -> Mapping[str, str]:
    """What each of the calls means, by every name that an architecture has for it."""
    tables = {**CALLS, **CHANGES, **WAITS_AND_WAKES}
    named = {name: meaning for meaning, calls in tables.items() for name in names_of(*calls)}
    return doing(*EFFECTS) | named


def by_call(table: Mapping[str, T]) -> dict[str, T]:
    """Return what a table has for each meaning, by the calls that have it."""
    return {call: table[meaning] for call, meaning in meanings().items() if meaning in table}


def of_requests() -> frozenset[str]:
    """The calls that connections and requests are made of."""
    return _without(CHANGES, WAITS_AND_WAKES)


def of_files() -> frozenset[str]:
    """The calls that tell what became of files: those of requests, and those that change files."""
    return _without(WAITS_AND_WAKES)


def of_models() -> frozenset[str]:
    """The calls that tell how a server works: those of requests, and how its threads wait and wake."""
    return _without(CHANGES)


def _without(*tables: Mapping[str, object]) -> frozenset[str]:
    """Return all calls that mean something here, but for those of some tables."""
    return frozenset(
        call for call, meaning in meanings().items() if not any(meaning in table for table in tables)
    )

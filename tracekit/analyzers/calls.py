"""The calls that analyzers look at, by what they mean to them: data alone, which costs nothing to read."""

from collections.abc import Mapping
from typing import Final, TypeVar

T = TypeVar("T")

Places = tuple[int | None, int, int | None]

OPENS: Final[Mapping[str, Places]] = {
    "open": (None, 0, 1), "creat": (None, 0, None), "openat": (0, 1, 2), "openat2": (0, 1, 2)
}  # fmt: skip
"""Call -> which argument is the folder's descriptor, the name, the flags."""

ASKS: Final[Mapping[str, Places]] = {
    "stat": (None, 0, 1), "lstat": (None, 0, 1), "access": (None, 0, None), "stat64": (None, 0, 1),
    "newfstatat": (0, 1, 2), "fstatat64": (0, 1, 2), "statx": (0, 1, 4),
    "faccessat": (0, 1, None), "faccessat2": (0, 1, None),
}  # fmt: skip
"""Call -> which argument is the folder's descriptor, the name, the struct that it fills."""

READS: Final[Mapping[str, int]] = {"read": 1, "readv": 1, "recvfrom": 1, "recv": 1, "recvmsg": 1}
"""Call -> the argument that holds what came in."""

WRITES: Final[Mapping[str, int]] = {"write": 1, "writev": 1, "sendto": 1, "send": 1, "sendmsg": 1}
"""Call -> the argument that holds what went out."""

CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "accept": ("accept", "accept4"),
    "pair": ("pipe", "pipe2", "socketpair"),
    "duplicate": ("dup", "dup2", "dup3"),
    "socket": ("socket",),
    "other descriptor": (
        "epoll_create", "epoll_create1", "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create",
        "inotify_init", "inotify_init1", "memfd_create", "memfd_secret", "pidfd_open", "perf_event_open",
        "userfaultfd", "io_uring_setup", "open_by_handle_at", "fanotify_init",
    ),
    "open": tuple(OPENS),
    "ask": tuple(ASKS),
    "fork": ("fork", "vfork", "clone", "clone3"),
    "execve": ("execve", "execveat"),
    "bind": ("bind", "getsockname"),
    "on a socket": ("listen", "shutdown", "setsockopt", "getsockopt"),
    "getpeername": ("getpeername",),
    "connect": ("connect",),
    "wait of epoll": ("epoll_wait", "epoll_pwait", "epoll_pwait2"),
    "epoll_ctl": ("epoll_ctl",),
    "poll": ("poll", "ppoll"),
    "close": ("close",),
    "close_range": ("close_range",),
    "fcntl": ("fcntl",),
    "chdir": ("chdir",),
    "fchdir": ("fchdir",),
    "read": tuple(READS),
    "read at": ("pread64", "preadv", "preadv2", "pread"),
    "write": tuple(WRITES),
    "write at": ("pwrite64", "pwritev", "pwritev2", "pwrite"),
    "sendfile": ("sendfile", "sendfile64"),
    "splice": ("splice",),
    "mmap": ("mmap",),
    "exit": ("exit", "exit_group"),
}  # fmt: skip
"""What a call means -> the calls that do."""

OF_REQUESTS: Final = frozenset(call for calls in CALLS.values() for call in calls)
"""The calls that connections and requests are made of."""


def by_call(table: Mapping[str, T]) -> dict[str, T]:
    """Return what a table has for each meaning, by the calls that have it."""
    return {call: entry for meaning, entry in table.items() for call in CALLS[meaning]}

"""Which calls touch a path: strace's ``-P``, argument by argument (strace's pathtrace.c)."""

import os
import struct
from collections.abc import Iterable, Mapping
from typing import Final

from tracekit.syscalls import ABIS
from tracekit.tracer.decode import Call, Task
from tracekit.tracer.kernel.numbers import folder

_PATH_MAX: Final = 4096
_MOST_DESCRIPTORS: Final = 1 << 20
"""Descriptors of one select(2) or poll(2) that are looked at: its number may be anything."""
_POLLFD: Final = struct.Struct("<ihh")
_DELETED: Final = " (deleted)"

_Places = tuple[tuple[int, ...], tuple[int, ...]]
"""Arguments that are descriptors, and arguments that are paths."""


def _table(rows: Iterable[tuple[_Places, str]]) -> dict[str, _Places]:
    return {name: places for places, names in rows for name in names.split()}


_BOTH_BELOW: Final = """
    execveat faccessat faccessat2 fchmodat fchownat fspick fstatat64 futimesat inotify_add_watch mkdirat
    mknodat mount_setattr name_to_handle_at newfstatat open_tree openat openat2 readlinkat statx unlinkat
    utimensat utimensat_time64
"""
_NEITHER: Final = """
    accept4 accept bpf epoll_create epoll_create1 eventfd2 eventfd fanotify_init fsmount fsopen inotify_init
    inotify_init1 io_uring_enter io_uring_register io_uring_setup landlock_add_rule landlock_create_ruleset
    landlock_restrict_self memfd_create memfd_secret mq_getsetattr mq_notify mq_open mq_timedreceive
    mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 perf_event_open pidfd_open pipe pipe2 signalfd4
    signalfd socket socketpair timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime
    timerfd_settime64 userfaultfd
"""
_PLACES: Final[Mapping[str, _Places]] = _table(
    (
        (((0, 1), ()), "dup2 dup3 kexec_file_load sendfile sendfile64 tee"),
        (((0,), (1,)), _BOTH_BELOW),
        (((), (0, 1)), "link mount pivot_root"),
        (((), (1,)), "quotactl symlink"),
        (((0, 2), (1, 3)), "linkat move_mount renameat renameat2"),
        (((4,), ()), "mmap mmap2"),
        (((1,), (2,)), "symlinkat"),
        (((0, 2), ()), "copy_file_range splice"),
        (((2,), ()), "epoll_ctl"),
        (((3,), (4,)), "fanotify_mark"),
        (((), ()), _NEITHER),
    )
)
"""Where the descriptors and paths of calls stand that are not all in the first argument."""

_FILE: Final[_Places] = ((), (0,))
_DESCRIPTOR: Final[_Places] = ((0,), ())
_FSCONFIG: Final[Mapping[int, _Places]] = {3: ((4,), (3,)), 4: ((4,), (3,)), 5: ((4,), ())}
"""By the command of fsconfig(2): FSCONFIG_SET_PATH, _SET_PATH_EMPTY, _SET_FD."""
_SELECTS: Final = frozenset(("select", "_newselect", "pselect6", "pselect6_time64"))
_POLLS: Final = frozenset(("poll", "ppoll", "ppoll_time64"))


class PathFilter:
    """The paths that somebody looks for."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(os.fsencode(path) for path in paths)

    def touches(self, call: Call, task: Task) -> bool:
        """Say whether a call that is being entered has one of the paths, or a descriptor of it."""
        if call.syscall is None or not call.syscall.classes & {"file", "desc", "network"}:
            return False
        name = call.name
        if name in _SELECTS:
            return any(self._descriptor(task, fd) for fd in _selected(call, task))
        if name in _POLLS:
            return any(self._descriptor(task, fd) for fd in _polled(call, task))
        descriptors, paths = _places(call)
        return any(self._descriptor(task, call.args[at]) for at in descriptors) or any(
            self._path(task, call.args[at]) for at in paths
        )

    def _path(self, task: Task, address: int) -> bool:
        text, end, _ = task.read(address, _PATH_MAX).partition(b"\0") if address else (b"", b"", b"")
        return bool(end) and text in self._paths

    def _descriptor(self, task: Task, fd: int) -> bool:
        """A descriptor is an int: of a register, its lower half counts."""
        fd &= 0xFFFFFFFF
        link = f"{folder(task.tid)}/fd/{fd}"
        try:
            path = os.readlink(link)
        except OSError:
            return False
        return os.fsencode(_without_mark(link, path)) in self._paths


def _places(call: Call) -> _Places:
    if call.name == "fsconfig":
        return _FSCONFIG.get(call.args[1] & 0xFFFFFFFF, ((), ()))
    assert call.syscall is not None
    found = _PLACES.get(call.name)
    if found is not None:
        return found
    return _FILE if "file" in call.syscall.classes else _DESCRIPTOR


def _without_mark(link: str, path: str) -> str:
    """Take away the kernel's mark of a file that was deleted, unless it is part of a name."""
    if not path.endswith(_DELETED):
        return path
    try:
        there, named = os.stat(link), os.lstat(path)
    except OSError:
        return path.removesuffix(_DELETED)
    same = (there.st_dev, there.st_ino) == (named.st_dev, named.st_ino)
    return path if same else path.removesuffix(_DELETED)


def _selected(call: Call, task: Task) -> list[int]:
    """The descriptors in the sets of select(2)."""
    count = call.args[0] & 0xFFFFFFFF
    if count >= 1 << 31:
        return []
    count = min(count, _MOST_DESCRIPTORS)
    word = ABIS[call.arch].word
    size = ((count + 7) // 8 + word - 1) // word * word
    found: set[int] = set()
    for address in call.args[1:4]:
        bits = task.read(address, size) if address else b""
        if len(bits) == size:
            found.update(
                8 * at + bit for at, byte in enumerate(bits) if byte for bit in range(8) if byte >> bit & 1
            )
    return sorted(fd for fd in found if fd < count)


def _polled(call: Call, task: Task) -> list[int]:
    """The descriptors of the array of poll(2)."""
    count = min(call.args[1] & 0xFFFFFFFF, _MOST_DESCRIPTORS)
    data = task.read(call.args[0], count * _POLLFD.size) if count else b""
    whole = len(data) // _POLLFD.size * _POLLFD.size
    return [fd for fd, _, _ in _POLLFD.iter_unpack(data[:whole])]

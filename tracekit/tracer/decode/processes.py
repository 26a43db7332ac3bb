"""Descriptors of other processes: kcmp(2), pidfd_getfd(2)."""

import struct
from typing import Final

from tracekit.tracer.decode.registry import families
from tracekit.tracer.decode.scalars import signed32
from tracekit.tracer.decode.view import Printer, View, pointer

_EPOLL_SLOT: Final = struct.Struct("<III")  # struct kcmp_epoll_slot, <linux/kcmp.h>


def _fd_of_task(view: View, value: int, tid: int) -> str:
    """A descriptor with what it stands for in another process."""
    value = signed32(value)
    return f"{value}{view.task.describe(value, tid)}" if view.options.annotate else str(value)


def _ours(view: View, pid: int) -> int:
    return view.task.ours(signed32(pid)) if view.options.annotate else 0


def _fd_of(process: str) -> Printer:
    """The same, of the process whose pid is in this argument."""
    index = int(process)
    return lambda view, value: _fd_of_task(view, value, _ours(view, view.args[index]))


def _fd_through(pidfd: str) -> Printer:
    """The same, of the process whose pidfd is in this argument."""
    index = int(pidfd)

    def printer(view: View, value: int) -> str:
        target = view.task.target(signed32(view.args[index])) if view.options.annotate else -1
        return _fd_of_task(view, value, target)

    return printer


def _epoll_slot(process: str) -> Printer:
    """A descriptor that an epoll descriptor of that process watches, and which one of its kind."""
    index = int(process)

    def printer(view: View, where: int) -> str:
        data = view.fetch(where, _EPOLL_SLOT.size)
        if data is None:
            return pointer(where)
        watcher, watched, offset = _EPOLL_SLOT.unpack(data)
        tid = _ours(view, view.args[index])
        shown = (_fd_of_task(view, one, tid) for one in (watcher, watched))
        return "{{efd={}, tfd={}, toff={}}}".format(*shown, offset)

    return printer


families({"fd_of": _fd_of, "fd_through": _fd_through, "epoll_slot": _epoll_slot})

"""What every child is: its signals, its user, its name, and whether it is leaving."""

import ctypes
import os
import signal
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from ..config import ServerConfig
from ..config.accounts import group_number, user_number

if TYPE_CHECKING:
    from ..runtime import Runtime

PROCESS_NAME = "tracekit-server"
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15  # linux/prctl.h
prctl = ctypes.CDLL(None).prctl  # loaded before the forks

# Exit statuses that the parent acts on (APEXIT_ in httpd's include/httpd.h).
CHILD_SICK = 0x7  # a shortage: another one started at once would have it, too
CHILD_FATAL = 0xF  # no child can work: the server is to end

Handler = Callable[[int, FrameType | None], object]
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGWINCH)


@dataclass
class ChildState:
    """What a child knows of itself; each has its own, since it is forked.

    Attributes:
        leaving: it ends gracefully: what has begun is finished, no connection is kept alive.
        exit_status: what it will end with.
    """

    leaving: bool = False
    exit_status: int = 0


def become_child(runtime: "Runtime", handlers: Mapping[signal.Signals, Handler]) -> None:
    """Turn a fresh fork into a child.

    Args:
        runtime: what it works with.
        handlers: what signals do to it; the others of :data:`SIGNALS` are the parent's, and ignored.
    """
    for number in SIGNALS:
        signal.signal(number, handlers.get(number, signal.SIG_IGN))
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    runtime.pipe_of_death.close_write_end()
    drop_privileges(runtime.config)


def hear_of_parents_end(number: int) -> None:
    """Get a signal when the parent is gone, however it ended.

    The kernel forgets this when a process changes its user, so it is asked for after that.
    """
    prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def end_at_once(*_: object) -> NoReturn:
    """End the child, whatever it is doing (a handler for signals)."""
    os._exit(0)


def user_and_group(config: ServerConfig) -> tuple[int, int]:
    """Return the numbers of User and Group; ours where they say nothing.

    Raises:
        ConfigError: there is no such user or group.
    """
    uid = os.geteuid() if config.user is None else user_number(config.user)
    gid = os.getegid() if config.group is None else group_number(config.group)
    return uid, gid


def drop_privileges(config: ServerConfig) -> None:
    """Become User and Group, if root started the server; otherwise stay who we are."""
    if os.geteuid() != 0:
        return
    uid, gid = user_and_group(config)
    os.setgid(gid)
    os.setgroups([gid])
    os.setuid(uid)


def run_vital(runtime: "Runtime", name: str, work: Callable[..., None], *args: object) -> NoReturn:
    """Run a child from its fork to its end."""
    run_thread(runtime, name, work, *args)
    os._exit(runtime.child.exit_status)


def run_thread(runtime: "Runtime", name: str, work: Callable[..., None], *args: object) -> None:
    """Run a thread that its child cannot do without: where it fails, the child says why and ends.

    The parent starts another one then.
    """
    try:
        name_thread(name)
        work(*args)
    except BaseException:  # noqa: BLE001  there is no caller that could know better
        runtime.error_log.log("core", "crit", traceback.format_exc())
        os._exit(1)


def name_thread(name: str) -> None:
    """Set the name that ps and /proc show for the calling thread (at most 15 bytes)."""
    prctl(PR_SET_NAME, name.encode(), 0, 0, 0)

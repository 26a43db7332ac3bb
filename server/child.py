"""What every child does first: its signals, its user, its name."""

import contextlib
import grp
import os
import pwd
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from .config import ConfigError, ServerConfig
from .runtime import Runtime

PROCESS_NAME = "tracekit-server"
MAX_ID = 2**32 - 2  # (uid_t) -1 means "unchanged" to the kernel
IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGWINCH)


def become_child(runtime: Runtime) -> None:
    """Turn a fresh fork into a child: TERM ends it at once, the other signals are the parent's."""
    signal.signal(signal.SIGTERM, _leave)
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    runtime.pipe_of_death.close_write_end()
    drop_privileges(runtime.config)


def _leave(*_: object) -> None:
    os._exit(0)


def user_and_group(config: ServerConfig) -> tuple[int, int]:
    """Return the numbers of User and Group; ours where they say nothing.

    Raises:
        ConfigError: there is no such user or group.
    """
    uid, gid = os.geteuid(), os.getegid()
    if config.user is not None:
        uid = _number(config.user, lambda name: pwd.getpwnam(name).pw_uid, "AH00543: bad user name")
    if config.group is not None:
        gid = _number(config.group, lambda name: grp.getgrnam(name).gr_gid, "AH00544: bad group name")
    return uid, gid


def _number(name: str, look_up: Callable[[str], int], complaint: str) -> int:
    """Return the number of a user or group, which may be given as ``#number``."""
    try:
        number = int(name[1:]) if name.startswith("#") else look_up(name)
    except (KeyError, ValueError):
        raise ConfigError(f"{complaint} {name}") from None
    if not 0 <= number <= MAX_ID:
        raise ConfigError(f"{complaint} {name}")
    return number


def drop_privileges(config: ServerConfig) -> None:
    """Become User and Group, if root started the server; otherwise stay who we are."""
    if os.geteuid() != 0:
        return
    uid, gid = user_and_group(config)
    os.setgid(gid)
    os.setgroups([gid])
    os.setuid(uid)


def run_vital(runtime: Runtime, name: str, work: Callable[..., None], *args: object) -> NoReturn:
    """Run a child, or a thread that it cannot do without: where it ends, the child ends.

    A child that failed says why and is replaced by the parent.
    """
    try:
        name_thread(name)
        work(*args)
    except BaseException:  # noqa: BLE001  there is no caller that could know better
        runtime.error_log.log("core", "crit", traceback.format_exc())
        os._exit(1)
    os._exit(0)


def name_thread(name: str) -> None:
    """Set the name that ps and /proc show for the calling thread (at most 15 bytes)."""
    with contextlib.suppress(OSError):  # a name is no reason to fail
        Path("/proc/thread-self/comm").write_text(name)

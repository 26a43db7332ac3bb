"""``-k``: signals to the server whose pid is in the PidFile (httpd's ap_signal_server, server/mpm_unix.c)."""

import os
import signal
import sys

from . import PROGRAM
from .config import ServerConfig
from .processes.pid_file import read_pid

ACTIONS: dict[str, signal.Signals | None] = {
    "start": None,
    "stop": signal.SIGTERM,
    "restart": signal.SIGHUP,
    "graceful": signal.SIGUSR1,
    "graceful-stop": signal.SIGWINCH,
}
STARTING = frozenset({"start", "restart", "graceful"})  # these start a server where none runs


def control(action: str, config: ServerConfig) -> int | None:
    """Do what ``-k`` says.

    Returns:
        The exit status; None when a server is to be started now.

    Raises:
        ConfigError: the PidFile cannot be read.
    """
    pid = None if config.pid_file is None else read_pid(config.pid_file)
    if pid is None or not _runs(pid):
        return _not_running(action, pid)
    number = ACTIONS[action]
    if number is None:
        print(f"{PROGRAM} (pid {pid}) already running")  # noqa: T201
        return 0
    try:
        os.kill(pid, number)
    except OSError as error:
        text = f"({error.errno}){error.strerror}: AH00057: sending signal to server"
        print(text, file=sys.stderr)  # noqa: T201
        return 0 if action == "stop" else 1
    return 0


def _not_running(action: str, pid: int | None) -> int | None:
    if action not in STARTING:
        print(f"{PROGRAM} ({'no pid file' if pid is None else f'pid {pid}?'}) not running")  # noqa: T201
        return 0
    if action != "start":
        print(f"{PROGRAM} not running, trying to start")  # noqa: T201
    return None


def _runs(pid: int) -> bool:
    """Say whether there is another process of that number; whose it is nobody asks."""
    if pid == os.getpid():
        return False  # in a container a server may get the pid of the last one
    try:
        os.kill(pid, 0)
    except OSError:
        return False  # httpd takes a process that it may not signal for none, too
    return True

"""The PidFile: where to find the parent (httpd's ap_log_pid, ap_read_pid and ap_remove_pid, server/log.c)."""

import os
import tempfile
from pathlib import Path

from .. import PROGRAM
from ..config import ConfigError
from ..logs.error_log import ErrorLog

MODE = 0o644
MAX_PID = 2**31 - 1  # pid_t
SIZE_LIMIT = 64  # bytes that are read: whoever may write in the folder can put anything there


def write_pid(path: Path, error_log: ErrorLog) -> None:
    """Write our pid; one that an earlier server left there is replaced, with a warning.

    The file is complete at any moment: it is written under another name first.

    Raises:
        SystemExit: the file cannot be written; the error log says why.
    """
    try:
        if path.exists():
            if _is_ours(path):
                return
            text = f"AH00098: pid file {path} overwritten -- Unclean shutdown of previous run?"
            error_log.log("core", "warn", text)
        fd, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
        with os.fdopen(fd, "w") as file:
            os.fchmod(fd, MODE)
            file.write(f"{os.getpid()}\n")
        Path(name).replace(path)
    except OSError as error:
        error_log.log("core", "error", f"AH00099: could not create {path}", errno=error.errno or 0)
        error_log.log("core", "error", f"AH00100: {PROGRAM}: could not log pid to file {path}")
        raise SystemExit(1) from None


def read_pid(path: Path) -> int | None:
    """Return the pid that a server has written; None when there is no such file.

    Raises:
        ConfigError: the file cannot be read, or has something else in it.
    """
    try:
        text = _content(path).removesuffix(b"\n")
        if text.isdigit() and 0 < int(text) <= MAX_PID:
            return int(text)
        reason = ""
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = f"({error.errno}){error.strerror}: "
    raise ConfigError(
        f"{reason}AH00058: Error retrieving pid file {path}\n"
        "AH00059: Remove it before continuing if it is corrupted."
    )


def remove_pid(path: Path, error_log: ErrorLog) -> None:
    """Remove the file, unless another server has written its pid there meanwhile."""
    try:
        if _is_ours(path):
            path.unlink()
            error_log.log("core", "info", f"AH00096: removed PID file {path} (pid={os.getpid()})")
    except OSError as error:
        error_log.log("core", "error", f"AH00095: failed to remove PID file {path}", errno=error.errno or 0)


def _is_ours(path: Path) -> bool:
    return _content(path).strip() == b"%d" % os.getpid()


def _content(path: Path) -> bytes:
    """Return the beginning of the file; for one that is a pipe nobody waits."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.read(fd, SIZE_LIMIT)
    finally:
        os.close(fd)

"""The PidFile: where to find the parent (httpd's ap_log_pid and ap_remove_pid, server/log.c)."""

import os
from pathlib import Path

from .config import ConfigError
from .error_log import ErrorLog


def write_pid(path: Path, error_log: ErrorLog) -> None:
    """Write our pid; one that an earlier server left there is replaced, with a warning.

    Raises:
        ConfigError: the file cannot be written.
    """
    try:
        if path.exists() and not _is_ours(path):
            error_log.log(
                "core", "warn", f"AH00098: pid file {path} overwritten -- Unclean shutdown of previous run?"
            )
        path.write_text(f"{os.getpid()}\n")
    except OSError as error:
        raise ConfigError(
            f"({error.errno}){error.strerror}: AH00099: could not create {path}\n"
            f"AH00100: could not log pid to file {path}"
        ) from None


def remove_pid(path: Path, error_log: ErrorLog) -> None:
    """Remove the file, unless another server has written its pid there meanwhile."""
    try:
        if _is_ours(path):
            path.unlink()
    except OSError as error:
        error_log.log("core", "warn", f"AH00101: could not remove pid file {path}: {error.strerror}")


def _is_ours(path: Path) -> bool:
    return path.read_bytes().strip() == b"%d" % os.getpid()

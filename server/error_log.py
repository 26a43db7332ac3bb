"""The error log, in httpd's form and with the LWP as thread number."""

import os
import threading
import time
from dataclasses import dataclass, field

from .config import ConfigError, ServerConfig
from .config.directives import LOG_LEVELS
from .escape import escape

STDERR = 2


def open_log(path: os.PathLike[str]) -> int:
    """Open a log file for appending and return its descriptor.

    Raises:
        ConfigError: it cannot be opened.
    """
    try:
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise ConfigError(f"AH00091: could not open log file {os.fspath(path)}: {error.strerror}") from None


@dataclass
class ErrorLog:
    """Writes to standard error, which :meth:`redirect` turns into the file."""

    levels: dict[str, int] = field(default_factory=dict)
    default: int = LOG_LEVELS.index("notice")

    def configure(self, config: ServerConfig) -> None:
        """Take the levels, and put the file in the place of standard error, as httpd does.

        Raises:
            ConfigError: the file cannot be opened.
        """
        self.default = LOG_LEVELS.index(config.log_level)
        self.levels = {module: LOG_LEVELS.index(level) for module, level in config.module_log_levels.items()}
        if config.error_log is not None:
            fd = open_log(config.error_log)
            os.dup2(fd, STDERR, inheritable=False)
            os.close(fd)

    def log(self, module: str, level: str, text: str | bytes, client: tuple[str, int] | None = None) -> None:
        """Write one line, if the level is wanted; notices always are. Errors of writing are ignored.

        Args:
            module: the part of the server that speaks.
            level: one of httpd's levels.
            text: the message with its AH number; control characters are escaped.
            client: address and port, when a client is the reason.
        """
        if level != "notice" and LOG_LEVELS.index(level) > self.levels.get(module, self.default):
            return
        line = escape(text if isinstance(text, bytes) else os.fsencode(text), quotes=False)
        now = time.time_ns()
        date = time.strftime("%a %b %d %H:%M:%S", time.localtime(now // 10**9))
        prefix = (
            f"[{date}.{now // 1000 % 10**6:06d} {time.localtime(now // 10**9).tm_year}] [{module}:{level}] "
            f"[pid {os.getpid()}:tid {threading.get_native_id()}] "
        )
        if client is not None:
            prefix += f"[client {client[0]}:{client[1]}] "
        try:
            os.write(STDERR, prefix.encode() + line + b"\n")
        except OSError:
            return

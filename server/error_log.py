"""The error log, in httpd's form and with the LWP as thread number."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .config import ConfigError, ServerConfig
from .config.levels import LOG_LEVELS
from .error_log_format import Entry, compile_error_format
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
        raise ConfigError(
            f"({error.errno}){error.strerror}: AH00091: could not open log file {os.fspath(path)}.\n"
            "AH00015: Unable to open logs"
        ) from None


@dataclass
class ErrorLog:
    """Writes to standard error, in whose place :meth:`redirect` puts the file."""

    levels: dict[str, int] = field(default_factory=dict)
    default: int = LOG_LEVELS.index("notice")
    opened: int | None = None
    format: Callable[[Entry], bytes] | None = None

    def configure(self, config: ServerConfig) -> None:
        """Take the levels and open the file; until it is redirected, messages go where they went.

        Raises:
            ConfigError: the file cannot be opened.
        """
        if self.opened is not None:
            os.close(self.opened)
            self.opened = None
        if config.error_log is not None:
            self.opened = open_log(config.error_log)
        template = config.error_log_format
        self.format = None if template is None else compile_error_format(template)
        self.default = LOG_LEVELS.index(config.log_level)
        self.levels = {module: LOG_LEVELS.index(level) for module, level in config.module_log_levels.items()}

    def redirect(self) -> None:
        """Put the file in the place of standard error, as httpd does."""
        if self.opened is not None:
            os.dup2(self.opened, STDERR, inheritable=False)
            os.close(self.opened)
            self.opened = None

    def log(
        self,
        module: str,
        level: str,
        text: str | bytes,
        client: tuple[str, int] | None = None,
        *,
        errno: int = 0,
    ) -> None:
        """Write one line, if the level is wanted; notices always are. Errors of writing are ignored.

        Args:
            module: the part of the server that speaks.
            level: one of httpd's levels.
            text: the message with its AH number; control characters are escaped.
            client: address and port, when a client is the reason.
            errno: of the system call that failed, if one did.
        """
        if level != "notice" and LOG_LEVELS.index(level) > self.levels.get(module, self.default):
            return
        reason = f"({errno}){os.strerror(errno)}: ".encode() if errno else b""
        message = text if isinstance(text, bytes) else os.fsencode(text)
        if self.format is not None:
            line = self.format(Entry(module, level, reason + message, client))
        else:
            line = _usual_prefix(module, level) + reason + _shown(client) + escape(message, quotes=False)
        try:
            os.write(STDERR, line + b"\n")
        except OSError:
            return


def _usual_prefix(module: str, level: str) -> bytes:
    """Return time, module, level, process and LWP as httpd writes them without ErrorLogFormat."""
    now = time.time_ns()
    local = time.localtime(now // 10**9)
    return (
        f"[{time.strftime('%a %b %d %H:%M:%S', local)}.{now // 1000 % 10**6:06d} {local.tm_year}] "
        f"[{module}:{level}] [pid {os.getpid()}:tid {threading.get_native_id()}] "
    ).encode()


def _shown(client: tuple[str, int] | None) -> bytes:
    return b"" if client is None else f"[client {client[0]}:{client[1]}] ".encode()

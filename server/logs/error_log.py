"""The error log, in httpd's form and with the LWP as thread number."""

import base64
import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from .. import PROGRAM
from ..config import ConfigError, ConfigWarning, ServerConfig, VirtualHost
from ..config.levels import LOG_LEVELS, LogLevels
from .error_log_format import Entry, compile_error_format
from .escape import escape

STDERR = 2
STANDARD = {Path("/dev/stdout"): 1, Path("/dev/stderr"): STDERR}
COMPLAINT = f"AH00091: {PROGRAM}: could not open error log file"


def open_log(path: Path, complaint: str) -> int:
    """Open a log file for appending and return its descriptor.

    Standard output is there already. To open it by its path can be refused (a pipe that root has
    made), and can be impossible (a socket).

    Raises:
        ConfigError: with that complaint before the path; it cannot be opened.
    """
    try:
        if path in STANDARD:
            return os.dup(STANDARD[path])
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise ConfigError(
            f"({error.errno}){error.strerror}: {complaint} {path}.\nAH00015: Unable to open logs"
        ) from None


@dataclass
class ErrorLog:
    """The main server's writes to standard error, in whose place :meth:`redirect` puts the file.

    Attributes:
        fd: where to.
        levels: the levels of modules that have their own.
        default: that of the others.
        opened: the file that takes the place of standard error at the next :meth:`redirect`.
        format: ErrorLogFormat, if there is one.
    """

    fd: int = STDERR
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
            self.opened = open_log(config.error_log, COMPLAINT)
        template = config.error_log_format
        self.format = None if template is None else compile_error_format(template)
        self.default = LOG_LEVELS.index(config.log_level)
        self.levels = _numbers(config.module_log_levels)

    def redirect(self) -> None:
        """Put the file in the place of standard error, as httpd does."""
        if self.opened is not None:
            os.dup2(self.opened, STDERR, inheritable=False)
            os.close(self.opened)
            self.opened = None

    def of_host(self, host: VirtualHost) -> "ErrorLog":
        """Return the log of a virtual host, which has what it does not say from the main server's.

        Raises:
            ConfigError: its file cannot be opened.
        """
        path = host.values.get("error_log")
        said = LogLevels(host.values.get("log_level"), host.values.get("module_log_levels", {}))
        if path is None and said == LogLevels(None, {}):
            return self
        log = self.with_levels(said)
        return log if path is None else replace(log, fd=open_log(path, COMPLAINT))

    def with_levels(self, said: LogLevels) -> "ErrorLog":
        """Return the same log with what a host or a section says of its levels."""
        own = _numbers(said.modules)
        if said.default is None:
            return replace(self, levels={**self.levels, **own}, opened=None)
        return replace(self, levels=own, default=LOG_LEVELS.index(said.default), opened=None)

    def close(self) -> None:
        """Close the file of a virtual host."""
        if self.fd != STDERR:
            os.close(self.fd)

    def wants(self, module: str, level: str) -> bool:
        """Say whether messages of that level are written; notices always are."""
        return level == "notice" or LOG_LEVELS.index(level) <= self.levels.get(module, self.default)

    def tell(self, warning: ConfigWarning) -> None:
        """Write what was found while the configuration was read."""
        if warning.module:
            self.log(warning.module, warning.level, warning.text)
        else:
            self._write(os.fsencode(warning.text))

    def log(
        self,
        module: str,
        level: str,
        text: str | bytes,
        client: tuple[str, int] | None = None,
        *,
        errno: int = 0,
        request_id: bytes | None = None,
    ) -> None:
        """Write one line, if the level is wanted. Errors of writing are ignored.

        Args:
            module: the part of the server that speaks.
            level: one of httpd's levels.
            text: the message with its AH number; control characters are escaped.
            client: address and port, when a client is the reason.
            errno: of the system call that failed, if one did.
            request_id: for %L.
        """
        if not self.wants(module, level):
            return
        reason = f"({errno}){os.strerror(errno)}: ".encode() if errno else b""
        message = text if isinstance(text, bytes) else os.fsencode(text)
        if self.format is not None:
            line = self.format(Entry(module, level, reason + message, client, request_id))
        else:
            line = _usual_prefix(module, level) + reason + _shown(client) + escape(message, quotes=False)
        self._write(line)

    def _write(self, line: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self.fd, line + b"\n")


def new_request_id() -> bytes:
    """Return what names a request in both logs: 64 bits in base64, as httpd's."""
    return base64.b64encode(os.urandom(8))[:-1]


def _numbers(levels: dict[str, str]) -> dict[str, int]:
    return {module: LOG_LEVELS.index(level) for module, level in levels.items()}


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

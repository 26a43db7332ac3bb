"""The access log: one line and one write a request."""

import os
from typing import TYPE_CHECKING

from ..config.model import CustomLog
from .environment import environment_of
from .error_log import open_log
from .log_format import compile_format

if TYPE_CHECKING:
    from ..connections.transaction import Transaction


class AccessLog:
    """One CustomLog."""

    def __init__(self, log: CustomLog) -> None:
        """Compile the format and open the file.

        Raises:
            ConfigError: the file cannot be opened.
        """
        self._template, self._items = compile_format(log.template)
        self._template += b"\n"
        self._env = log.env
        self._env_wanted = log.env_wanted
        self._fd = open_log(log.path, "AH00649: could not open transfer log file")

    def log(self, done: "Transaction") -> None:
        """Append the line for one transaction; a full disk does not stop the server."""
        if self._env and (self._env in environment_of(done)) != self._env_wanted:
            return
        try:
            os.write(self._fd, self._template % tuple([item(done) for item in self._items]))
        except OSError:
            return

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

"""What LogLevel says (httpd's struct ap_logconf)."""

from typing import NamedTuple

LOG_LEVELS = (
    "emerg",
    "alert",
    "crit",
    "error",
    "warn",
    "notice",
    "info",
    "debug",
    *(f"trace{number}" for number in range(1, 9)),
)
"""The levels of the error log, the most urgent first."""


class LogLevels(NamedTuple):
    """What is said for a host or a section.

    Attributes:
        default: the level of all modules that have none of their own; None is silence.
        modules: those that have.
    """

    default: str | None
    modules: dict[str, str]

    def merged(self, over: "LogLevels | None") -> "LogLevels":
        """Return what holds where both do: a level for all modules takes back those of single ones."""
        if over is None:
            return self
        if over.default is not None:
            return over
        return LogLevels(self.default, {**self.modules, **over.modules})

"""The levels of the error log, the most urgent first."""

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

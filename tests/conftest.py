"""What holds for every test."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["tests.support.no_skips"]

# The same examples in every run, and as much time for each as the machine takes.
settings.register_profile("tracekit", derandomize=True, deadline=None)
settings.load_profile("tracekit")

LATEST_TASK = Path("/proc/sys/kernel/ns_last_pid")
"""The number of the latest task in this PID namespace (proc(5)); root may set it."""
HIGH = 17_000
"""Numbers of tasks from here on are told from the sizes and counts that stand beside them in a trace."""


@pytest.fixture(autouse=True)
def _tasks_have_high_numbers() -> None:
    """Have traces compared by numbers that mean one thing: on a fresh machine those of tasks are small."""
    with contextlib.suppress(OSError):
        if int(LATEST_TASK.read_text()) < HIGH:
            LATEST_TASK.write_text(str(HIGH))

"""How long a check may take: pytest-timeout counts, and the end of the time is an exception of its own.

Its hooks are there to be replaced (pytest-timeout, "Extending pytest-timeout with plugins"). Its own way
writes stacks to a terminal, which graders have none of.
"""

import signal
from types import FrameType
from typing import Any, Final

import pytest

from tracekit.lab.checking.findings import TooSlowError
from tracekit.lab.checking.jobs import finding_of_item

BY_SIGNAL: Final = "signal"


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> bool | None:
    """Start the timer of a check; any other test is left to pytest-timeout."""
    if finding_of_item(item) is None or settings.method != BY_SIGNAL:
        return None

    def late(_number: int, _frame: FrameType | None) -> None:
        raise TooSlowError(f"took longer than {settings.timeout:g} s")

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, settings.timeout)
    return True


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_timeout_cancel_timer(item: pytest.Item) -> bool | None:
    """Stop the timer of a check."""
    if finding_of_item(item) is None:
        return None
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    return True

"""What several answers about one trace are made of is found once."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from tracekit.events import Trace

T = TypeVar("T")


def kept(find: Callable[[Trace], T]) -> Callable[[Trace], T]:
    """Have a function keep what it found last, as long as it is asked of the same trace."""
    last: list[tuple[Trace, T]] = []

    @wraps(find)
    def found(trace: Trace) -> T:
        if not last or last[0][0] is not trace:
            last[:] = [(trace, find(trace))]
        return last[0][1]

    return found

"""The multi-processing modules: who accepts a connection, who serves it, who waits."""

from collections.abc import Callable
from dataclasses import dataclass

from ..limits import Limits
from ..runtime import Runtime
from . import event, prefork


@dataclass(frozen=True)
class Mpm:
    """One model.

    Attributes:
        run_child: the life of a child in its slot of the scoreboard.
        defaults: httpd's compiled-in numbers.
        started, stopped: httpd's log numbers for the start and for TERM.
    """

    run_child: Callable[[Runtime, int], None]
    defaults: Limits
    started: str
    stopped: str


MPMS = {
    "event": Mpm(event.run_child, Limits(3, 25, 400), "AH00489", "AH00491"),
    "prefork": Mpm(prefork.run_child, Limits(5, 1, 256), "AH00163", "AH00169"),
}

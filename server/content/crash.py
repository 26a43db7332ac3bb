"""A crash on purpose, so that a class can see who dies with a thread that does (``SetHandler crash``)."""

import ctypes
import resource
from typing import NoReturn

from .exchange import Exchange


def crash(exchange: Exchange) -> NoReturn:
    """Read memory that is not there: this thread gets a real SIGSEGV, and its process dies of it.

    No core is written: it would hold what other clients sent.
    """
    exchange.log("crash", "notice", "this thread reads address 0 now, as was asked for")
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    ctypes.string_at(0)
    raise AssertionError("there is something at address 0")

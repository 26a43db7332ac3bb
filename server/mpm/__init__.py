"""The multi-processing modules: who accepts a connection, who serves it, who waits."""

from collections.abc import Callable
from dataclasses import dataclass

from ..runtime import Runtime
from . import event, prefork, worker


@dataclass(frozen=True)
class Defaults:
    """A model's compiled-in numbers (its .c file in httpd's server/mpm and include/ap_mpm.h).

    Attributes:
        start_servers: children at the start.
        min_spare, max_spare: idle workers: servers for prefork, threads for the others.
        server_limit, thread_limit: slots for processes and for threads in each.
        threads_per_child: workers in each child; 1 for prefork.
        max_request_workers: workers in all children together.
        max_server_limit, max_thread_limit: what ServerLimit and ThreadLimit are cut to.
    """

    start_servers: int
    min_spare: int
    max_spare: int
    server_limit: int
    thread_limit: int
    threads_per_child: int
    max_request_workers: int
    max_server_limit: int
    max_thread_limit: int


@dataclass(frozen=True)
class LogNumbers:
    """httpd's numbers for what the parent logs under each model.

    Attributes:
        started: configured -- resuming normal operations.
        built: Server built.
        term, winch, usr1, hup: the signals.
        fork: Unable to fork.
        at_limit, near_limit: MaxRequestWorkers is reached, or within MinSpareThreads.
        full: the scoreboard is full, not at MaxRequestWorkers.
        busy: the server seems busy, at a spawn rate of 8 and more.
        killed: children are killed successively.
        lost: a long lost child came home.
        ignored: a fatal error in a child of a previous generation is ignored.
        sick: no child ever got ready.
    """

    started: str
    built: str
    term: str
    winch: str
    usr1: str
    hup: str
    fork: str
    at_limit: str
    near_limit: str = ""
    full: str = ""
    busy: str = ""
    killed: str = ""
    lost: str = ""
    ignored: str = ""
    sick: str = ""


@dataclass(frozen=True)
class Mpm:
    """One model.

    Attributes:
        run_child: the life of a child in its slot of the scoreboard.
        defaults: httpd's compiled-in numbers.
        log: httpd's log numbers.
        is_threaded: Min- and MaxSpare count threads; the pipe of death has ``!`` and ``$``; a child
            that a signal killed is replaced at once.
        leaving_are_idle: idle workers of children that leave, or are of an older generation, count.
        not_accepting_are_idle: idle workers of children that take no connections now count.
        shares_slots: a new child may be put where another one is still leaving.
    """

    run_child: Callable[[Runtime, int], None]
    defaults: Defaults
    log: LogNumbers
    is_threaded: bool = True
    leaving_are_idle: bool = False
    not_accepting_are_idle: bool = True
    shares_slots: bool = False


MPMS = {
    "event": Mpm(
        run_child=event.run_child,
        defaults=Defaults(3, 75, 250, 16, 64, 25, 400, 20_000, 100_000),
        log=LogNumbers(
            started="AH00489", built="AH00490",
            term="AH00491", winch="AH00492", usr1="AH00493", hup="AH00494",
            fork="AH00481", at_limit="AH00484", near_limit="AH10159", full="AH03490", busy="AH00486",
            killed="AH10392", lost="AH00488", ignored="AH00487", sick="AH02324",
        ),
        not_accepting_are_idle=False,
    ),
    "worker": Mpm(
        run_child=worker.run_child,
        defaults=Defaults(3, 75, 250, 16, 64, 25, 400, 20_000, 20_000),
        log=LogNumbers(
            started="AH00292", built="AH00293",
            term="AH00295", winch="AH00296", usr1="AH00297", hup="AH00298",
            fork="AH00283", at_limit="AH00286", near_limit="AH00287", full="AH00288", busy="AH00289",
            killed="AH10393", lost="AH00291", ignored="AH00290", sick="AH02325",
        ),
        shares_slots=True,
    ),
    "prefork": Mpm(
        run_child=prefork.run_child,
        defaults=Defaults(5, 5, 10, 256, 1, 1, 256, 200_000, 1),
        log=LogNumbers(
            started="AH00163", built="AH00164",
            term="AH00169", winch="AH00170", usr1="AH00171", hup="AH00173",
            fork="AH00159", at_limit="AH00161", busy="AH00162", lost="AH00167", ignored="AH00166",
        ),
        is_threaded=False,
        leaving_are_idle=True,
    ),
}  # fmt: skip

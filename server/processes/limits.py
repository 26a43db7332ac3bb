"""How many processes and threads there may be: httpd's corrections, in its order and words.

The numbers come from check_config in httpd's server/mpm/{prefork,worker,event}; each
correction has two log numbers there, one for the start, when it is told to the
terminal, and one for a restart, when it goes to the error log.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..config import ServerConfig

if TYPE_CHECKING:
    from ..mpm import Defaults

FIRST_NUMBER = {"prefork": 175, "worker": 300, "event": 497}


class Texts(NamedTuple):
    """What httpd says at the start and at a restart."""

    start: str
    restart: str


COMPILED_IN = Texts(
    "{name} of {value} exceeds compile-time limit of {limit} {unit}, decreasing to {limit}.",
    "{name} of {value} exceeds compile-time limit of {limit}, decreasing to match",
)
TOO_LOW = Texts(
    "{name} of {value} not allowed, increasing to 1.",
    "{name} of {value} not allowed, increasing to 1",
)
NO_SPARE = Texts(
    "{name} of {value} not allowed, increasing to 1 to avoid almost certain server failure. "
    "Please read the documentation.",
    TOO_LOW.restart,
)
NOT_NOW = "changing {name} to {value} from original value of {limit} not allowed during restart"
THREADS = Texts(
    "ThreadsPerChild of {value} exceeds ThreadLimit of {limit} threads, decreasing to {limit}. "
    "To increase, please see the ThreadLimit directive.",
    "ThreadsPerChild of {value} exceeds ThreadLimit of {limit}, decreasing to match",
)
LESS_THAN_A_CHILD = Texts(
    "MaxRequestWorkers of {value} is less than ThreadsPerChild of {limit}, increasing to {limit}. "
    "MaxRequestWorkers must be at least as large as the number of threads in a single server.",
    "MaxRequestWorkers of {value} is less than ThreadsPerChild of {limit}, increasing to match",
)
NO_MULTIPLE = Texts(
    "MaxRequestWorkers of {value} is not an integer multiple of ThreadsPerChild of {limit}, decreasing to "
    "nearest multiple {result}, for a maximum of {servers} servers.",
    "MaxRequestWorkers of {value} is not an integer multiple of ThreadsPerChild of {limit}, decreasing to "
    "nearest multiple {result}",
)
TOO_MANY_SERVERS = Texts(
    "MaxRequestWorkers of {value} would require {servers} servers and would exceed ServerLimit of {limit}, "
    "decreasing to {result}. To increase, please see the ServerLimit directive.",
    "MaxRequestWorkers of {value} would require {servers} servers and exceed ServerLimit of {limit}, "
    "decreasing to {result}",
)
TOO_MANY_PROCESSES = Texts(
    "MaxRequestWorkers of {value} exceeds ServerLimit value of {limit} servers, decreasing "
    "MaxRequestWorkers to {limit}. To increase, please see the ServerLimit directive.",
    "MaxRequestWorkers of {value} exceeds ServerLimit value of {limit}, decreasing to match",
)


@dataclass(frozen=True)
class Limits:
    """Numbers of processes and threads.

    Attributes:
        start_servers: children at the start.
        min_spare, max_spare: fewer idle workers are too few, more are too many.
        server_limit, thread_limit: slots of the scoreboard, and workers in each.
        threads_per_child: workers in each child; 1 for prefork.
        max_request_workers: workers in all of them together, at most.
    """

    start_servers: int
    min_spare: int
    max_spare: int
    server_limit: int
    thread_limit: int
    threads_per_child: int
    max_request_workers: int

    @property
    def max_children(self) -> int:
        """Children that MaxRequestWorkers allows, those that are leaving aside."""
        return self.max_request_workers // self.threads_per_child


def limits_of(
    config: ServerConfig, defaults: "Defaults", first: Limits | None = None
) -> tuple[Limits, list[str]]:
    """Return the configured limits as httpd corrects them, and what it says about that.

    Args:
        config: the configuration; None there stands for the default.
        defaults: the MPM's own.
        first: the limits that the server was started with: ServerLimit and ThreadLimit stay.
    """
    correction = _Correction(FIRST_NUMBER[config.mpm], is_start=first is None)
    limits = _threaded if config.mpm != "prefork" else _prefork
    return limits(config, defaults, first, correction), correction.warnings


class _Correction:
    """The warnings about one configuration."""

    def __init__(self, first_number: int, *, is_start: bool) -> None:
        self._first_number = first_number
        self._is_start = is_start
        self.warnings: list[str] = []

    def say(self, offset: int, texts: Texts, **numbers: str | int) -> None:
        """Warn with the text for the start or for a restart."""
        number, text = offset + self._first_number, f"WARNING: {texts.start}"
        if not self._is_start:
            number, text = number + 1, texts.restart
        self.warnings.append(f"AH{number:05}: {text.format(**numbers)}")

    def at_least_one(self, offset: int, name: str, value: int, texts: Texts = TOO_LOW) -> int:
        """Return a number that is 1 or more."""
        if value < 1:
            self.say(offset, texts, name=name, value=value)
        return max(1, value)

    def slots(self, offset: int, name: str, value: int, limit: int, first: int | None) -> int:
        """Return ServerLimit or ThreadLimit, which no restart changes."""
        if value > limit:
            unit = "servers" if name == "ServerLimit" else "threads"
            self.say(offset, COMPILED_IN, name=name, value=value, limit=limit, unit=unit)
        value = self.at_least_one(offset + 2, name, min(value, limit))
        if first is not None and value != first:
            text = NOT_NOW.format(name=name, value=value, limit=first)
            self.warnings.append(f"AH{self._first_number + offset + 4:05}: {text}")
            return first
        return value


def _prefork(
    config: ServerConfig, defaults: "Defaults", first: Limits | None, correction: _Correction
) -> Limits:
    servers = _servers(config, defaults, first, correction)
    workers = _configured(config.max_request_workers, defaults.max_request_workers)
    if workers > servers:
        correction.say(5, TOO_MANY_PROCESSES, value=workers, limit=servers)
    workers = correction.at_least_one(7, "MaxRequestWorkers", min(workers, servers))
    start = _start(9, config, defaults, correction)
    spare = _configured(config.min_spare_servers, defaults.min_spare)
    spare = correction.at_least_one(11, "MinSpareServers", spare, NO_SPARE)
    most = max(_configured(config.max_spare_servers, defaults.max_spare), spare + 1)
    return Limits(min(start, workers), spare, most, servers, 1, 1, workers)


def _threaded(
    config: ServerConfig, defaults: "Defaults", first: Limits | None, correction: _Correction
) -> Limits:
    servers = _servers(config, defaults, first, correction)
    most_threads = _configured(config.thread_limit, defaults.thread_limit)
    first_threads = first.thread_limit if first else None
    most_threads = correction.slots(5, "ThreadLimit", most_threads, defaults.max_thread_limit, first_threads)
    threads = _configured(config.threads_per_child, defaults.threads_per_child)
    if threads > most_threads:
        correction.say(10, THREADS, value=threads, limit=most_threads)
    threads = correction.at_least_one(12, "ThreadsPerChild", min(threads, most_threads))
    workers = _configured(config.max_request_workers, defaults.max_request_workers)
    workers = _whole_children(workers, threads, servers, correction)
    start = _start(20, config, defaults, correction)
    spare = _configured(config.min_spare_threads, defaults.min_spare)
    spare = correction.at_least_one(22, "MinSpareThreads", spare, NO_SPARE)
    most = max(_configured(config.max_spare_threads, defaults.max_spare), spare + threads + 1)
    return Limits(min(start, workers // threads), spare, most, servers, most_threads, threads, workers)


def _servers(
    config: ServerConfig, defaults: "Defaults", first: Limits | None, correction: _Correction
) -> int:
    """Return ServerLimit."""
    servers = _configured(config.server_limit, defaults.server_limit)
    first_servers = first.server_limit if first else None
    return correction.slots(0, "ServerLimit", servers, defaults.max_server_limit, first_servers)


def _start(offset: int, config: ServerConfig, defaults: "Defaults", correction: _Correction) -> int:
    """Return StartServers."""
    start = _configured(config.start_servers, defaults.start_servers)
    return correction.at_least_one(offset, "StartServers", start)


def _whole_children(workers: int, threads: int, servers: int, correction: _Correction) -> int:
    """Return MaxRequestWorkers as a number of children that are there whole."""
    if workers < threads:
        correction.say(14, LESS_THAN_A_CHILD, value=workers, limit=threads)
        workers = threads
    children = workers // threads
    if workers % threads:
        result = children * threads
        correction.say(16, NO_MULTIPLE, value=workers, limit=threads, result=result, servers=children)
        workers = result
    if children > servers:
        result = servers * threads
        correction.say(18, TOO_MANY_SERVERS, value=workers, limit=servers, servers=children, result=result)
        workers = result
    return workers


def _configured(value: int | None, default: int) -> int:
    return default if value is None else value

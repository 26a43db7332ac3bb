"""How many processes and threads there are."""

from dataclasses import dataclass

from .config import ServerConfig


@dataclass(frozen=True)
class Limits:
    """Numbers of processes and threads.

    Attributes:
        start_servers: children that run.
        threads_per_child: workers in each; 1 for prefork.
        max_request_workers: workers in all of them together, at most.
    """

    start_servers: int
    threads_per_child: int
    max_request_workers: int

    @property
    def server_limit(self) -> int:
        """Children that can be there at most."""
        return max(1, self.max_request_workers // self.threads_per_child)


def limits_of(config: ServerConfig, defaults: Limits) -> Limits:
    """Return the configured limits; MaxRequestWorkers wins over StartServers.

    Args:
        config: the configuration.
        defaults: the MPM's own; one thread there means that it has no threads.
    """
    threads = config.threads_per_child or defaults.threads_per_child
    if defaults.threads_per_child == 1:
        threads = 1
    workers = max(config.max_request_workers or defaults.max_request_workers, threads)
    start = config.start_servers or defaults.start_servers
    return Limits(min(start, workers // threads), threads, workers - workers % threads)

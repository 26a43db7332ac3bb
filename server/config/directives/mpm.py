"""Directives of the MPMs: how many processes and threads there are (httpd's server/mpm).

Any number is taken here: :mod:`server.processes.limits` corrects what cannot be, with httpd's warnings.
"""

import re

from ..rules import ONE, DirectiveError, Scope, in_server, nothing, number, set_config
from ..syntax import Directive

FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def _backlog(line: Directive) -> int:
    value = number(line)
    if value < 1:
        raise DirectiveError("ListenBacklog must be > 0")
    return value


def _buffer_size(scope: Scope, line: Directive) -> None:
    """A size of sockets' buffers, which are the kernel's matter here."""
    del scope
    if number(line) < 512 and number(line) != 0:
        raise DirectiveError(f"{line.name} must be >= 512 bytes, or 0 for system default.")


def _factor(line: Directive) -> float:
    text = line.args[0]
    if not FLOAT.fullmatch(text):
        raise DirectiveError("error parsing value")
    if float(text) <= 0:
        raise DirectiveError("AsyncRequestWorkerFactor argument must be a positive number")
    return max(1.0, float(text))


def _not_negative(scope: Scope, line: Directive) -> None:
    """A size of memory, which is Python's matter here."""
    del scope
    if number(line) < 0:
        raise DirectiveError(f"Invalid {line.name} value: {line.args[0]}")


COMMON = (
    in_server("GracefulShutdownTimeout", ONE, set_config("graceful_shutdown_timeout", number)),
    in_server("ListenBacklog", ONE, set_config("listen_backlog", _backlog)),
    in_server("ListenCoresBucketsRatio", ONE, nothing),
    in_server("MaxClients", ONE, set_config("max_request_workers", number)),
    in_server("MaxConnectionsPerChild", ONE, set_config("max_connections_per_child", number)),
    in_server("MaxMemFree", ONE, _not_negative),
    in_server("MaxRequestWorkers", ONE, set_config("max_request_workers", number)),
    in_server("MaxRequestsPerChild", ONE, set_config("max_connections_per_child", number)),
    in_server("ReceiveBufferSize", ONE, _buffer_size),
    in_server("SendBufferSize", ONE, _buffer_size),
    in_server("ServerLimit", ONE, set_config("server_limit", number)),
    in_server("StartServers", ONE, set_config("start_servers", number)),
    in_server("ThreadStackSize", ONE, _not_negative),
)
PREFORK = (
    *COMMON,
    in_server("MaxSpareServers", ONE, set_config("max_spare_servers", number)),
    in_server("MinSpareServers", ONE, set_config("min_spare_servers", number)),
)
WORKER = (
    *COMMON,
    in_server("MaxSpareThreads", ONE, set_config("max_spare_threads", number)),
    in_server("MinSpareThreads", ONE, set_config("min_spare_threads", number)),
    in_server("ThreadLimit", ONE, set_config("thread_limit", number)),
    in_server("ThreadsPerChild", ONE, set_config("threads_per_child", number)),
)
EVENT = (
    *WORKER,
    in_server("AsyncRequestWorkerFactor", ONE, set_config("async_request_worker_factor", _factor)),
)

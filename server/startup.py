"""From a configuration to a runtime: everything is opened, and at a restart what can be kept is kept."""

import dataclasses
import time

from .config import ConfigError, ServerConfig
from .content.content import Content
from .listeners import open_listeners, report_chosen_ports
from .logs.error_log import ErrorLog
from .media_types import MediaTypes
from .mpm import MPMS
from .mpm.accept_mutex import AcceptMutex
from .processes.limits import Limits, limits_of
from .processes.pipe_of_death import PipeOfDeath
from .processes.scoreboard import Scoreboard
from .runtime import Runtime
from .sites import Sites

NO_SCOREBOARD = "Unable to create or access scoreboard (anonymous shared memory failure)"


def open_runtime(config: ServerConfig, limits: Limits, *, one_process: bool) -> Runtime:
    """Open everything for the first generation; messages go to the terminal until the log is redirected.

    Raises:
        ConfigError: an address, a log or another file cannot be opened, or the memory cannot be had.
    """
    error_log = ErrorLog()
    listeners = open_listeners(config)
    error_log.configure(config)
    try:
        scoreboard = Scoreboard(limits.server_limit, limits.thread_limit)
    except (OSError, OverflowError) as error:
        reason = f"({error.errno}){error.strerror}: " if isinstance(error, OSError) else ""
        raise ConfigError(f"{reason}AH00004: {NO_SCOREBOARD}") from None
    runtime = Runtime(
        config=config,
        limits=limits,
        error_log=error_log,
        listeners=listeners,
        accept_mutex=AcceptMutex(),
        scoreboard=scoreboard,
        pipe_of_death=_pipe_of_death(one_process=one_process),
        sites=Sites(config, error_log),
        handler=Content(config, MediaTypes(config), scoreboard),
        one_process=one_process,
    )
    _note(runtime, is_restart=False)
    return runtime


def open_logs_anew(runtime: Runtime) -> Runtime:
    """Open the logs again, after detaching: ``/dev/stdout`` is not the terminal any more.

    Raises:
        ConfigError: a log cannot be opened.
    """
    runtime.error_log.configure(runtime.config)
    runtime.sites.close()
    return dataclasses.replace(runtime, sites=Sites(runtime.config, runtime.error_log))


def next_runtime(last: Runtime, config: ServerConfig, *, graceful: bool) -> Runtime:
    """Open everything for the next generation; sockets of an unchanged Listen and the scoreboard stay.

    Raises:
        ConfigError: something cannot be opened, or cannot be changed by a restart.
    """
    if config.mpm != last.config.mpm:
        raise ConfigError(
            "AH00534: tracekit-server: Configuration error: The MPM cannot be changed during restart."
        )
    error_log = last.error_log
    for warning in config.warnings:
        error_log.tell(warning)
    limits, warnings = limits_of(config, MPMS[config.mpm].defaults, last.limits)
    for text in warnings:
        error_log.log(f"mpm_{config.mpm}", "warn", text)
    listeners = open_listeners(config, zip(last.config.listens, last.listeners, strict=True))
    error_log.configure(config)
    error_log.redirect()
    runtime = dataclasses.replace(
        last,
        config=config,
        limits=limits,
        listeners=listeners,
        pipe_of_death=_pipe_of_death(),
        sites=Sites(config, error_log),
        handler=Content(config, MediaTypes(config), last.scoreboard),
        generation=last.generation + 1,
    )
    _note(runtime, is_restart=graceful)
    report_chosen_ports(config, listeners, error_log, last.listeners)
    _close(last, runtime)
    return runtime


def _pipe_of_death(*, one_process: bool = False) -> PipeOfDeath:
    try:
        return PipeOfDeath(one_process=one_process)
    except OSError as error:
        raise ConfigError(f"({error.errno}){error.strerror}: could not open pipe-of-death") from None


def _note(runtime: Runtime, *, is_restart: bool) -> None:
    """Write what holds for the whole generation on the scoreboard; a graceful restart is no new start."""
    board = runtime.scoreboard.resize(
        runtime.limits.threads_per_child, extended=runtime.config.extended_status
    )
    board.whole.running_generation = runtime.generation
    board.whole.config_generation = runtime.generation + 1
    board.whole.max_servers = runtime.limits.max_children
    if not is_restart:
        board.whole.restart_us = time.time_ns() // 1000


def _close(last: Runtime, runtime: Runtime) -> None:
    """Close what the parent had open for the last generation, and has not any more."""
    last.pipe_of_death.close()
    last.sites.close()
    for listener in last.listeners:
        if listener not in runtime.listeners:
            listener.close()

"""``python -m server -f httpd.conf``: httpd's command line, as far as it is needed here."""

import argparse
import os
import signal
import sys
from pathlib import Path

from . import SERVER_SOFTWARE
from .accept_mutex import AcceptMutex
from .child import PROCESS_NAME, name_thread, user_and_group
from .config import ConfigError, ServerConfig, load
from .error_log import STDERR, ErrorLog
from .handler import StaticFiles
from .limits import limits_of
from .listeners import open_listeners, report_chosen_ports
from .media_types import MediaTypes
from .mpm import MPMS
from .parent import Parent
from .pipe_of_death import PipeOfDeath
from .runtime import Runtime
from .scoreboard import Scoreboard
from .sites import Sites

CONFIG = Path(__file__).resolve().parent / "conf" / "httpd.conf"


def main(args: list[str] | None = None) -> int:
    """Check the configuration or serve by it; return the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while starting ends it, without a traceback
    _open_standard_descriptors()
    options = _options().parse_args(args)
    try:
        config = load(options.file, options.define)
        for warning in config.warnings:
            print(warning, file=sys.stderr)  # noqa: T201
        user_and_group(config)
        if options.test:
            print("Syntax OK", file=sys.stderr)  # noqa: T201
            return 0
        serve(config)
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def serve(config: ServerConfig) -> None:
    """Open everything, then run the parent until it is told to stop.

    Raises:
        ConfigError: an address, a log or another file cannot be opened.
    """
    mpm = MPMS[config.mpm]
    limits = limits_of(config, mpm.defaults)
    sites = Sites(config)
    listeners = open_listeners(config)
    error_log = ErrorLog()
    handler = StaticFiles(MediaTypes(config), error_log)
    error_log.configure(config)
    report_chosen_ports(config, listeners, error_log)
    runtime = Runtime(
        config=config,
        limits=limits,
        error_log=error_log,
        listeners=listeners,
        accept_mutex=AcceptMutex(),
        scoreboard=Scoreboard(limits.server_limit, limits.threads_per_child),
        pipe_of_death=PipeOfDeath(),
        sites=sites,
        handler=handler,
    )
    name_thread(PROCESS_NAME)
    Parent(runtime, mpm).run()


def _open_standard_descriptors() -> None:
    """Have 0, 1 and 2 open: else a socket could get the number that the error log is written to."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        continue
    os.close(fd)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="server", description="A static file server built like Apache httpd."
    )
    parser.add_argument("-f", dest="file", type=Path, default=CONFIG, help="the configuration file")
    parser.add_argument("-t", dest="test", action="store_true", help="check the configuration and exit")
    parser.add_argument(
        "-D", dest="define", action="append", default=[], metavar="NAME", help="define a name for <IfDefine>"
    )
    parser.add_argument("-v", action="version", version=SERVER_SOFTWARE)
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""httpd's command line: its options, and what each of them does (server/main.c)."""

import getopt
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from . import PROGRAM
from .config import ConfigError, ConfigWarning, ServerConfig, load
from .control import ACTIONS, control
from .dump import dump_includes, dump_modules, dump_run_config, dump_vhosts
from .listeners import report_chosen_ports
from .logs.error_log import STDERR, ErrorLog
from .mpm import MPMS
from .processes.child import PROCESS_NAME, name_thread
from .processes.limits import Limits, limits_of
from .processes.parent import Parent
from .runtime import Runtime
from .startup import next_runtime, open_logs_anew, open_runtime
from .version import compiled_in, settings, version

CONFIG = Path(__file__).resolve().parent / "conf" / "httpd.conf"
LETTERS = "C:c:D:d:f:k:hlMStVvX"
USAGE = f"""\
Usage: {PROGRAM} [-D name] [-d directory] [-f file]
                       [-C "directive"] [-c "directive"]
                       [-k start|restart|graceful|graceful-stop|stop]
                       [-v] [-V] [-h] [-l] [-t] [-S] [-M] [-X]
Options:
  -D name            : define a name for use in <IfDefine name> directives
  -d directory       : specify an alternate initial ServerRoot
  -f file            : specify an alternate ServerConfigFile
  -C "directive"     : process directive before reading config files
  -c "directive"     : process directive after reading config files
  -k action          : start in the background, or tell a running server what to do
  -v                 : show version number
  -V                 : show compile settings
  -h                 : list available command line options (this page)
  -l                 : list compiled in modules
  -t -D DUMP_VHOSTS  : show parsed vhost settings
  -t -D DUMP_RUN_CFG : show parsed run settings
  -S                 : a synonym for -t -D DUMP_VHOSTS -D DUMP_RUN_CFG
  -t -D DUMP_MODULES : show all loaded modules
  -M                 : a synonym for -t -D DUMP_MODULES
  -t -D DUMP_INCLUDES: show all included configuration files
  -t                 : run syntax check for config files
  -X                 : debug mode (only one worker, do not detach)
Without -k it stays in the foreground; -D FOREGROUND keeps -k start there, too."""
DUMPS = {
    "DUMP_VHOSTS": dump_vhosts,
    "DUMP_RUN_CFG": dump_run_config,
    "DUMP_MODULES": dump_modules,
    "DUMP_INCLUDES": dump_includes,
}
SYNONYMS = {"-S": ("DUMP_VHOSTS", "DUMP_RUN_CFG"), "-M": ("DUMP_MODULES",), "-X": ("DEBUG",)}
FOREGROUND = frozenset({"FOREGROUND", "NO_DETACH", "DEBUG", "ONE_PROCESS"})
ONE_PROCESS = frozenset({"DEBUG", "ONE_PROCESS"})


@dataclass
class Options:
    """The command line, read."""

    file: Path = CONFIG
    server_root: Path | None = None
    defines: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    action: str = ""
    flags: set[str] = field(default_factory=set)
    shown: str = PROGRAM
    """The command line as the error log shows it: without ``-k``, as httpd's."""

    def load(self) -> ServerConfig:
        """Read the configuration that they name.

        Raises:
            ConfigError: it cannot be used.
        """
        return load(
            self.file, self.defines, server_root=self.server_root, before=self.before, after=self.after
        )


def read_options(args: list[str]) -> Options:
    """Return the options.

    Raises:
        getopt.GetoptError: there is no such option, or something is no option.
    """
    pairs, rest = getopt.getopt(args, LETTERS)
    if rest:
        raise getopt.GetoptError(f"{rest[0]} is no option")
    options = Options()
    shown = [word for pair in pairs if pair[0] != "-k" for word in pair if word]
    options.shown = " ".join((PROGRAM, *shown))
    for letter, value in pairs:
        match letter:
            case "-C":
                options.before.append(value)
            case "-c":
                options.after.append(value)
            case "-D":
                options.defines.append(value)
            case "-d":
                options.server_root = Path(value).absolute()
            case "-f":
                options.file = Path(value).absolute()
            case "-k" if value in ACTIONS and not options.action:
                options.action = value
            case "-k":
                raise getopt.GetoptError(f"-k {value} is none of {', '.join(ACTIONS)}")
            case _:
                options.flags.add(letter)
                options.defines.extend(SYNONYMS.get(letter, ()))
    return options


def run(args: list[str]) -> int:
    """Do what the command line says; return the exit status."""
    _open_standard_descriptors()
    try:
        options = read_options(args)
    except getopt.GetoptError as error:
        print(f"{PROGRAM}: {error}\n{USAGE}", file=sys.stderr)  # noqa: T201
        return 1
    texts = {"-h": USAGE, "-v": version(), "-l": compiled_in()}
    for letter in texts.keys() & options.flags:
        print(texts[letter])  # noqa: T201
        return 0
    try:
        return _run(options)
    except ConfigError as error:
        _show(error.warnings)
        print(error, file=sys.stderr)  # noqa: T201
        return 1


def _run(options: Options) -> int:
    """Read the configuration, and show it, check it, signal the server or be it."""
    config = options.load()
    limits, corrections = limits_of(config, MPMS[config.mpm].defaults)
    _show(config.warnings)
    _show(ConfigWarning(text, module="") for text in corrections)
    if "-V" in options.flags:
        print(settings(config))  # noqa: T201
        return 0
    dumps = [dump for name, dump in DUMPS.items() if name in options.defines]
    for dump in dumps:
        print(dump(config))  # noqa: T201
    if dumps:
        return 0
    if "-t" in options.flags:
        print("Syntax OK", file=sys.stderr)  # noqa: T201
        return 0
    if options.action:
        status = control(options.action, config)
        if status is not None:
            return status
    return serve(config, limits, options)


def serve(config: ServerConfig, limits: Limits, options: Options) -> int:
    """Open everything, detach if that is wanted, and be the parent until the end.

    Raises:
        ConfigError: an address, a log or another file cannot be opened.
    """
    defines = set(options.defines)
    runtime = open_runtime(config, limits, one_process=bool(defines & ONE_PROCESS))
    if options.action and not defines & FOREGROUND:
        detach(keep_stderr=config.error_log is None)
        runtime = open_logs_anew(runtime)
    runtime.error_log.redirect()
    for text in limits_of(config, MPMS[config.mpm].defaults, limits)[1]:  # httpd, too, says it twice
        runtime.error_log.log(f"mpm_{config.mpm}", "warn", text)
    report_chosen_ports(config, runtime.listeners, runtime.error_log)

    def reload(last: Runtime, graceful: bool) -> Runtime:
        return next_runtime(last, options.load(), graceful=graceful)

    name_thread(PROCESS_NAME)
    return Parent(runtime, MPMS[config.mpm], reload, options.shown).run()


def detach(*, keep_stderr: bool) -> None:
    """Go on in the background, in a session of our own, without the terminal (apr_proc_detach)."""
    sys.stdout.flush()
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for fd in range(STDERR if keep_stderr else STDERR + 1):
        os.dup2(null, fd)
    os.close(null)


def _show(warnings: Iterable[ConfigWarning]) -> None:
    """Write to the terminal, or after a restart to the log in its place."""
    for warning in warnings:
        ErrorLog().tell(warning)


def _open_standard_descriptors() -> None:
    """Have 0, 1 and 2 open: else a socket could get the number that the error log is written to."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        continue
    os.close(fd)

"""The commands and their help, over click."""

import importlib
from types import ModuleType

import click

from tracekit import __version__
from tracekit.cli import streams
from tracekit.cli.mistakes import explained
from tracekit.errors import ExitCode

_INTERRUPTED = 130
_COMMANDS = {
    "run": "tracing",
    "attach": "tracing",
    "strace": "strace.command",
    "serve": "serve",
    "conn": "conn",
    "lab": "lab",
    "demo": "demo",
    "parse": "parse",
    "doctor": "doctor",
}
"""The module of each command that is no answer."""


class _Commands(click.Group):
    """Imports a command when it is asked for: to trace, pandas is not needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of the help: trace, then answers, then the rest."""
        answers = [*_answers(), *_installed()]
        return ["run", "attach", *answers, "parse", "serve", "conn", "lab", "demo", "doctor", "strace"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, None when there is none of that name."""
        found: click.Command | None
        if module := _COMMANDS.get(cmd_name):
            found = getattr(_load(module), cmd_name)
        else:
            found = _answers().get(cmd_name)
        if found is None and (other := _load("installed").find(cmd_name)):
            found = _load("answers").command(other.question, other)
        return found


def own() -> set[str]:
    """Return the names of tracekit's own commands."""
    return {*_COMMANDS, *_answers()}


def _answers() -> dict[str, click.Command]:
    commands: dict[str, click.Command] = _load("answers").ANSWERS
    return commands


def _installed() -> list[str]:
    """Name the answers that other packages bring, and say what is wrong with one."""
    found = _load("installed").usable(own(), lambda error: streams.complain(error.message, error.hint))
    return [one.question.name for one in found]


def _load(module: str) -> ModuleType:
    return importlib.import_module(f"tracekit.cli.{module}")


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, "-V", "--version", message="tracekit %(version)s")
def cli() -> None:
    """Answer what a server did, from its system calls alone.

    \b
    First steps:
      tracekit demo                             trace the built-in server and see every answer
      sudo tracekit attach --follow-threads --name apache2 -o t.strace
                                                record a live server; Ctrl-C ends, the server goes on
      tracekit docroot t.strace                 where is its document root?
      tracekit files t.strace                   which files did it open?
      tracekit dispatch t.strace                which process and thread served each request?

    The answers also read a log that strace wrote (strace -f -ttt -T -yy -s 1024 -o FILE), and take a
    live server (--name, --port, -p PID) or a program to start (-- PROGRAM ARG...) in place of a file.

    \b
    Exit codes: 0 answered, 1 a check of the lab failed, 2 usage, 3 undetermined, 4 not permitted to trace,
    5 unreadable input, 70 a bug of ours; run ends as its program does.
    """


def main() -> int:
    """Do what the command line says, and return the exit code; mistakes in it are told."""
    try:
        return int(cli.main(prog_name="tracekit", standalone_mode=False) or 0)
    except click.Abort:
        return _INTERRUPTED
    except SystemExit:
        # So click ends, standalone or not, when the reader of our output has gone.
        return ExitCode.ANSWERED
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE
    except click.ClickException as error:
        streams.complain(*explained(error))
        return ExitCode.USAGE

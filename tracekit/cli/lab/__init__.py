"""``tracekit lab``: the graded lab's commands, each imported when it is asked for."""

import importlib

import click

_COMMANDS = {
    "list": "list_commands",
    "show": "list_commands",
    "start": "start_command",
    "check": "check_command",
    "crash": "server_commands",
    "stop": "server_commands",
    "grade": "grade_command",
}
"""The module of each command, in the order of the help."""


class _Commands(click.Group):
    """Imports a command when it is asked for: most of them need little of what grading needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order in which they are used."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, None when there is none of that name."""
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"tracekit.cli.lab.{_COMMANDS[cmd_name]}")
        found: click.Command = getattr(module, f"{cmd_name}_command")
        return found


@click.group(cls=_Commands, short_help="The graded lab: exercises, a variant for each student, grades.")
def lab() -> None:
    """Give exercises out, work on them, and grade the answers.

    \b
    As a student:
      tracekit lab list                                which exercises are there?
      tracekit lab start tour --student me             lays out a folder to practise in
      tracekit lab check me                            what kind of thing is still wrong?

    \b
    As a teacher:
      tracekit lab start all --students ids.txt --secret-file secret -o lab
      tracekit lab grade lab --secret-file secret      a table of all; --format csv, json, ...

    \b
    Exit codes: 0 done, or graded; 1 a public check failed, or --expect is not met; 2 usage;
    5 a bad submission; 70 a grader error. Of several submissions the worst counts.
    """

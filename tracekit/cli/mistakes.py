"""A mistake on the command line, told in one line: what is wrong, and what was probably meant."""

import re
from pathlib import Path

import click

HINTS = (
    # command, what click says of it, what to do
    ("attach", r"extra arguments? \((\d+)", "give a process as -p {0}"),
    ("attach", r"extra arguments? \(([^ )]+)", "choose processes by -p PID, --name {0} or --port N"),
    ("run", r"Missing argument", "for example: tracekit run -f -o t.strace -- ls -l"),
    ("tracekit", r"option:? '?(-[\w-]+)", "options stand behind the command: tracekit docroot {0} ..."),
    (r"(?!run|attach).*", r"option:? '?-[^?]*$", "a program to start, and its options, stand behind --"),
)
"""Regular expressions both; ``{0}`` is the first group of the second."""


def explained(error: click.ClickException) -> tuple[str, str]:
    """Return the message of a usage error and a hint."""
    message = error.format_message().rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return message, "see tracekit --help"
    if found := re.match("No such command '(.+)'", message, re.DOTALL):
        return message, _command_hint(found[1], context)
    for command, said, hint in HINTS:
        if re.fullmatch(command, context.info_name or "") and (found := re.search(said, message)):
            return message, hint.format(*found.groups())
    return message, f"see {context.command_path} --help"


def _command_hint(word: str, context: click.Context) -> str:
    """Say what stands where a command should: a trace, a misspelt command, or neither."""
    from difflib import get_close_matches  # noqa: PLC0415 - few commands are misspelt

    if Path(word).exists():
        return f"name an answer first: tracekit docroot {word}"
    commands = context.command.list_commands(context) if isinstance(context.command, click.Group) else []
    if close := get_close_matches(word, commands, 1):
        return f"did you mean {close[0]}?"
    return f"commands are {', '.join(commands)}"

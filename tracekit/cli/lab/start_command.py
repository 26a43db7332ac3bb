"""``tracekit lab start``: lay out a folder for a student, or one for each of a list."""

from pathlib import Path
from typing import Any

import click

from tracekit.cli.headings import Grouped
from tracekit.cli.lab.options import keys_option, secret_option


@click.command("start", cls=Grouped, short_help="Lay out exercises for a student, or for each of a list.")
@click.argument("exercises", nargs=-1, required=True, metavar="EXERCISE...|all")
@click.option("--student", metavar="ID", help="Whose variant: letters, digits and ._@-, at most 64.")
@click.option(
    "--students",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A student a line, # before a comment: a folder for each.",
)
@click.option("--course", metavar="C", default="practice", help="The course's name (practice).")
@secret_option
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    metavar="DIR",
    help="Where the folder named for the student is made (here).",
)
@click.option("--live", is_flag=True, help="With a server that is started now, to be traced by yourself.")
@click.option(
    "--server",
    type=click.Choice(("tracekit", "apache2")),
    default="tracekit",
    help="Which server, with --live (tracekit: the built-in one).",
)
@keys_option
def start_command(exercises: tuple[str, ...], **given: Any) -> int:
    """Lay out EXERCISE (several; all for every one) in a folder named for the student.

    The offline form is a recorded trace, and needs no privileges. With --live a server of the student's own
    is started here, and somebody who may trace it does so: see tracekit doctor. Nothing that is already there
    is overwritten, so that answers are safe: start again to have what is missing.

    \b
    tracekit lab start tour --student me
    tracekit lab start all --students ids.txt --course os-lab --secret-file secret -o lab
    sudo tracekit lab start mpm --student me --live --server apache2
    """
    from tracekit.cli.lab import starting  # noqa: PLC0415 - the help needs none of it

    return starting.start(exercises, starting.Given(**given))

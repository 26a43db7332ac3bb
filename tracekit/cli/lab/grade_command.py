"""``tracekit lab grade``: the command's options; the work is in ``tracekit.cli.lab.grading``."""

from pathlib import Path
from typing import Any

import click

from tracekit.cli.headings import Grouped
from tracekit.cli.lab.options import keys_option, secret_option

FORMS = ("text", "json", "csv", "junit", "gradescope", "classroom", "summary", "vmchecker", "check50")


@click.command("grade", cls=Grouped, short_help="Grade a submission, or a folder of hundreds.")
@click.argument(
    "folders", nargs=-1, required=True, metavar="DIR...", type=click.Path(exists=True, path_type=Path)
)
@secret_option
@keys_option
@click.option("--student", metavar="ID", help="Whose the submission is, whatever its folder is called.")
@click.option(
    "--students",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The course's students, a line each: folders are named for them, and who is missing is told.",
)
@click.option("--exercise", "exercises", multiple=True, metavar="E", help="Grade E alone; repeatable.")
@click.option(
    "--format",
    "forms",
    type=click.Choice(FORMS),
    multiple=True,
    help="How to write it (text); several of one submission go into a folder.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="Write to a file or a folder."
)
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Grade with N processes (a core each).")
@click.option("--expect", metavar="SCORE", help="Exit with 1 unless each submission has just so many points.")
@click.option(
    "--before",
    type=click.Path(exists=True, path_type=Path),
    metavar="OLD",
    help="Tell what is other than in OLD: JSON of an earlier grading, or a folder of such files.",
)
def grade_command(folders: tuple[Path, ...], **given: Any) -> int:
    """Grade submissions: folders with a variant.toml, in DIR or anywhere below it.

    One submission prints its score. Several print a table, or with --format csv or json a file of all; every
    other form, or -o FOLDER, is a file for each. Files are whole or not there, and nobody else reads them;
    one is written also when the grader itself fails.

    \b
    tracekit lab grade alice
    tracekit lab grade lab --secret-file secret --format csv -o grading.csv
    tracekit lab grade lab --secret-file secret --format json -o new.json --before old.json

    \b
    Exit codes: 0 graded; 1 graded, and not what --expect says; 2 usage; 5 a bad submission (0 points);
    70 a grader error: of that submission the points mean nothing. Of several the worst counts.
    """
    from tracekit.cli.lab import grading  # noqa: PLC0415 - the help needs none of it

    return grading.grade(folders, grading.Given(**given))

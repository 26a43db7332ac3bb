"""``tracekit lab list`` and ``show``: which exercises there are, and what they ask."""

import sys

import click

_READABLE = 90
"""Columns of a text at most: longer lines are hard to read."""


@click.command("list", short_help="Which exercises are there?")
def list_command() -> None:
    """List the exercises with their points and forms, in the order in which they are done."""
    from tracekit.cli.lab.tables import table  # noqa: PLC0415 - the help needs none of it
    from tracekit.lab import exercise  # noqa: PLC0415

    everything = exercise.everything()
    rows = [[one.name, f"{one.points:g}", ", ".join(one.forms), one.title] for one in everything]
    total = ["all", f"{sum(one.points for one in everything):g}", "", ""]
    click.echo(table(["exercise", "points", "forms", "title"], [*rows, total]), nl=False)
    click.echo("\nto read one:  tracekit lab show tour\nto begin:     tracekit lab start tour --student NAME")


@click.command("show", short_help="Read an exercise.")
@click.argument("exercise", metavar="EXERCISE")
@click.option("--live", is_flag=True, help="The form with a live server, not that with a recorded trace.")
def show_command(exercise: str, *, live: bool) -> None:
    """Print the text of EXERCISE as students read it; words in capitals stand for what is theirs alone."""
    from tracekit.lab import exercise as exercises  # noqa: PLC0415 - the help needs none of it
    from tracekit.lab.handouts import texts  # noqa: PLC0415

    words = {name: name.upper() for name in texts.WORDS}
    text = texts.text(exercises.get(exercise), "live" if live else "offline", words)
    if sys.stdout.isatty():
        from rich.markdown import Markdown  # noqa: PLC0415

        from tracekit.cli.rendering import rendered  # noqa: PLC0415

        text = rendered(Markdown(text), widest=_READABLE)
    click.echo(text, nl=False)

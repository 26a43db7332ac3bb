"""Options that several of the lab's commands have."""

from pathlib import Path

import click

secret_option = click.option(
    "--secret-file",
    "secret_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The course's secret; without it TRACEKIT_LAB_SECRET, else that for practice, which is public.",
)
keys_option = click.option(
    "--keys",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the truth about live servers is kept (TRACEKIT_LAB_KEYS; ~/.local/state/tracekit/lab).",
)

"""``tracekit lab check``: the public checks, for students."""

from pathlib import Path

import click


@click.command("check", short_help="What kind of thing is still wrong in your answers?")
@click.argument(
    "folder", default=".", metavar="[DIR]", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
def check_command(folder: Path) -> int:
    """Check answers without the key: are they there, well formed, and do the lines show what they should?

    DIR is your folder, or that of one exercise in it; without it, the current one. What is right is not told,
    only what kind of thing is wrong; the hidden checks, and the points, are the teacher's.

    \b
    Exit codes: 0 all public checks passed; 1 one did not; 5 the folder cannot be checked.
    """
    from tracekit.cli.lab import checking  # noqa: PLC0415 - the help needs none of it

    return checking.check(folder)

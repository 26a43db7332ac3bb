"""``tracekit lab crash`` and ``stop``: what is done to the live servers of a student's exercises."""

from pathlib import Path

import click

from tracekit.cli.lab.options import keys_option

_folder = click.argument(
    "folder",
    default=".",
    metavar="[DIR]",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)


@click.command("crash", short_help="Have a thread of your live server crash.")
@_folder
@keys_option
@click.option("--force", is_flag=True, help="Also if nobody traces the server, and so would see it.")
def crash_command(folder: Path, keys: Path | None, *, force: bool) -> int:
    """Send a worker thread of the server of the exercise crash the signal of a bad memory access.

    DIR is your folder, or that of the exercise in it; without it, the current one. Have the server traced
    first.
    """
    from tracekit.cli.lab import servers  # noqa: PLC0415 - the help needs none of it

    return servers.crash(folder, keys, force=force)


@click.command("stop", short_help="End your live servers.")
@_folder
@keys_option
def stop_command(folder: Path, keys: Path | None) -> int:
    """End the servers of all live exercises in DIR, or of the one whose folder it is.

    What was noted about them is kept for grading.
    """
    from tracekit.cli.lab import servers  # noqa: PLC0415 - the help needs none of it

    return servers.stop(folder, keys)

"""``tracekit serve``: the lab's server, as a program of its own."""

import os

import click

from tracekit import resources


@click.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-f httpd.conf] [OPTION]...")
def serve(arguments: tuple[str, ...]) -> None:
    """Run the built-in apache-like server (-h: its options)."""
    command, environment = resources.server_command()
    words = ["-h" if word == "--help" else word for word in arguments]
    os.execve(command[0], [*command, *words], environment)  # noqa: S606

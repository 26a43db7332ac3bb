"""``tracekit strace`` among the other commands."""

import click

from tracekit.cli.strace import main


class _Verbatim(click.Command):
    """A command whose words are left as they are: it reads them by itself."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take every word."""
        ctx.params["words"] = args
        return []


@click.command(cls=_Verbatim, short_help="As strace: its options, letter by letter, and its text.")
def strace(words: list[str]) -> int:
    """Do what strace does with these arguments."""
    return main(words)

"""Options under headings in the help of a command."""

from typing import Any

import click

GROUPS = {
    "follow": "What to trace",
    "given": "What to trace",
    "name": "What to trace",
    "port": "What to trace",
    "tree": "What to trace",
    "duration": "What to trace",
    "same_cpu": "What to trace",
    "analyses": "What to write",
    "plain": "How to write it",
    "output": "What to write",
    "form": "What to write",
}
"""Over which heading of the help an option stands, by its parameter's name."""


class Headed(click.Option):
    """An option that stands under a heading of the help."""

    def __init__(self, *arguments: Any, heading: str, **others: Any) -> None:
        super().__init__(*arguments, **others)
        self.heading = heading


class Grouped(click.Command):
    """A command whose help has its options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, group by group."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record:
                title = GROUPS.get(parameter.name or "", "Options")
                title = parameter.heading if isinstance(parameter, Headed) else title
                groups.setdefault(title, []).append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)

"""``tracekit demo``."""

import click


@click.command()
def demo() -> None:
    """Trace the built-in server under load, and print every answer."""
    from tracekit.cli.demonstration import demonstrate  # noqa: PLC0415 - the help needs none of it

    demonstrate()

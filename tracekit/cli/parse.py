"""``tracekit parse``: a trace as a table."""

import click

FORMATS = {".parquet": "parquet", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
"""The form that the ending of a file means."""

jobs_option = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Read a trace with N processes (as many as there are cores, where that is worth it).",
)


@click.command(short_help="Write a trace as a table: Parquet, CSV or JSON Lines.")
@click.argument("traces", nargs=-1, required=True, metavar="TRACE...")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write to FILE (mode 0600); .parquet, .csv or .jsonl says in which form.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(tuple(dict.fromkeys(FORMATS.values()))),
    help="Write in this form, whatever the file is called; to a pipe, jsonl is usual.",
)
@click.option(
    "--args", "arguments", is_flag=True, help="Add the column arguments: typed values, as a tree of JSON."
)
@jobs_option
@click.option("-q", "--quiet", is_flag=True, help="Say nothing of what was read; errors alone.")
def parse(
    traces: tuple[str, ...],
    output: str | None,
    form: str | None,
    *,
    arguments: bool,
    jobs: int | None,
    quiet: bool,
) -> int:
    """Write a trace as a table: one row an event, every line of the log in one of them.

    TRACE is a file that strace or tracekit wrote, - for standard input, or a folder, prefix or pattern of
    strace -ff files; .gz, .xz and .zst do, too. Several are merged by time.

    Without -o, a pipe gets JSON Lines, and a terminal the first events and what could not be read.

    \b
    tracekit parse t.strace                              what is in it?
    tracekit parse t.strace -o t.parquet                 for DuckDB, pandas, ...
    tracekit parse t.strace | jq 'select(.errno == "ENOENT") | .args'
    strace -f -ttt -T -yy -o '|tracekit parse - -o t.parquet' PROGRAM
    """
    from tracekit.cli import parsing  # noqa: PLC0415 - the help needs none of it

    wanted = parsing.Wanted(output, form, arguments=arguments, jobs=jobs, quiet=quiet)
    return parsing.parse(traces, wanted)

"""Writing a trace as a table: read it into a store, and write what is in there in one of the forms."""

import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracekit.cli import streams
from tracekit.cli.outputs import put, put_out, target_of, workspace
from tracekit.cli.parse import FORMATS
from tracekit.cli.progress import Progress
from tracekit.errors import ExitCode, UsageError
from tracekit.events import batches
from tracekit.events.sources import STDIN
from tracekit.report.tables import csv_lines

if TYPE_CHECKING:
    from tracekit.events.counts import Counts
    from tracekit.events.store import Store

PREVIEW = 20
"""Events that a terminal shows."""
SHOWN = 300
"""Characters of the arguments of each."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to write: options of the command line.

    Attributes:
        output: the file; None for standard output.
        form: parquet, csv or jsonl; None to go by the file's ending.
        arguments: whether to add the typed arguments.
        jobs: how many processes read; None to have that found out.
        quiet: whether to say nothing of what was read.
    """

    output: str | None = None
    form: str | None = None
    arguments: bool = False
    jobs: int | None = None
    quiet: bool = False


def parse(traces: Sequence[str], wanted: Wanted) -> int:
    """Write traces as a table and return the exit code.

    Raises:
        UsageError: the output cannot be, or it is not known in which form.
        UnreadableError: a file cannot be read, or is no trace.
    """
    target = target_of(wanted.output) if wanted.output not in (None, "-") else None
    form = _form(target, wanted.form)
    begun = time.monotonic()
    with (
        Progress(quiet=wanted.quiet) as progress,
        workspace(target) as folder,
        closing(batches(traces, jobs=wanted.jobs, progress=progress.reading)) as read,
    ):
        from tracekit.events.store import Store  # noqa: PLC0415 - others read the first pieces meanwhile

        if target:
            _refuse_traces(target, read.files)
        with closing(Store(folder, arguments=wanted.arguments, workers=read.workers)) as store:
            for batch in read:
                store.add(batch)
            groups = read.groups()
            store.settle(groups, read.first_tids(), progress.writing)
            _write(store, form, target, folder, progress)
            counts = store.counted()
    if not wanted.quiet:
        _account(counts, read.lines, time.monotonic() - begun, target)
        for warning in (*read.warnings, *groups.reasons):
            streams.tell(f"warning: {warning}")
        if form is None:
            streams.tell(
                "-o FILE writes all events: .parquet, .csv or .jsonl; a pipe gets them as JSON Lines"
            )
    return ExitCode.ANSWERED


def _form(target: Path | None, form: str | None) -> str | None:
    """Return the form to write in; None for what a terminal shows.

    Raises:
        UsageError: it is not known, or a terminal cannot show it.
    """
    if target:
        if found := form or FORMATS.get(target.suffix.lower()):
            return found
        known = ", ".join(FORMATS)
        raise UsageError(f"the form of {target.name} is not known", f"{known}, or --format")
    if not sys.stdout.isatty():
        return form or "jsonl"
    if form == "parquet":
        raise UsageError("a terminal cannot show parquet", "give a file: -o events.parquet")
    return form


def _refuse_traces(target: Path, names: Sequence[str]) -> None:
    """Keep a trace from being overwritten.

    Raises:
        UsageError: it would be.
    """
    for name in names:
        if name != STDIN and target.exists() and target.samefile(name):
            raise UsageError(f"{name} is a trace: it is not overwritten", "choose another file with -o")


def _write(store: "Store", form: str | None, target: Path | None, folder: Path, progress: Progress) -> None:
    """Write what is in a store to a file or to standard output."""
    if target or form == "parquet":
        file = folder / f"done.{form}"
        if form == "parquet":
            store.to_parquet(file, progress.writing)
        else:
            _write_text(store, str(form), file, progress)
        if target:
            put(file, target)
        else:
            put_out(file)
        return
    progress.end()
    for _, text in _texts(store, form) if form else [(0, _preview(store))]:
        sys.stdout.write(text)


def _write_text(store: "Store", form: str, file: Path, progress: Progress) -> None:
    done = 0
    with file.open("w", encoding="utf-8", newline="") as out:
        for count, text in _texts(store, form):
            out.write(text)
            done += count
            progress.writing(done, store.count)


def _texts(store: "Store", form: str) -> Iterator[tuple[int, str]]:
    """Yield what is in a store as text, with how many events that is."""
    if form == "jsonl":
        yield from store.json_lines()
        return
    yield 0, csv_lines([[column.name for column in store.columns]])
    for rows in store.tuples():
        yield len(rows), csv_lines(rows)


def _preview(store: "Store") -> str:
    """Return the first events as a table for the terminal."""
    from tracekit.report.text import render_text  # noqa: PLC0415 - rich comes with it

    names = [column.name for column in store.columns]
    records: list[dict[str, Any]] = [
        dict(zip(names, row, strict=True)) for row in islice(next(store.tuples(), []), PREVIEW)
    ]
    for record in records:
        record["args"] = (record["args"] or "")[:SHOWN]
    value = {"schema": "tracekit.events/1", "events": records}
    width = shutil.get_terminal_size().columns
    return render_text(value, width, color=streams.colored(), account=False)


def _account(counts: "Counts", lines: int, seconds: float, target: Path | None) -> None:
    """Say on standard error what was read, and what was not."""
    where = f" -> {target}" if target else ""
    read = ", ".join(
        _number(count, word)
        for count, word in ((lines, "line"), (counts.calls, "call"), (counts.events, "event"))
    )
    streams.tell(f"{read}{where}; {seconds:.1f} s, {lines / max(seconds, 1e-3):,.0f} lines/s")
    streams.tell(
        f"{_number(counts.incomplete, 'incomplete call')}, {counts.in_progress:,} in progress at the end, "
        f"{_number(counts.unparsed, 'line')} that could not be read"
    )
    for bad in counts.first_unparsed:
        streams.tell(f"  {bad.file}:{bad.line}:{bad.column}: {bad.hint}")
    if (more := counts.unparsed - len(counts.first_unparsed)) > 0:
        streams.tell(f"  and {more:,} more: kind is 'unparsed' in the table")


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"

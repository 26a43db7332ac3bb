"""``tracekit doctor``: what this machine allows, and what to do about the rest."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, NamedTuple

import click
from rich.table import Table
from rich.text import Text

from tracekit.cli import installed
from tracekit.cli.commands import own
from tracekit.cli.headings import Grouped
from tracekit.cli.rendering import rendered
from tracekit.cli.tracing import process_options
from tracekit.errors import ExitCode, TracekitError
from tracekit.report.escape import visible
from tracekit.tracer import machine
from tracekit.tracer.machine import Finding, Prospect, Verdict
from tracekit.tracer.tasks.targets import Selection

SCHEMA = "tracekit.doctor/1"
_STYLES = {"yes": "green", "no": "bold red", "note": "dim"}


class _Row(NamedTuple):
    """One line of the report, and the lines below it."""

    group: str
    topic: str
    verdict: str
    text: str
    below: tuple[str, ...]


@click.command(cls=Grouped, short_help="What may be traced on this machine, and what to do about the rest?")
@process_options
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How to print it.",
)
def doctor(form: str, **chosen: Any) -> int:
    """Say what may be traced on this machine, and for each "no" what to type.

    It tries tracing on processes of its own. With -p PID, --name or --port it says of these processes
    whether attaching would work, and does not touch them. Exit code 0: it would; 4: not permitted.

    \b
    tracekit doctor
    tracekit doctor --name apache2
    """
    selection = Selection(**chosen)
    here = machine.look()
    found = machine.attempt()
    if selection == Selection():
        findings = [*machine.findings(here, found, machine.take_stock()), *_of_packages()]
        value = _about_machine(findings, possible=found.run == 0)
        rows = [_finding_row(one) for one in findings]
    else:
        pids = sorted({*selection.pids(), *selection.given})
        prospects = [machine.prospect(pid, here, found) for pid in pids]
        value = _about_processes(prospects)
        rows = [_prospect_row(one) for one in prospects]
    click.echo(_json(value) if form == "json" else _text(str(value["summary"]), rows), nl=False)
    return ExitCode.ANSWERED if value["verdict"] == "possible" else ExitCode.NOT_PERMITTED


def _about_machine(findings: list[Finding], *, possible: bool) -> dict[str, Any]:
    """Return what is said of the machine, as JSON has it."""
    denied = sum(one.verdict == Verdict.NO for one in findings)
    rest = f"with restrictions ({denied})" if denied else "and nothing stands in the way"
    return {
        "schema": SCHEMA,
        "verdict": "possible" if possible else "not permitted",
        "summary": f"tracing is possible here, {rest}" if possible else "tracing is not possible here",
        "findings": [asdict(one) for one in findings],
    }


def _of_packages() -> Iterator[Finding]:
    """Yield the answers that other packages bring; a broken one stands in the way of nothing else."""
    group, broken = "Answers of other packages", list[TracekitError]()
    for one in installed.usable(own(), broken.append):
        yield Finding(group, one.question.name, Verdict.YES, one.where)
    for error in broken:
        yield Finding(group, "left out", Verdict.NOTE, error.message, error.hint)


def _about_processes(prospects: list[Prospect]) -> dict[str, Any]:
    """Return what is said of processes, as JSON has it."""
    possible = [one for one in prospects if one.obstacle is None]
    return {
        "schema": SCHEMA,
        "verdict": "possible" if possible == prospects != [] else "not permitted",
        "summary": f"{len(possible)} of {len(prospects)} processes can be attached to",
        "processes": [
            {
                "pid": one.pid,
                "name": one.name,
                "verdict": Verdict.NO if one.obstacle else Verdict.YES,
                "cause": one.obstacle.cause if one.obstacle else None,
                "text": one.obstacle.message if one.obstacle else None,
                "remedy": one.obstacle.remedy if one.obstacle else None,
                "remarks": list(one.remarks),
            }
            for one in prospects
        ],
    }


def _finding_row(one: Finding) -> _Row:
    return _Row(one.group, one.topic, one.verdict, one.text, (f"-> {one.remedy}",) if one.remedy else ())


def _prospect_row(one: Prospect) -> _Row:
    if one.obstacle:
        return _Row("Processes", str(one.pid), "no", one.obstacle.message, (f"-> {one.obstacle.remedy}",))
    return _Row("Processes", str(one.pid), "yes", f"{one.name} can be attached to", one.remarks)


def _json(value: dict[str, Any]) -> str:
    """Return JSON in ASCII; names of processes may hold anything."""
    return json.dumps(value, indent=2).replace("\x7f", "\\u007f") + "\n"


def _text(summary: str, rows: Iterable[_Row]) -> str:
    """Return the report as text: folded for a terminal, a line each in a pipe."""
    shown = list(rows)
    topics = max((len(row.topic) for row in shown), default=0)
    parts: list[Text | Table] = [Text(f"tracekit doctor: {summary}", style="bold")]
    for group, table in _tables(shown, topics):
        parts += [Text(f"\n{group}", style="bold"), table]
    return rendered(*parts)


def _tables(rows: list[_Row], topics: int) -> Iterator[tuple[str, Table]]:
    """Yield each group's name and table; all have columns of the same width."""
    for group in dict.fromkeys(row.group for row in rows):
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=4)
        table.add_column(width=topics)
        table.add_column(overflow="fold")
        for row in rows:
            if row.group == group:
                verdict = Text(row.verdict, style=_STYLES[row.verdict])
                table.add_row(verdict, Text(visible(row.topic)), Text(visible(row.text)))
                for line in row.below:
                    table.add_row("", "", Text(visible(line), style="cyan"))
        yield group, table

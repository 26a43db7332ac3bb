"""What the trace does not show."""

from collections.abc import Sequence
from typing import Final

from tracekit.report.columns import TARGET, Record, Section, field, figure

REST: Final = " and {} more"


def _tasks(answer: Record, width: int, _plain: bool) -> list[str]:
    """Say which tasks were traced and which were not, a line each."""
    traced, missing = answer.get("traced_tids") or (), answer.get("untraced_tids") or ()
    lines = [
        _listed(f"{len(tids)} {word}:", tids, width)
        for tids, word in ((traced, "traced"), (missing, "not traced"))
        if tids
    ]
    if answer.get("untraced_unknown"):
        lines.append(f"{'more' if missing else 'some'} not traced, whose ids the trace does not tell")
    return lines


def _listed(line: str, tids: Sequence[int], width: int) -> str:
    """List as many ids behind a word as the line has room for; JSON has them all."""
    room = width - len(REST.format(len(tids)))
    for place, tid in enumerate(tids):
        if len(line) + len(f" {tid}") > room:
            return line + REST.format(len(tids) - place)
        line = f"{line} {tid}"
    return line


COVERAGE: Final[tuple[Section, ...]] = (
    Section(
        "What the trace does not show",
        "gaps",
        (
            field("kind", "kind"),
            field("loss", "loss"),
            field("what", "what", wide=TARGET),
            figure("count", "count", 3),
            field("answers that suffer", "effect", 2, wide=TARGET),
            field("next time", "hint", 1, wide=TARGET),
        ),
        none="Nothing is missing that could be told.",
        evidence=True,
        because="what",
    ),
    Section("Tasks", "untraced_unknown", drawing=_tasks),
)

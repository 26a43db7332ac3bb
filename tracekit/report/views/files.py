"""The files that were opened."""

from typing import Final

from tracekit.report.columns import PATH, Column, Record, Section, field, figure

KINDS = ("document", "program", "configuration", "log", "other", "device", "proc", "library")
"""The kinds of files, what a server is asked about first."""


def _rank(record: Record) -> int:
    kind = record.get("kind")
    return KINDS.index(kind) if kind in KINDS else len(KINDS)


FILES: Final[tuple[Section, ...]] = (
    Section(
        "Files",
        "files",
        none="The trace shows no file that was opened.",
        order=_rank,
        columns=(
            field("path", "path", wide=PATH),
            field("kind", "kind"),
            field("outside", "outside", 4),
            figure("opens", "opens"),
            figure("failed", "failures"),
            figure("read", "bytes_read", 1),
            figure("mapped", "bytes_mapped", 2),
            figure("written", "bytes_written", 1),
            field("changes", "changes", 4),
            Column("processes", lambda record: len(record.get("pids") or ()), number=True, rank=3),
            Column("requests", lambda record: len(record.get("requests") or ()), number=True, rank=2),
        ),
    ),
)

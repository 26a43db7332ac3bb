"""The files that were opened."""

from typing import Final

from tracekit.report.columns import PATH, Column, Record, Section, field, figure

KINDS = ("document", "program", "configuration", "log", "other", "device", "proc", "library")
"""The kinds of files, what a server is asked about first."""
LISTED: Final = 3
"""Ids that stand in a table; JSON and CSV have them all."""


def _rank(record: Record) -> int:
    kind = record.get("kind")
    return KINDS.index(kind) if kind in KINDS else len(KINDS)


def _placed(answer: Record) -> list[Record]:
    """Return the files with the first call that names each: its line, and of several logs which."""
    alone = len((answer.get("trace") or {}).get("files") or ()) == 1
    return [{**file, "at": _place(file, alone=alone)} for file in answer.get("files") or ()]


def _place(file: Record, *, alone: bool) -> str | None:
    first = next(iter(file.get("evidence") or ()), None)
    if first is None:
        return None
    return str(first["line"]) if alone else f"{first['file']}:{first['line']}"


def _ids(title: str, key: str, rank: int) -> Column:
    """Return a column of the first ids of many, and how many more there are."""

    def few(record: Record) -> str:
        ids = record.get(key) or ()
        more = f" +{len(ids) - LISTED}" if len(ids) > LISTED else ""
        return " ".join(map(str, ids[:LISTED])) + more

    return Column(title, few, rank=rank)


FILES: Final[tuple[Section, ...]] = (
    Section(
        "Files",
        "files",
        none="The trace shows no file that was opened.",
        order=_rank,
        arrange=_placed,
        columns=(
            field("path", "path", wide=PATH),
            field("kind", "kind"),
            field("outside", "outside", 5),
            figure("opens", "opens"),
            figure("failed", "failures"),
            field("errors", "errors", 5),
            figure("read", "bytes_read", 1),
            figure("mapped", "bytes_mapped", 4),
            figure("written", "bytes_written", 3),
            field("changes", "changes", 6),
            _ids("requests", "requests", 3),
            _ids("processes", "pids", 4),
            Column("first at line", lambda record: record.get("at"), number=True, rank=2),
        ),
    ),
)

"""The document roots."""

from typing import Final

from tracekit.report.columns import PATH, Section, field, figure

DOCROOT: Final[tuple[Section, ...]] = (
    Section(
        "Document roots",
        "docroots",
        (
            field("path", "path", wide=PATH),
            field("host", "host"),
            field("listener", "listen", 3),
            figure("requests", "requests", 2),
            figure("confidence", "confidence", 1),
        ),
        evidence=True,
        because="reason",
    ),
    Section(
        "Served from elsewhere",
        "aliases",
        (
            field("url", "url", wide=PATH),
            field("path", "path", wide=PATH),
            field("kind", "kind", 1),
            figure("requests", "requests", 2),
        ),
        evidence=True,
    ),
    Section(
        "Many targets, one file",
        "rewrites",
        (
            field("path", "path", wide=PATH),
            field("targets", "targets", 1, wide=PATH),
            figure("requests", "requests", 2),
        ),
        evidence=True,
    ),
    Section(
        "Undetermined",
        "undetermined",
        (
            field("host", "host"),
            field("listener", "listen", 2),
            figure("requests", "requests", 1),
            field("because", "reason", wide=PATH),
        ),
    ),
)

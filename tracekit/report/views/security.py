"""What requests reached."""

from typing import Final

from tracekit.report.columns import TARGET, Section, field, figure

SECURITY: Final[tuple[Section, ...]] = (
    Section(
        "What requests reached or tried to",
        "findings",
        (
            field("kind", "kind"),
            field("severity", "severity", 2),
            figure("request", "request"),
            field("client", "client", 4),
            field("target", "target", 1, wide=TARGET),
            field("path", "path", wide=TARGET),
            field("what", "what", 3, wide=TARGET),
            figure("count", "count", 5),
        ),
        evidence=True,
        because="what",
    ),
)

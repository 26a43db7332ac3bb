"""What the trace does not show."""

from typing import Final

from tracekit.report.columns import PATH, TARGET, Section, field, figure

COVERAGE: Final[tuple[Section, ...]] = (
    Section(
        "What the trace does not show",
        "gaps",
        (
            field("kind", "kind"),
            field("loss", "loss"),
            field("what", "what", wide=PATH),
            figure("count", "count", 3),
            field("answers that suffer", "effect", 2, wide=TARGET),
            field("next time", "hint", 1, wide=TARGET),
        ),
        none="Nothing is missing that could be told.",
        evidence=True,
    ),
)

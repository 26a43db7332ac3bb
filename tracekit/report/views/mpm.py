"""How the server works."""

from typing import Final

from tracekit.report.columns import PATH, Section, field, figure

MPM: Final[tuple[Section, ...]] = (
    Section(
        "What shows it",
        "findings",
        (field("finding", "finding", wide=PATH),),
        evidence=True,
    ),
    Section(
        "Processes",
        "members",
        (
            figure("pid", "pid"),
            field("role", "role"),
            figure("threads", "threads"),
            figure("accepted", "accepted"),
            figure("served", "served"),
        ),
    ),
)

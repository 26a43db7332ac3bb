"""The events themselves."""

from typing import Final

from tracekit.report.columns import PATH, Section, field, figure

EVENTS: Final[tuple[Section, ...]] = (
    Section(
        "The first events",
        "events",
        columns=(
            figure("line", "line", 2),
            figure("tid", "tid", 1),
            field("kind", "kind", 3),
            field("name", "name"),
            field("args", "args", wide=PATH),
            field("returned", "ret_text", 1),
        ),
    ),
)

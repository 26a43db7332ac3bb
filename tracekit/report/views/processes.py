"""Processes and threads: who they are, how many there were, and which crashed."""

from typing import Final

from tracekit.report.charts import growth_chart
from tracekit.report.columns import TARGET, Section, field, figure, moment
from tracekit.report.trees import task_tree

TIDS: Final = 12
"""Columns of the terminal that a list of tasks keeps at least."""

TASKS: Final[tuple[Section, ...]] = (
    Section(
        "Processes, each with its {threads}, below the one that made it",
        "processes",
        (
            field("task", "task"),
            field("role", "role"),
            figure("threads", "nlwp", 3),
            field("user", "user", 4),
            moment("started", "started_ns", 5),
            moment("ended", "ended_ns", 6),
            field("end", "exit", 2),
            field("command", "command", 1, wide=TARGET),
        ),
        arrange=task_tree,
    ),
)


SCALING: Final[tuple[Section, ...]] = (
    Section("Over time", "timeline", drawing=growth_chart),
    Section(
        "Steps",
        "steps",
        (
            moment("time", "time_ns"),
            figure("processes", "processes"),
            figure("came", "started"),
            figure("went", "ended"),
        ),
    ),
    Section(
        "Processes that were made",
        "spawns",
        (moment("time", "time_ns"), figure("parent", "parent"), figure("pid", "pid")),
    ),
)


CRASHES: Final[tuple[Section, ...]] = (
    Section(
        "Crashes (culprit and victims are threads; lost requests are ids of dispatch)",
        "crashes",
        (
            moment("time", "time_ns", 4),
            figure("pid", "pid"),
            field("signal", "signal"),
            figure("culprit", "culprit_tid"),
            field("victims", "victims", 1, wide=TIDS),
            field("survivors", "survivors", 2, wide=TIDS),
            figure("replaced by", "replacement_pid", 1),
            field("lost requests", "requests_lost", 3, wide=TIDS),
            figure("lost connections", "connections_lost", 5),
        ),
        none="The trace shows no process that crashed.",
        evidence=True,
        because="reason",
    ),
    Section(
        "Other ends of the server's processes",
        "exits",
        (
            moment("time", "time_ns", 2),
            figure("pid", "pid"),
            field("role", "role", 1),
            field("end", "exit"),
            field("because", "because"),
        ),
    ),
)

"""CSV for spreadsheets: a line a check, and everything about it on that line."""

from tracekit.lab.score import Score
from tracekit.report.tables import csv_lines

HEADING = (
    *("student", "course", "form", "state", "exercise", "check", "title", "public", "outcome", "points"),
    *("of", "reason", "percent of all", "problems", "notes"),
)


def write(score: Score) -> str:
    """Return a score as CSV; one without checks is a line without one. Lines end as in every other form."""
    about = (score.student, score.course, score.form, score.state)
    end = (score.percent, "; ".join(score.problems), "; ".join(score.notes))
    rows = [
        (
            *(check.exercise, check.name, check.title, "yes" if check.public else "no", check.outcome),
            *(float(check.points), float(check.of), check.reason),
        )
        for check in score.checks
    ] or [("", "", "", "", "", 0, 0, "")]
    return csv_lines([HEADING, *((*about, *row, *end) for row in rows)]).replace("\r\n", "\n")

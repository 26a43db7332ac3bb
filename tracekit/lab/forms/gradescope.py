"""Gradescope's results.json, with the members of its "Autograder Specifications"."""

import json
from typing import Any

from tracekit.lab.forms.words import remarks, why
from tracekit.lab.score import SCHEMA, Check, Score


def write(score: Score) -> str:
    """Return a score as results.json. Hidden checks are shown to students when grades are published."""
    record = {
        "score": float(score.points),
        "output": "\n".join(remarks(score)),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"schema": SCHEMA, "state": score.state, "percent": score.percent},
        "tests": [
            _test(check, f"{nth}.{number}")
            for nth, part in enumerate(score.by_exercise().values(), 1)
            for number, check in enumerate(part.judged, 1)
        ],
    }
    return json.dumps(record, indent=1) + "\n"


def _test(check: Check, number: str) -> dict[str, Any]:
    return {
        "name": f"{check.exercise}: {check.title}",
        "name_format": "text",
        "number": number,
        "score": float(check.points),
        "max_score": float(check.of),
        "status": "passed" if check.outcome == "passed" else "failed",
        "output": why(check),
        "output_format": "text",
        "visibility": "visible" if check.public else "after_published",
        "tags": [check.exercise],
        "extra_data": {"outcome": check.outcome},
    }

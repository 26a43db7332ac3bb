"""GitHub Classroom: what its autograding reporter takes from a runner, JSON in Base64 on one line.

``status`` is ``pass``, ``fail`` or ``error``; the reporter adds up the scores of the tests.
"""

import base64
import json
from typing import Any, Final

from tracekit.lab.forms.words import problems, why
from tracekit.lab.score import Check, Score

VERSION: Final = 1
_STATUS: Final = {"passed": "pass", "not judged": "error"}


def write(score: Score) -> str:
    """Return a score as the reporter reads it from a variable."""
    tests = [_test(check) for check in score.judged]
    for problem in problems(score):
        status = "error" if score.state == "grader error" else "fail"
        tests.append({"name": "submission", "status": status, "score": 0, "message": problem})
    statuses = {test["status"] for test in tests}
    status = "error" if "error" in statuses else "fail" if "fail" in statuses else "pass"
    record = {"version": VERSION, "status": status, "max_score": float(score.of), "tests": tests}
    return base64.b64encode(json.dumps(record).encode()).decode() + "\n"


def _test(check: Check) -> dict[str, Any]:
    return {
        "name": f"{check.exercise}: {check.title}",
        "status": _STATUS.get(check.outcome, "fail"),
        "score": float(check.points),
        "message": why(check),
    }

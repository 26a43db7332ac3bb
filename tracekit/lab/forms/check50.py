"""JSON like check50's (its "JSON specification"): passed is true, false, or null where nothing was judged.

There is no ``expected`` in a cause: it would be the key.
"""

import json
from typing import Any, Final

from tracekit import __version__
from tracekit.lab.forms.words import STATES, problems, why
from tracekit.lab.score import Check, Score

_PASSED: Final = {"passed": True, "partly": False, "failed": False}


def write(score: Score) -> str:
    """Return a score as check50 would."""
    record: dict[str, Any] = {
        "slug": "/".join(filter(None, ("tracekit", "lab", score.course))),
        "results": [_result(check) for check in score.judged],
        "version": __version__,
    }
    if score.state in STATES:
        value = "; ".join(problems(score))
        record["error"] = {"type": score.state, "value": value, "traceback": [], "data": {}}
    return json.dumps(record, indent=1) + "\n"


def _result(check: Check) -> dict[str, Any]:
    rationale = why(check)
    return {
        "name": f"{check.exercise}.{check.name}",
        "description": check.title,
        "passed": _PASSED.get(check.outcome),
        "log": [],
        "cause": {"rationale": rationale, "help": None} if rationale else None,
        "data": {"points": float(check.points), "of": float(check.of), "outcome": check.outcome},
        "dependency": f"{check.exercise}.{check.needs[0]}" if check.needs else None,
    }

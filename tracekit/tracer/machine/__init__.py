"""What this machine lets us trace, why not more, and what to do about it."""

from tracekit.tracer.kernel.facts import Machine, look
from tracekit.tracer.machine.findings import Finding, Verdict, findings
from tracekit.tracer.machine.means import Means, take_stock
from tracekit.tracer.machine.obstacles import Obstacle, explain
from tracekit.tracer.machine.prospects import Prospect, prospect
from tracekit.tracer.machine.trial import Trial, attempt

__all__ = [
    "Finding",
    "Machine",
    "Means",
    "Obstacle",
    "Prospect",
    "Trial",
    "Verdict",
    "attempt",
    "explain",
    "findings",
    "look",
    "prospect",
    "take_stock",
]

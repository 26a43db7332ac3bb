"""What did requests reach that they should not?"""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, Final

from tracekit.analyzers.answer import FOUND, UNDETERMINED, Judged, counted
from tracekit.analyzers.docroot import Docroot
from tracekit.analyzers.gaps.find import gaps
from tracekit.analyzers.gaps.gap import MISSING
from tracekit.analyzers.questions import SECURITY
from tracekit.analyzers.reach.changing import changed
from tracekit.analyzers.reach.finding import TRAVERSAL, Finding
from tracekit.analyzers.reach.outside import outside
from tracekit.analyzers.reach.places import Places, places
from tracekit.analyzers.reach.secrets import secrets
from tracekit.analyzers.state.observe import observe
from tracekit.analyzers.state.state import State
from tracekit.events import Trace, without_collection

NOTHING: Final = "nothing"
HIDING: Final = frozenset({"tasks", "connections", "calls", "addresses"})
"""Gaps of a trace behind which something can have happened that is looked for here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityAnswer(Judged):
    """What was reached, and what the trace does not tell.

    Attributes:
        verdict: found, nothing or undetermined; an attempt that reached nothing is nothing.
        reason: why, in a sentence.
        findings: in the order of the requests, then the secrets.
        undetermined: what cannot be said, a sentence each; it may stand beside findings.
    """

    name: ClassVar[str] = SECURITY.name
    reason: str
    findings: tuple[Finding, ...]
    undetermined: tuple[str, ...]


class Security:
    """Finds files, programs, changes and secrets that requests should not have led to."""

    name: ClassVar[str] = SECURITY.name
    question: ClassVar[str] = SECURITY.question
    needs: ClassVar[frozenset[str]] = SECURITY.needs

    @without_collection()
    def answer(self, trace: Trace) -> SecurityAnswer:
        """Answer from the requests of a trace, and what was done for them."""
        state = observe(trace)
        allowed = places(state, Docroot().answer(trace))
        by_request = [*outside(state, allowed), *changed(state, allowed)]
        by_request.sort(key=lambda one: one.request or 0)
        found = (*by_request, *secrets(trace, state))
        left = tuple(_undetermined(state, trace, allowed))
        attempts = Counter(one.reached for one in found if one.kind == TRAVERSAL)
        if attempts[None]:
            tried = counted(attempts[None], "attempt")
            left = (*left, f"whether {tried} to leave the root sent a file is not told")
        reached = sum(one.reached is True for one in found)
        verdict = FOUND if reached else UNDETERMINED if left else NOTHING
        return SecurityAnswer(
            verdict=verdict,
            reason="; ".join((_in_numbers(reached, attempts[False], len(state.requests)), *left)),
            findings=found,
            undetermined=left,
            trace=trace.summary(),
        )


def _in_numbers(reached: int, attempts: int, requests: int) -> str:
    """Return what was found in numbers."""
    found = counted(reached, "finding") if reached else "no findings"
    tried = (
        f", and {counted(attempts, 'attempt')} to leave the document root reached nothing" if attempts else ""
    )
    return f"{counted(requests, 'request')}: {found}{tried}"


def _undetermined(state: State, trace: Trace, allowed: Places) -> list[str]:
    """Return what the trace does not tell, a sentence each."""
    said = [] if state.requests else ["the trace shows no request"]
    said += [state.encrypted] if state.encrypted else []
    if state.requests and not allowed.roots:
        said.append("no document root is known, so what lies outside is not told")
    said += [gap.what for gap in gaps(trace) if gap.loss == MISSING and gap.kind in HIDING]
    return said

"""Was the trace complete? What must have been there and is not in it, and which answers suffer."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, Final

from tracekit.analyzers.answer import EVIDENCE_LIMIT, UNKNOWN, Evidence, Judged, evidence
from tracekit.analyzers.gaps.find import gaps
from tracekit.analyzers.gaps.gap import DETAIL, MISSING, POSSIBLE, Gap
from tracekit.analyzers.gaps.tasks import tids_of
from tracekit.analyzers.questions import COVERAGE
from tracekit.events import Trace

COMPLETE: Final = "complete"
PARTIAL: Final = "partial"


@dataclass(frozen=True, slots=True)
class Lacking:
    """One thing that the trace does not show.

    Attributes:
        kind: tasks, connections, calls, addresses, strings, unreadable, beginning, end, times, order
            or invisible.
        loss: missing (it was there), possible (it may have been there) or detail (calls do not say all).
        what: in a sentence.
        count: how many; None where that cannot be counted.
        effect: the answers that suffer.
        hint: what to do next time.
        evidence: the first calls that show it.
    """

    kind: str
    loss: str
    what: str
    count: int | None
    effect: tuple[str, ...]
    hint: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageAnswer(Judged):
    """Whether a trace is complete, and what is not in it.

    Attributes:
        verdict: complete, partial or unknown.
        reason: why, in a sentence.
        traced_tids: the tasks of which there is a line.
        untraced_tids: tasks that must have been there and have none.
        untraced_unknown: True when there were more, whose ids are not known.
        gaps: what is not in the trace, the worst first.
        evidence: of what makes it partial or unknown.
    """

    name: ClassVar[str] = COVERAGE.name
    reason: str
    traced_tids: tuple[int, ...]
    untraced_tids: tuple[int, ...]
    untraced_unknown: bool
    gaps: tuple[Lacking, ...]
    evidence: tuple[Evidence, ...]


class Coverage:
    """Tells what is not in a trace from what must have been there."""

    name: ClassVar[str] = COVERAGE.name
    question: ClassVar[str] = COVERAGE.question
    needs: ClassVar[frozenset[str]] = COVERAGE.needs

    def answer(self, trace: Trace) -> CoverageAnswer:
        """Answer from a trace."""
        found = sorted(gaps(trace), key=lambda gap: (MISSING, POSSIBLE, DETAIL).index(gap.loss))
        verdict, why = judge(found, trace)
        lacking = tuple(map(_lacking, found))
        deciding = [one for one in lacking if one.loss == (MISSING if verdict == PARTIAL else POSSIBLE)]
        tasks = [gap for gap in found if gap.kind == "tasks" and gap.loss == MISSING]
        return CoverageAnswer(
            verdict=verdict,
            reason=why,
            traced_tids=tuple(tids_of(trace)),
            untraced_tids=tuple(sorted({tid for gap in tasks for tid in gap.tids})),
            untraced_unknown=any(not gap.tids for gap in tasks),
            gaps=lacking,
            evidence=tuple(dict.fromkeys(proof for one in deciding for proof in one.evidence)),
            trace=trace.summary(),
        )


def judge(found: list[Gap], trace: Trace) -> tuple[str, str]:
    """Return the verdict, and why.

    Details that calls do not say (cut strings, times) leave a trace complete: all tasks and calls are in it.
    """
    losses = Counter(gap.loss for gap in found)
    if not trace.calls:
        return UNKNOWN, "the trace has no calls"
    for loss, verdict in ((MISSING, PARTIAL), (POSSIBLE, UNKNOWN)):
        if losses[loss]:
            return verdict, "; ".join(gap.what for gap in found if gap.loss == loss)
    which = "the calls that were asked for" if any(gap.kind == "calls" for gap in found) else "all calls"
    return COMPLETE, f"every task was traced to its end, or to that of the trace, with {which}"


def _lacking(gap: Gap) -> Lacking:
    shown = tuple(map(evidence, gap.rows[:EVIDENCE_LIMIT]))
    return Lacking(gap.kind, gap.loss, gap.what, gap.count, gap.effect, gap.hint, shown)

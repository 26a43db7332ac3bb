"""What was answered at all: a check begins here, so that none passes on an absent answer."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from tracekit.lab.answers import Cited, Row
from tracekit.lab.evidence import Call, Evidence
from tracekit.lab.submissions import TRACE


def answered(answers: Row, *names: str) -> None:
    """Fail unless each of the fields has an answer."""
    missing = [name for name in names if answers[name] is None]
    assert not missing, f"not answered, or not as it has to be written: {', '.join(missing)}"


def any_answered(rows: Mapping[str, Row]) -> bool:
    """Tell whether anything but what is filled in was answered in a table."""
    return any(
        value is not None for row in rows.values() for name, value in row.values.items() if name != "target"
    )


def in_trace(evidence: Evidence, ids: Iterable[int], what: str) -> None:
    """Fail unless each id leads lines of the trace, or is given back by a call of it."""
    for number in ids:
        assert number in evidence.tids or evidence.returned(number), (
            f"an id that you name as {what} does not occur in the trace"
        )


def cited(answers: Row, evidence: Evidence, name: str = "evidence") -> list[Call]:
    """Return the events that the lines of a field are about; fail when a line is about none."""
    lines: Sequence[Cited] = answers[name] or ()
    calls = []
    for one in lines:
        assert one.file in ("", TRACE), f"line {one.line}: what is cited has to stand in {TRACE}"
        call = call_at(evidence, one.line)
        assert one.tid in (None, call.tid), f"line {one.line}: it is of another thread than you say"
        if call not in calls:
            calls.append(call)
    return calls


def call_at(evidence: Evidence, line: int) -> Call:
    """Return the event that a line is about; fail when it is about none."""
    call = evidence.call(line)
    assert call is not None, f"line {line}: the trace has no such line, or it holds no event"
    return call


def of_list(named: Collection[int], right: Collection[int], what: str) -> str:
    """Return what kind of thing is wrong with a list, without a number of the key."""
    hits = set(named) & set(right)
    if not hits:
        return f"none of these are {what}"
    missing = "some are missing" if len(hits) < len(set(right)) else ""
    wrong = "some are wrong" if set(named) - set(right) else ""
    order = "" if missing or wrong or tuple(named) == tuple(right) else "the order may matter"
    return f"{what}: " + (" and ".join(filter(None, (missing, wrong))) or order or "all there")

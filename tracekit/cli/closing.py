"""What is said at the end of a trace: what it took in, and what it missed."""

from collections.abc import Callable

from tracekit.cli import streams
from tracekit.tracer.counts import Counts

_MISSED = {
    "cut": ("call", "still running at the end"),
    "unseen": ("call", "lost with a task that was killed"),
    "left": ("task", "left to the kernel before it could be let go of"),
    "unwritten": ("entry", "not written"),
    "unmoved": ("task", "not on tracekit's core"),
}
"""What can be missing, by the count that tells how often."""
_PLURALS = {"entry": "entries"}


def teller(output: str | None) -> Callable[[Counts], None]:
    """Return who says on standard error what a trace in this file has and has not, if it has begun."""

    def tell(counts: Counts) -> None:
        if not counts.tasks:
            return
        where = f" -> {output}" if output else ""
        whole = ", ".join(
            number(count, word)
            for count, word in (
                (counts.tasks, "task"),
                (counts.events, "event"),
                (counts.calls, "call"),
                (counts.signals, "signal"),
            )
        )
        streams.tell(whole + where)
        if missed := _missed(counts):
            streams.tell(f"missed: {'; '.join(missed)}")
        for refused in counts.refused:
            streams.tell(f"not traced: {refused}")

    return tell


def _missed(counts: Counts) -> list[str]:
    return [
        f"{number(count, word)} {what}"
        for key, (word, what) in _MISSED.items()
        if (count := getattr(counts, key))
    ]


def number(count: int, word: str) -> str:
    """Return a count with its word: ``1 task``, ``2 tasks``."""
    return f"{count} {word if count == 1 else _PLURALS.get(word, word + 's')}"

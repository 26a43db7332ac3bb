"""Threads that nobody names: a wake that woke somebody, and a wait that somebody ended (futex(2))."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from tracekit.analyzers.answer import counted
from tracekit.analyzers.gaps.gap import ALL, MISSING, Gap
from tracekit.analyzers.gaps.select import called
from tracekit.analyzers.gaps.tasks import FOLLOW
from tracekit.events import Row, Trace
from tracekit.syscalls.families import names_of

FUTEX: Final = names_of("futex")
WAKING: Final = ("FUTEX_WAKE", "FUTEX_REQUEUE", "FUTEX_CMP_REQUEUE", "FUTEX_UNLOCK_PI")
PLAIN: Final = ("FUTEX_WAKE_PRIVATE", "FUTEX_WAKE,", "FUTEX_WAKE_BITSET")
RESUMED: Final = ("restart_syscall", "futex_waitv", "futex_wait", "futex_wake", "futex_requeue", "???")
"""Calls whose address is not known here: where there are any, a lack of waits proves nothing."""
FEW: Final = 2
"""A single wake without its waiter can be one that the attach took from it."""


def threads_missing(trace: Trace) -> Iterator[Gap]:
    """Yield what shows that traced threads woke others, or were woken by others, that were not traced."""
    waits, wakes, moved = defaultdict[str, list[Row]](list), defaultdict[str, list[Row]](list), set[str]()
    for row in called(trace, FUTEX):
        address, _, rest = (row.args or "").partition(", ")
        others = [word for word in rest.split(", ") if word.startswith("0x")]
        if rest.startswith(("FUTEX_WAIT", "FUTEX_LOCK_PI")):
            waits[address].append(row)
        elif rest.startswith(WAKING):
            wakes[address].append(row)
            moved.update(others)
    woke = [
        row
        for address, rows in wakes.items()
        if address not in waits and address not in moved
        for row in rows
        if (row.ret or 0) > 0 and (row.args or "").partition(", ")[2].startswith(PLAIN)
    ]
    if called(trace, RESUMED):
        woke = []
    ended = [
        row
        for address, rows in waits.items()
        if address not in wakes and address not in moved
        for row in rows
        if row.ret == 0 and "FUTEX_WAIT" in (row.args or "") and "_PRIVATE" in (row.args or "")
    ]
    if len(woke) >= FEW:
        what = (
            f"{len(woke)} wakes woke threads that wait on {counted(_count(woke), 'address', 'addresses')} "
            "where no traced one does"
        )
        yield Gap("tasks", MISSING, what, None, ALL, FOLLOW, tuple(woke))
    if len(ended) >= FEW:
        what = f"{len(ended)} waits of threads were ended by threads that were not traced"
        yield Gap("tasks", MISSING, what, None, ALL, FOLLOW, tuple(ended))


def _count(rows: list[Row]) -> int:
    return len({(row.args or "").partition(",")[0] for row in rows})

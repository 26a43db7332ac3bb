"""The few events of a trace that tell which tasks there are."""

from typing import Final

import numpy as np
import numpy.typing as npt

from tracekit.analyzers.state import task_calls
from tracekit.analyzers.state.foreign import foreign_tasks
from tracekit.events import Trace

LIVING: Final = ("syscall", "signal", "exit", "exec", "attach")
"""The kinds of events that show that a task is there."""
NOBODY: Final = -1


def chosen(trace: Trace) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Return which events tell of tasks, and the places of the last event of each task.

    They are the calls that do, what is no call, and the first event of each task.
    """
    events = trace.events
    kinds = events["kind"].astype(str).to_numpy()
    living = np.flatnonzero(np.isin(kinds, LIVING))
    tids = events["tid"].fillna(NOBODY).to_numpy(dtype=np.int64)[living]
    order = np.argsort(tids, kind="stable")
    ended = (kinds[living] == "exit")[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (np.diff(tids[order]) != 0) | ended[:-1]
    places = living[order]
    telling = events["name"].isin(task_calls.meanings()).to_numpy() & (kinds == "syscall")
    telling |= (kinds != "syscall") & (kinds != "unparsed")
    telling[places[begins]] = True
    forged = foreign_tasks(trace)
    if forged:
        telling &= ~events["tid"].isin(forged).to_numpy(dtype=bool)
    last = np.roll(begins, -1) if len(begins) else begins
    return telling, places[last]


def foreign(trace: Trace) -> bool:
    """Tell whether programs know themselves by other numbers than the log: another PID namespace."""
    own = trace.events[trace.events["name"] == "gettid"]
    return bool((own["ret"] != own["tid"]).fillna(False).any())

"""Events as numpy has them: an array a column, named as in the schema, masked where integers are missing."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tracekit.events.columns import Columns, Integers
from tracekit.stream.dictionary import Encoded
from tracekit.stream.rows import KINDS, MISSING


def arrays_of(events: Columns, forms: Encoded) -> dict[str, Any]:
    """Return the columns of events, and column and hint of those that could not be read, or not whole.

    Args:
        events: the events; their forms do not matter.
        forms: the forms.
    """
    says, name, args, ret, ret_text, errno, _ = forms.fields
    rows = np.frombuffer(forms.codes, dtype=np.int32)
    return {
        "kind": _objects([KINDS.get(each, "syscall") for each in says])[rows],
        "time_ns": known(events.times),
        "tid": known(events.tids),
        "name": _objects(name)[rows],
        "args": _objects(args)[rows],
        "ret": _optional(ret)[rows],
        "ret_text": _objects(ret_text)[rows],
        "errno": _objects(errno)[rows],
        "duration_ns": known(events.durations),
        "file": _objects(events.names)[events.files],
        "line": events.lines,
        "end_line": events.ends,
        **_remarks(events),
    }


def known(values: Integers) -> Any:
    """Return integers with a mask over what is missing."""
    return np.ma.MaskedArray(values, values == MISSING)


def _remarks(events: Columns) -> dict[str, Any]:
    complete, hint = np.ones(len(events), dtype=bool), np.full(len(events), None, dtype=object)
    column = np.full(len(events), MISSING)
    for place, odd in events.odd.items():
        complete[place], hint[place] = odd.complete, odd.hint
        column[place] = MISSING if odd.column is None else odd.column
    return {"complete": complete, "column": known(column), "hint": hint}


def _optional(values: Sequence[int | None]) -> Any:
    missing = [value is None for value in values]
    return np.ma.MaskedArray(np.array([value or 0 for value in values], dtype=np.int64), missing)


def _objects(values: Sequence[Any]) -> Any:
    return np.array(values, dtype=object)

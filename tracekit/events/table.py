"""Events to a table: one column a field, with the dtypes of the schema."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from tracekit.events.groups import Groups
from tracekit.events.schema import STORED, UNPARSED
from tracekit.stream import Event

DTYPES = {column.name: column.dtype for column in STORED}


def events_table(events: Sequence[Event], groups: Groups) -> pd.DataFrame:
    """Return the events as rows, in the order given; columns and dtypes as in ``schema.STORED``."""
    columns: dict[str, Any] = {
        "seq": np.arange(len(events), dtype="int64"),
        "pid": _column("pid", [groups.pid(event.tid) for event in events]),
        "pid_known": np.array([groups.is_known(event.tid) for event in events], dtype=bool),
    }
    for name in DTYPES:
        if name not in columns:
            columns[name] = _column(name, [getattr(event, name) for event in events])
    return pd.DataFrame({name: columns[name] for name in DTYPES})


def unparsed_table(events: Sequence[Event]) -> pd.DataFrame:
    """Return the lines that could not be read; columns as in ``schema.UNPARSED``."""
    rows = [(e.file, e.line, e.column or 1, e.args, e.hint or "") for e in events if e.kind == "unparsed"]
    table = pd.DataFrame.from_records(rows, columns=[column.name for column in UNPARSED])
    return table.astype({column.name: column.dtype for column in UNPARSED})


def _column(name: str, values: list[Any]) -> Any:
    dtype = DTYPES[name]
    if dtype == "Int64":
        missing = np.array([value is None for value in values], dtype=bool)
        filled = np.array([0 if value is None else value for value in values], dtype="int64")
        return pd.arrays.IntegerArray(filled, missing)
    if dtype == "category":
        return pd.Categorical(values)
    if dtype == "str":
        return pd.array(values, dtype="str")
    return np.array(values, dtype=dtype)

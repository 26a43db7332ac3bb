"""Events to a table: one column a field, with the dtypes of the schema."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from tracekit.events.columns import Columns, Integers
from tracekit.events.groups import Groups
from tracekit.events.schema import STORED, UNPARSED
from tracekit.stream.forms import Says
from tracekit.stream.rows import KINDS, MISSING

KIND_NAMES = ("syscall", *KINDS.values())
KIND_CODES = {says: KIND_NAMES.index(KINDS.get(says, "syscall")) for says in Says}
TEXTS = ("name", "args", "ret_text", "errno")


def events_table(events: Columns, groups: Groups) -> pd.DataFrame:
    """Return the events as rows, in the order given; columns and dtypes as in ``schema.STORED``."""
    says, name, args, ret, ret_text, errno, *_ = zip(*events.forms, strict=True) if events.forms else [()] * 7
    pids, known = groups.of_events(events.tids)
    columns: dict[str, Any] = {
        "seq": np.arange(len(events)),
        "kind": _category(np.array([KIND_CODES[each] for each in says], dtype="int8"), KIND_NAMES),
        "time_ns": _known(events.times),
        "pid": _known(pids),
        "pid_known": known,
        "tid": _known(events.tids),
        "name": pd.array(name, dtype="str"),
        "args": pd.array(args, dtype="str"),
        "ret": _optional(ret),
        "ret_text": pd.array(ret_text, dtype="str"),
        "errno": pd.array(errno, dtype="str"),
        "duration_ns": _known(events.durations),
        "complete": _complete(events),
        "file": _category(events.files, events.names),
        "line": events.lines,
        "end_line": events.ends,
    }
    return pd.DataFrame({column.name: columns[column.name] for column in STORED}, copy=False)


def unparsed_table(events: Columns) -> pd.DataFrame:
    """Return the lines that could not be read; columns as in ``schema.UNPARSED``."""
    numbers = events.unparsed()
    said = [events.odd[number] for number in numbers]
    columns: dict[str, Any] = {
        "file": pd.array([events.names[events.files[number]] for number in numbers], dtype="str"),
        "line": events.lines[numbers],
        "column": np.array([odd.column or 1 for odd in said], dtype="int64"),
        "text": pd.array([_shown(events.forms[number].args or "") for number in numbers], dtype="str"),
        "hint": pd.array([odd.hint or "" for odd in said], dtype="str"),
    }
    return pd.DataFrame({column.name: columns[column.name] for column in UNPARSED})


def _shown(text: str) -> str:
    r"""Return a text with what does not show written out (``\x1b``): pandas prints texts as they are."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _known(values: Integers) -> Any:
    return pd.arrays.IntegerArray(values, values == MISSING)


def _optional(values: Sequence[int | None]) -> Any:
    missing = np.array([value is None for value in values], dtype=bool)
    return pd.arrays.IntegerArray(np.array([value or 0 for value in values], dtype="int64"), missing)


def _category(codes: Any, names: Sequence[str]) -> Any:
    """Return numbers of names as a column of the names that occur, sorted as pandas would."""
    used = sorted({names[code] for code in np.unique(codes).tolist()})
    places = np.array([used.index(name) if name in used else -1 for name in names], dtype="int64")
    return pd.Categorical.from_codes(places[codes], categories=pd.Index(used, dtype="str"))


def _complete(events: Columns) -> Any:
    complete = np.ones(len(events), dtype=bool)
    complete[[number for number, odd in events.odd.items() if not odd.complete]] = False
    return complete

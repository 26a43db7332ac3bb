"""The markers of checks, and what they say of one."""

from decimal import Decimal
from typing import Final

import pytest

from tracekit.lab.checking.findings import Finding, function
from tracekit.lab.score import exact

MARKERS: Final = (
    "points(n): what the check is worth; 0 without it",
    "depends(name, ...): skip the check unless these, of the same file, have earned something",
    "public: students can run the check, without the key",
    "limit(seconds): how long the check may take; what takes longer is not judged",
)


def finding_of(item: pytest.Function) -> Finding:
    """Return what a check's markers and docstring say.

    Raises:
        pytest.UsageError: a marker is not as it has to be.
    """
    marks = {name: item.get_closest_marker(name) for name in ("points", "limit")}
    needs = [name for mark in item.iter_markers("depends") for name in mark.args]
    try:
        of = exact(marks["points"].args[0]) if marks["points"] else Decimal()
        seconds = float(marks["limit"].args[0]) if marks["limit"] else None
    except (IndexError, TypeError, ValueError, OverflowError) as error:
        raise pytest.UsageError(f"{item.nodeid}: points and limit take a number") from error
    if of < 0:
        raise pytest.UsageError(f"{item.nodeid}: points are from 0")
    if seconds:
        item.add_marker(pytest.mark.timeout(seconds, method="signal"))
    return Finding(_name(item), _title(item), of, item.get_closest_marker("public") is not None, tuple(needs))


def _name(item: pytest.Function) -> str:
    """Return what tells a check from others of its file: class, function, parameters."""
    return "::".join(
        node.name for node in item.listchain() if isinstance(node, pytest.Class | pytest.Function)
    )


def _title(item: pytest.Function) -> str:
    """Return the first line of the docstring, or else the name in words."""
    lines = (item.function.__doc__ or "").strip().splitlines()
    return lines[0] if lines else function(item.name).removeprefix("test_").replace("_", " ")


def in_order(items: list[tuple[pytest.Item, Finding]]) -> list[tuple[pytest.Item, Finding]]:
    """Return the checks of a file so that each comes after those that it depends on, else as they stand.

    Raises:
        pytest.UsageError: one depends on a check that is not there, or on itself.
    """
    names = {function(finding.name) for _, finding in items}
    for item, finding in items:
        for needed in finding.needs:
            if needed not in names:
                raise pytest.UsageError(f"{item.nodeid}: there is no {needed!r} in its file to depend on")
    ordered: list[tuple[pytest.Item, Finding]] = []
    waiting = list(items)
    while waiting:
        blocked = {function(finding.name) for _, finding in waiting}
        ready = [one for one in waiting if not blocked & set(one[1].needs)]
        if not ready:
            raise pytest.UsageError(f"{waiting[0][0].nodeid}: checks depend on each other in a circle")
        first = ready[0]
        ordered.append(first)
        waiting.remove(first)
    return ordered

"""Whether a scene that was recorded can be used: its truth is whole, and its text can be rewritten."""

from collections.abc import Iterator, Sequence
from typing import Final

from tests.support.recording.lab_plan import Plan
from tests.support.recording.lab_tokens import ambiguities, leaders
from tracekit.lab.truth import Truth

FOREIGN: Final = ("/work", "/root/", "/home/", "pyenv", "/tmp/")
"""Beginnings of paths that are not a scene's."""


def flaws(plan: Plan, truth: Truth, lines: Sequence[str], strangers: Sequence[str]) -> list[str]:
    """Return what is wrong with a scene."""
    return [
        *(f"foreign: {line}" for line in lines if any(word in line for word in (*FOREIGN, *strangers))),
        *ambiguities(lines, truth.tokens),
        *_people(plan, truth, lines),
        *_spread(plan, truth),
    ]


def _people(plan: Plan, truth: Truth, lines: Sequence[str]) -> Iterator[str]:
    """Every thread of the trace is known, and every process has what the configuration gives it."""
    known = {str(thread.tid) for process in truth.processes for thread in process.threads}
    if unknown := leaders(lines) - known:
        yield f"never seen in /proc: {sorted(unknown)}"
    for one in truth.workers():
        roles = [thread.role for thread in one.threads if thread.role != "starter"]
        if len(roles) != plan.size or (plan.size > 1 and roles.count("listener") != 1):
            yield f"process {one.pid} has {roles}"
    if truth.coverage and leaders(lines) != {str(tid) for tid in truth.coverage.traced}:
        yield f"lines of {sorted(leaders(lines))}, traced {truth.coverage.traced}"


def _spread(plan: Plan, truth: Truth) -> Iterator[str]:
    """The requests of a site are served by several processes and threads."""
    if plan.kind == "site" and len({one.pid for one in truth.requests}) < min(
        3, plan.numbers["StartServers"]
    ):
        yield "too few processes serve"
    if plan.kind == "site" and len({one.tid for one in truth.requests}) < 4:
        yield "too few threads serve"

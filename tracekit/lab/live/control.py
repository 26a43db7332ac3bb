"""A student's server: starting it, finding it, ending it, and making one of its threads crash."""

import os
from pathlib import Path
from typing import Any, Final

from tracekit.errors import TracekitError, UsageError
from tracekit.lab.live import configuration, proc, records, spawning
from tracekit.lab.live.assignment import Assignment
from tracekit.lab.live.keeper import CRASH
from tracekit.lab.live.launching import Where, launch, wait
from tracekit.lab.live.site import plan
from tracekit.lab.seeds import Secret

KEEPER_S: Final = 10.0
"""For a keeper to write down the end of its server."""


def start_live(assignment: Assignment, secret: Secret, keys: Path | None = None) -> Where:
    """Start the server of an exercise, and its keeper; return when it has answered.

    Args:
        assignment: whose server, and which.
        secret: the course's.
        keys: the key store.

    Raises:
        UsageError: it runs already; or there is no such server here.
        NotPermittedError: it takes root.
        TracekitError: it does not start.
    """
    place = records.folder(assignment.checked(), keys)
    if running := where(assignment, keys):
        raise UsageError(
            f"the server of {assignment.exercise.name} runs already, on {running.url}, pid {running.pid}",
            "tracekit lab stop ends it, if you want a new one",
        )
    exercise = assignment.exercise
    chance = secret.chance(assignment.course, assignment.student, exercise.name)
    site = plan(exercise.name, exercise.kind, exercise.questions, chance, configuration.base())
    victim = (chance.below(1000), chance.below(1000))
    return launch(site, assignment.server, place, records.sealing_key(secret, assignment), victim)


def where(assignment: Assignment, keys: Path | None = None) -> Where | None:
    """Return where the server of an exercise runs, or None."""
    state = _state(assignment, keys)
    return None if state is None else _where(state)


def stop_live(assignment: Assignment, keys: Path | None = None) -> None:
    """End the server of an exercise; what was noted of it stays in the key store.

    Raises:
        UsageError: it does not run.
    """
    state = _state(assignment, keys)
    if state is None:
        raise _not_running(assignment)
    finish(state)


def finish(state: dict[str, Any]) -> None:
    """End a server that `launch` started; its keeper ends with it, when it has written all down."""
    spawning.end(_where(state).pid, state["started"])
    keeper, started = state["keeper"]
    if not spawning.wait(keeper, KEEPER_S):
        spawning.end(keeper, started)
    configuration.remove(Path(state["root"]))


def crash_live(assignment: Assignment, keys: Path | None = None, *, force: bool = False) -> None:
    """Send SIGSEGV to one thread of the server, and return when the server has made up for it.

    Which thread is the seed's choice and the keeper's work.

    Args:
        assignment: whose server.
        keys: the key store.
        force: also where nobody traces it.

    Raises:
        UsageError: it does not run, or nobody traces it.
        TracekitError: it has no keeper any more, or does not make up for it.
    """
    state = _state(assignment, keys)
    if state is None:
        raise _not_running(assignment)
    place = records.folder(assignment, keys)
    first = _where(state).pid
    if not force and not all(map(proc.tracer, proc.children(first))):
        raise UsageError(
            "some of its processes are not traced now, and the crash would not be seen",
            f"trace it meanwhile: tracekit attach -f --tree -p {first} -o trace.strace",
        )
    keeper, started = state["keeper"]
    if not proc.same(keeper, started):
        raise TracekitError("nobody keeps note of this server any more", "stop it and start a new one")
    before = len(_crashes(place))
    os.kill(keeper, CRASH)
    wait(lambda: _replaced(_crashes(place)[before:]), "a new worker process")


def _crashes(place: Path) -> list[dict[str, Any]]:
    record = records.unsealed(place)
    return record["crashes"] if record else []


def _replaced(crashes: list[dict[str, Any]]) -> bool:
    return bool(crashes) and all(one["replacement"] for one in crashes)


def _state(assignment: Assignment, keys: Path | None) -> dict[str, Any] | None:
    """Return what was written down of a server that runs."""
    state = records.read(records.folder(assignment, keys) / records.STATE)
    return state if state and proc.same(_where(state).pid, state["started"]) else None


def _where(state: dict[str, Any]) -> Where:
    found = state["where"]
    return Where(**{**found, "targets": tuple(found["targets"])})


def _not_running(assignment: Assignment) -> UsageError:
    name = assignment.exercise.name
    return UsageError(f"no server of {name} runs", f"tracekit lab start {name} --live")

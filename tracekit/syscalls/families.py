"""Calls by what they are, whatever an architecture names them: stat64 is stat, and accept4 accepts."""

from functools import cache

from tracekit.syscalls.table import rows


def names_of(*calls: str) -> frozenset[str]:
    """The names of calls, with every other name that an architecture has for one of them.

    Args:
        calls: ``fcntl`` stands for i386's ``fcntl64`` too; a name that the table has not stands for itself.
    """
    return frozenset(calls) | {call.name for call in rows() if call.same_as in calls}


def doing(*verbs: str) -> dict[str, str]:
    """The calls that have one of these effects on descriptors or tasks, and which one.

    Args:
        verbs: as the table has them: ``opens``. Of several the one that stands first here counts.
    """
    return {name: next(verb for verb in verbs if verb in does) for name, does in _deeds() if does & {*verbs}}


@cache
def _deeds() -> tuple[tuple[str, frozenset[str]], ...]:
    """The effects of the calls that have any, by name."""
    with_any = (call for call in rows() if ";" in call.text)
    return tuple((call.name, frozenset(effect.verb for effect in call.form.effects)) for call in with_any)


@cache
def every_call() -> frozenset[str]:
    """The names of all calls that any architecture has."""
    return frozenset(call.name for call in rows())

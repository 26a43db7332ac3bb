"""What is done to calls on purpose: ``-e inject=`` and ``-e fault=`` of strace(1), read and looked up.

``SET[:error=E|:retval=V][:signal=S][:syscall=CALL][:delay_enter=T][:delay_exit=T]
[:poke_enter=@argN=HEX,...][:poke_exit=...][:when=FIRST[..LAST][+[STEP]]]``. What is then done
at a call's stops is in ``tamper``.
"""

import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from tracekit.errors import UsageError
from tracekit.syscalls import by_name, errno_name
from tracekit.syscalls.select import CallSet, choose
from tracekit.tracer.options import filters

_ENOSYS: Final = 38
_MOST_ERRNO: Final = 4095
"""MAX_ERRNO, linux/err.h."""
_MOST_SIGNAL: Final = 64
_MOST_WHEN: Final = 0xFFFF
_MOST_DELAY: Final = 2**63 - 1
_MOST_POKED: Final = 1024
"""Bytes that one argument's memory is overwritten with at most."""
_ALL_BITS: Final = 2**64 - 1

_UNITS: Final = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1, "": 10**3}
"""Nanoseconds in each unit of time."""

# Numbers as strtol(3), strtoul(3) and strtod(3) take them.
_SPACE: Final = r"[ \t\n\v\f\r]*"
_DECIMAL: Final = rf"{_SPACE}[+-]?[0-9]+"
_WHEN: Final = re.compile(
    rf"(?P<first>{_DECIMAL})(?:\.\.(?P<last>{_DECIMAL}))?(?P<plus>\+(?P<step>{_DECIMAL})?)?"
)
_VALUE: Final = re.compile(rf"{_SPACE}(?P<sign>[+-]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|(?P<rest>[0-9]+))")
_TIME: Final = re.compile(r"(?P<number>[ \t\n\v\f\reE.+\-0-9]+)(?P<unit>[mun]?s|)")
_POKE: Final = re.compile(r"@arg(?P<argument>[1-7])=(?P<data>(?:[0-9a-fA-F]{2})+)")

Pokes = Mapping[int, bytes]
"""Argument (from 0) -> what the memory that it points to is overwritten with."""


@dataclass(frozen=True, slots=True)
class Injection:
    """What happens to a call, and to which of a task's calls of that kind."""

    error: int | None = None
    """The call is not made and fails with this error number."""
    retval: int | None = None
    """The call is not made and returns this: 64 bits, unsigned."""
    syscall: str | None = None
    """The call that is made instead, one without effects."""
    signal: int | None = None
    """The signal that the task gets at the call's entry."""
    delay_enter: int | None = None
    """How long it waits before it makes the call, in nanoseconds."""
    delay_exit: int | None = None
    """How long it waits before it goes on behind the call."""
    poke_enter: Pokes | None = None
    """What is written into its memory before the call."""
    poke_exit: Pokes | None = None
    """The same for behind it."""
    first: int = 1
    """The first of the task's calls that is meant, counted from 1."""
    last: int | None = None
    """The last one that may be."""
    step: int = 1
    """Every how many-th from the first on; 0: the first alone."""

    @property
    def replaces(self) -> bool:
        """Whether the call itself is not made."""
        return self.error is not None or self.retval is not None

    @property
    def acts(self) -> bool:
        """Whether there is anything to do."""
        return any(getattr(self, name) is not None for name in _ACTIONS)

    def due(self, count: int) -> bool:
        """Say whether the task's call of this number (from 1) is meant."""
        if count < self.first or (self.last is not None and count > self.last):
            return False
        return count == self.first or (self.step > 0 and (count - self.first) % self.step == 0)


@dataclass(slots=True)
class Tampering:
    """What is done to one call, from its entry to its exit."""

    injection: Injection
    replaced: bool = False
    """The call is not made; what was made instead returns what we make it return."""
    poked: bool = False
    """Memory of the task was overwritten."""

    @property
    def signal(self) -> int:
        """The signal to deliver at the entry, or 0."""
        return self.injection.signal or 0

    @property
    def note(self) -> str:
        """What stands behind the return value."""
        parts = ["args"] if self.poked else []
        if self.replaced:
            parts.append("retval")
        injected = (
            " (INJECTED)" if parts == ["retval"] else f" (INJECTED: {', '.join(parts)})" if parts else ""
        )
        delayed = self.injection.delay_enter is not None or self.injection.delay_exit is not None
        return f"{injected} (DELAYED)" if delayed else injected


_ACTIONS: Final = ("error", "retval", "signal", "delay_enter", "delay_exit", "poke_enter", "poke_exit")
_FAULT_TOKENS: Final = frozenset({"error", "syscall", "when"})


class Rules:
    """All that was asked for; of several expressions about a call the last one counts."""

    def __init__(self, given: Iterable[tuple[str, str]]) -> None:
        """Read expressions: (``inject`` or ``fault``, text).

        Raises:
            UsageError: one of them is wrong.
        """
        self.warnings: list[str] = []
        """What may come out otherwise than expected."""
        self._rules = [_read(qualifier, text) for qualifier, text in given]
        for _, injection in self._rules:
            if injection.retval is not None:
                self.warnings += _warnings(injection.retval)
        self._found: dict[tuple[str, int], Injection | None] = {}

    def __bool__(self) -> bool:
        return bool(self._rules)

    def find(self, arch: str, number: int) -> Injection | None:
        """Return what is done to a call."""
        key = arch, number
        if key not in self._found:
            meant = (rule for calls, rule in reversed(self._rules) if calls.has(arch, number))
            self._found[key] = next(meant, None)
        return self._found[key]


def _read(qualifier: str, text: str) -> tuple[CallSet, Injection]:
    """Read one expression: the calls, and what happens to them.

    Raises:
        UsageError: it is wrong.
    """
    wrong = UsageError(
        f"invalid {qualifier} argument '{text}'", "SET:error=ENOSPC:when=3 is one, see strace(1)"
    )
    name, *tokens = ["", *text.split(":")] if not text or text[0] == ":" else filter(None, text.split(":"))
    injection = Injection()
    for token in tokens if name else ():
        changed = _with(injection, token, _FAULT_TOKENS if qualifier == "fault" else _READERS.keys())
        if changed is None:
            raise wrong
        injection = changed
    calls = choose(name)
    if injection.acts:
        return calls, injection
    if qualifier == "fault":
        return calls, replace(injection, error=_ENOSYS)
    raise wrong


def _with(injection: Injection, token: str, allowed: Iterable[str]) -> Injection | None:
    """Add what one token says; None when it is wrong, or was said already."""
    key, equals, text = token.partition("=")
    if not equals or key not in allowed:
        return None
    if key == "when":
        fields = _when(text)
        return None if fields is None else replace(injection, **fields)
    said = injection.replaces if key in {"error", "retval"} else getattr(injection, key) is not None
    value = None if said else _READERS[key](text)
    changes: dict[str, Any] = {key: value}
    return None if value is None else replace(injection, **changes)


def _when(text: str) -> dict[str, Any] | None:
    """Read ``FIRST[..LAST][+[STEP]]``."""
    match = _WHEN.fullmatch(text)
    if match is None:
        return None
    first, last = int(match["first"]), int(match["last"]) if match["last"] else None
    # Without a step: one call alone, or each from FIRST to LAST.
    step = int(match["step"]) if match["step"] else int(bool(match["plus"]) or last is not None)
    if not 1 <= first <= _MOST_WHEN or (match["step"] and not 1 <= step <= _MOST_WHEN):
        return None
    if last is not None and not first <= last < _MOST_WHEN:
        return None
    return {"first": first, "last": last, "step": step}


def _error(text: str) -> int | None:
    """Read an error number, or its name in any case."""
    number = filters.number(text, _MOST_ERRNO)
    if number is None:
        number = next((one for one in range(_MOST_ERRNO) if errno_name(one) == text.upper()), None)
    return number or None


def _retval(text: str) -> int | None:
    """Read 64 bits as strtoull(3) does: decimal, hexadecimal or octal; a minus sign is allowed."""
    match = _VALUE.fullmatch(text)
    if match is None:
        return None
    digits, base = (
        (match["hex"], 16) if match["hex"] else (match["rest"], 8 if match["rest"][0] == "0" else 10)
    )
    try:
        value = int(digits, base)
    except ValueError:  # an 8 or a 9 in an octal number
        return None
    if value > _ALL_BITS:
        return None
    return -value & _ALL_BITS if match["sign"] == "-" else value


def _signal(text: str) -> int | None:
    number = filters.signal_number(text)
    return number if number is not None and 1 <= number <= _MOST_SIGNAL else None


def _pure(text: str) -> str | None:
    """Read the name of a call that has no effects."""
    call = by_name().get(text)
    return text if call and "pure" in call.classes and os.uname().machine in call.numbers else None


def _time(text: str) -> int | None:
    """Read a length of time; without a unit it is in microseconds. Return nanoseconds."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    number, unit = match["number"], _UNITS[match["unit"]]
    if not set(number) & set("eE.-"):
        whole = filters.number(number, _MOST_DELAY)
        return None if whole is None else whole * unit
    try:
        value = float(number)
    except ValueError:
        return None
    return int(value * unit) if 0 <= value < math.inf else None


def _pokes(text: str) -> Pokes | None:
    """Read ``@argN=HEX`` between commas."""
    pokes: dict[int, bytes] = {}
    for item in filter(None, text.split(",")):
        match = _POKE.fullmatch(item)
        argument = int(match["argument"]) - 1 if match else -1
        if match is None or argument in pokes or len(match["data"]) > 2 * _MOST_POKED:
            return None
        pokes[argument] = bytes.fromhex(match["data"])
    return pokes or None


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "error": _error,
    "retval": _retval,
    "signal": _signal,
    "syscall": _pure,
    "delay_enter": _time,
    "delay_exit": _time,
    "poke_enter": _pokes,
    "poke_exit": _pokes,
    "when": _when,
}
"""How the text behind each keyword is read; None when it is wrong."""


def _warnings(retval: int) -> list[str]:
    """Say what a return value is taken for where it looks like an error, or is too wide."""
    if retval > _ALL_BITS - _MOST_ERRNO:
        error = _ALL_BITS + 1 - retval
        return [f"Inadvertent injection of error {error} is possible for retval={retval}"]
    low = retval & 0xFFFFFFFF
    if low > 0xFFFFFFFF - _MOST_ERRNO:
        error = 0x100000000 - low
        return [
            f"Inadvertent injection of error {error} is possible in compat personality for retval={retval}"
        ]
    if low != retval:
        return [f"Injected return value {retval} will be clipped to {low} in compat personality"]
    return []

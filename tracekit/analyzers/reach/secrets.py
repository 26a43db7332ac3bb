"""Secrets that stand in plain in what was read or written: which kind and where, never which."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Final

from tracekit.analyzers.answer import EVIDENCE_LIMIT
from tracekit.analyzers.reach.finding import HIDDEN, KEYS, SECRET, SEVERITY, Finding, about, hidden
from tracekit.analyzers.state import arguments
from tracekit.analyzers.state.arguments import argument
from tracekit.analyzers.state.calls import meanings
from tracekit.analyzers.state.connections import Request
from tracekit.analyzers.state.state import State
from tracekit.events import Row, Trace

SECRETS: Final = (
    ("Authorization (Basic)", rb"(?im)^(?:proxy-)?authorization:[ \t]*basic[ \t]+[\w+/=-]"),
    ("Authorization (Bearer)", rb"(?im)^(?:proxy-)?authorization:[ \t]*bearer[ \t]+\S"),
    ("Authorization", rb"(?im)^(?:proxy-)?authorization:[ \t]*(?!basic\b|bearer\b)[\w-]+[ \t]+\S"),
    ("Cookie", rb"(?im)^cookie:[ \t]*[^\s=]+=[^\s;]"),
    ("Set-Cookie", rb"(?im)^set-cookie:[ \t]*[^\s=]+=[^\s;]"),
    ("password in a URL", rb"(?i)\b[a-z][a-z0-9+.-]*://[^/?#\s:@\"'<>]+:[^/?#\s@\"'<>]+@"),
    ("password or token in a form or query", rb"(?i)(?:\A|[?&]|\n)" + KEYS.encode() + rb"=[^&\s\"'<>]"),
    ("private key", rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----"),
    ("password hash (/etc/shadow)", rb"(?m)^[a-z_][a-z0-9_-]*:!?\$(?:1|2[abxy]|5|6|7|y|gy)\$[^:\s]+:"),
)
"""What is looked for. The values stay where they are."""
PATTERNS = tuple((what, re.compile(pattern)) for what, pattern in SECRETS)
MARKS = (
    "authorization", "cookie", "://", "passw", "pwd", "passphrase", "secret", "token", "apikey", "api_key",
    "private key", ":$", ":!$",
)  # fmt: skip
"""What one of them needs in the text of a call, in lower case."""
HEXADECIMAL = re.compile(r"(?:\\x[0-9a-f]{2}){8}")
"""A string that is printed so (-x, -xx): it may hold any."""
AT_ONCE = 64
"""Texts that are looked into together."""
MOVING: Final = frozenset({"read", "read at", "write", "write at", "read several", "write several"})


@dataclass(slots=True)
class Seen:
    """Where one kind of secret was seen: the first calls, and how many there are."""

    rows: list[Row] = field(default_factory=list)
    count: int = 0


def secrets(trace: Trace, state: State) -> Iterator[Finding]:
    """Yield each kind of secret once, with the first places where it stands."""
    found: dict[str, Seen] = {}
    for row in _candidates(trace, state):
        data = b"".join(part for part, _ in arguments.buffers(argument(row, 1)))
        for what, pattern in PATTERNS:
            if pattern.search(data):
                seen = found.setdefault(what, Seen())
                seen.count += 1
                if len(seen.rows) < EVIDENCE_LIMIT:
                    seen.rows.append(row)
    requests = {
        row.seq: one for one in reversed(state.requests) for row in (one.began, one.row, one.answered) if row
    }
    for what, seen in found.items():
        yield _finding(what, seen, requests.get(seen.rows[0].seq))


def _candidates(trace: Trace, state: State) -> Iterator[Row]:
    """Yield the reads and writes whose text may hold a secret."""
    calls = {call for call, meaning in meanings().items() if meaning in MOVING}
    moving = trace.events[trace.events["name"].isin(calls)]
    held = list(_holding(moving["args"].fillna("").tolist()))
    if any(held):
        rows = replace(trace, events=moving[held]).rows()
        yield from (row for row in rows if row.tid not in state.foreign)


def _holding(texts: Sequence[str]) -> Iterator[bool]:
    """Tell of each text whether it may hold a secret; many are looked into at once, since few do."""
    for begin in range(0, len(texts), AT_ONCE):
        some = texts[begin : begin + AT_ONCE]
        yield from map(_may_hold_one, some) if _may_hold_one("\n".join(some)) else repeat(False, len(some))


def _may_hold_one(text: str) -> bool:
    lowered = text.lower()
    return any(mark in lowered for mark in MARKS) or (
        "\\x" in lowered and HEXADECIMAL.search(lowered) is not None
    )


def _finding(what: str, seen: Seen, request: Request | None) -> Finding:
    return Finding(
        kind=SECRET,
        severity=SEVERITY[SECRET],
        request=request.id if request else None,
        client=request.connection.client if request else None,
        target=hidden(request.target.target) if request else None,
        path=None,
        what=what,
        reached=True,
        count=seen.count,
        evidence=tuple(about(row, HIDDEN) for row in seen.rows),
    )

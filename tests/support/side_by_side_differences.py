"""What differs between two servers' answers to one request, and which of it is meant to.

The differences that are meant stand in tests/conformance/side_by_side/differences.toml, each
with its reason. One that is listed and is none fails as one does that is not listed.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any, Final

from tests.support.side_by_side import DATA, Server
from tests.support.side_by_side_exchange import Answer, Exchange
from tests.support.side_by_side_log import AS_IT_SHOULD_BE, logged

ANY_VALUE: Final = {
    "Server": re.compile(r"\S.*"),
    "Date": re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"),
}
"""Header fields whose value is chance, or the server's name; what it has to look like."""

COUNTS: Final = ("b", "B", "O", "S")
"""Letters that count bytes of an answer: others when the answer is another."""

READ: Final = ("I", "S")
"""Letters that count bytes that were read. httpd counts what it has only looked at, such as the first
byte of the next request, and reads on to the end of a line that it refuses."""

AHEAD: Final = ("log:I", "log:S")
"""What may be one byte more: that first byte, when it came soon enough."""

REFUSED: Final = frozenset({400, 408, 413, 414, 431, 501, 505})
"""Answers to requests of which not everything was read."""

LONG: Final = 4000
"""Bytes of a body from which on it is compared by its digest."""

Found = dict[str, tuple[str, str]]
"""What differs: httpd's and ours, by the name of what it is."""


@dataclass(frozen=True)
class Difference:
    """One entry of differences.toml."""

    requests: tuple[str, ...]
    """Patterns for names of requests."""
    what: tuple[str, ...]
    """answers, end, version, body, the name of a header field, or log:LETTER."""
    httpd: str
    ours: str
    why: str
    request: str
    """How the page calls them."""
    models: tuple[str, ...] = ()
    """The MPMs that it is found with; none given: all."""

    def of(self, name: str, mpm: str) -> bool:
        """Tell whether it is about the request of that name, with that MPM."""
        model = not self.models or mpm in self.models
        return model and any(fnmatchcase(name, pattern) for pattern in self.requests)


def meant() -> list[Difference]:
    """Return the differences that are meant, in the order of the file."""
    entries = tomllib.loads((DATA / "differences.toml").read_text("utf-8")).get("difference", [])
    return [Difference(**{key: _frozen(value) for key, value in entry.items()}) for entry in entries]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def expected(names: Iterable[str], mpm: str) -> set[tuple[str, str]]:
    """Return what has to differ: names of requests, each with what it is."""
    return {(name, what) for name in names for one in meant() if one.of(name, mpm) for what in one.what}


def unexplained(found: Mapping[str, Found], mpm: str) -> dict[str, object]:
    """Return what differs and is not listed, and what is listed and does not differ: nothing, if all is well.

    Args:
        found: what differs, by name, also for the names where nothing does.
        mpm: the model that both were run with.
    """
    listed = expected(found, mpm)
    seen = {(name, what): values for name, one in found.items() for what, values in one.items()}
    unlisted: dict[str, object] = {f"{name}: {what}": seen[name, what] for name, what in seen.keys() - listed}
    return unlisted | {f"{name}: {what}": "listed, and alike" for name, what in listed - seen.keys()}


def compared(theirs: Mapping[str, str], ours: Mapping[str, str]) -> Found:
    """Return what differs in two records."""
    found: Found = {}
    _note_all(found, "", theirs, ours)
    return found


def differences(theirs: Exchange, ours: Exchange, servers: Sequence[Server], logs: Sequence[str]) -> Found:
    """Compare what two servers made of a request: what the client saw, then their access logs.

    Where the statuses are not the same, the rest follows from that, and is not compared; nor are
    counts of bytes where the bytes are others, or where httpd writes its line before they are sent
    because the next request is there already.
    """
    found: Found = {}
    _note(found, "answers", _statuses(theirs), _statuses(ours))
    _note(found, "end", theirs.end, ours.end)
    if "answers" in found:
        return found
    for one, other in zip(theirs.answers, ours.answers, strict=True):
        _note_all(found, "", _aspects(one, servers[0]), _aspects(other, servers[1]))
    first, second = (
        logged(server, log, side) for server, log, side in zip(servers, logs, (theirs, ours), strict=True)
    )
    _note(found, "log", str(len(first)), str(len(second)))
    alone = len(theirs.answers) == 1 and theirs.answers[0].status not in REFUSED
    follows = (*(COUNTS if found or len(theirs.answers) > 1 else ()), *(() if alone else READ))
    for mine, yours in zip(first, second, strict=False):
        _note_all(found, "log:", _without(mine, follows), _without(yours, follows))
    return found


def _note(found: Found, what: str, theirs: str, ours: str) -> None:
    if theirs != ours and not (what in AHEAD and _by_one(theirs, ours)):
        found.setdefault(what, (theirs, ours))


def _note_all(found: Found, of: str, theirs: Mapping[str, str], ours: Mapping[str, str]) -> None:
    for what in {**theirs, **ours}:
        _note(found, of + what, theirs.get(what, "absent"), ours.get(what, "absent"))


def _without(line: Mapping[str, str], letters: Iterable[str]) -> dict[str, str]:
    return {letter: value for letter, value in line.items() if letter not in letters}


def _by_one(theirs: str, ours: str) -> bool:
    return theirs.isdigit() and ours.isdigit() and abs(int(theirs) - int(ours)) <= 1


def _statuses(exchange: Exchange) -> str:
    return " ".join(str(answer.status) for answer in exchange.answers) or "none"


def _aspects(answer: Answer, server: Server) -> dict[str, str]:
    """Return what one answer is: status line, header fields, body. Several fields of one name are one."""
    body = server.settled(answer.body.decode("latin-1").replace(answer.boundary or "no boundary", "BOUNDARY"))
    long = f"{len(body)} bytes, {sha256(body.encode('latin-1')).hexdigest()}"
    found = {
        "version": answer.status_line.decode("latin-1").rstrip(),
        "body": body if len(body) < LONG else long,
    }
    for name, value in answer.fields:
        text = _value(answer, name, server.settled(value))
        found[name] = f"{found[name]} | {text}" if name in found else text
    return found


def _value(answer: Answer, name: str, value: str) -> str:
    """Return the value of a field without what is chance in it."""
    if name == "Allow":
        return ",".join(sorted(value.split(",")))  # httpd's order is that of a hash table
    if name in ANY_VALUE and ANY_VALUE[name].fullmatch(value):
        return AS_IT_SHOULD_BE
    if name == "Content-Length" and answer.boundary and value.isdigit():
        return str(int(value) - answer.body_chance)
    return value.replace(answer.boundary, "BOUNDARY") if answer.boundary else value

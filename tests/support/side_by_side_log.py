"""What an access log says of each exchange: a value a letter, without what is chance in it."""

import contextlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tests.support.processes import wait_until
from tests.support.side_by_side import Server
from tests.support.side_by_side_exchange import Answer, Exchange

AS_IT_SHOULD_BE: Final = "as it should be"
_NUMBER: Final = re.compile(r"\d+")
_ID: Final = re.compile(r"[1-9]\d*")
CHANCE: Final = {
    "remote": _ID,
    "P": _ID,
    "pid": _ID,
    "tid": _ID,
    "hextid": re.compile(r"(0x)?[0-9a-f]+"),
    "L": re.compile(r"\S{10,}"),
    "t": re.compile(r"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]"),
    "sec": re.compile(r"\d{10}"),
    "T": _NUMBER,
    "ms": _NUMBER,
    "us": _NUMBER,
    "D": _NUMBER,
}
"""Letters whose value is chance, and what it has to look like."""

BODY_BYTES: Final = ("b", "B")
ALL_BYTES: Final = ("O", "S")
"""Letters that count bytes, of which some are chance."""

PATIENCE_S: Final = 5.0
"""How long a line is waited for when its answer has come."""


def lines_of(server: Server, exchanges: Iterable[Exchange]) -> str:
    """Return the access log as soon as each exchange has a line for each of its answers.

    When one is still missing after a while the log is returned as it is: the comparison will tell.
    """
    due = {
        one.client: sum(answer.status >= 200 for answer in one.answers) + (one.end == "kept")
        for one in exchanges
    }

    def complete() -> bool:
        clients = Counter(line.split("\t", 1)[0] for line in server.log("access.log").splitlines())
        return all(clients[client] >= count for client, count in due.items())

    with contextlib.suppress(TimeoutError):
        wait_until(complete, "lines of the access log", PATIENCE_S)
    return server.log("access.log")


def logged(server: Server, log: str, exchange: Exchange) -> list[dict[str, str]]:
    """Return the lines for one connection; the last request of `exchange` is left out."""
    lines = [line for line in log.splitlines() if line.startswith(f"{exchange.client}\t")]
    entries = [dict(word.partition("=")[::2] for word in line.split("\t")[1:]) for line in lines]
    asked = [entry for entry in entries if entry.get("r") != "GET /probe.txt HTTP/1.1"]
    finals = [answer for answer in exchange.answers if answer.status >= 200]
    pairs = [(entry, finals[nth] if nth < len(finals) else None) for nth, entry in enumerate(asked)]
    return [dict(_settled(entry, answer, server)) for entry, answer in pairs]


def _settled(entry: Mapping[str, str], answer: Answer | None, server: Server) -> Iterator[tuple[str, str]]:
    body = answer.body_chance if answer else 0
    head = answer.head_chance if answer else 0
    for letter, value in entry.items():
        if value.isdigit() and letter in BODY_BYTES + ALL_BYTES:
            yield letter, str(int(value) - body - (head if letter in ALL_BYTES else 0))
        elif letter in CHANCE and CHANCE[letter].fullmatch(value):
            yield letter, AS_IT_SHOULD_BE
        else:
            yield letter, server.settled(value)

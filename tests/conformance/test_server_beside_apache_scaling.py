"""How many processes there are while 100 connections are held, and after: the real httpd beside ours.

Series of counts are compared, one count a tick of the main process that changed it, and never
times. ``TRACEKIT_ALL_SERVER=1`` (``make conformance-server``) goes through the values of Debian and of httpd
itself, too.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pytest

from tests.support.processes import wait_until
from tests.support.side_by_side import Pair, Server, pair, template
from tests.support.side_by_side_differences import compared, unexplained
from tests.support.side_by_side_story import Census, holding, messages

pytestmark = pytest.mark.conformance

ALL: Final = os.environ.get("TRACEKIT_ALL_SERVER") == "1"
HELD: Final = 100
LAST: Final = 4
"""How many counts are compared while there come to be fewer: the first may be over before it is looked at."""
NUMBER: Final = re.compile(r"AH\d{5}")


@dataclass(frozen=True)
class Values:
    """Directives, and what they lead to."""

    mpm: str
    of: str
    """Whose values they are."""
    text: str
    growth: tuple[int, ...]
    """Processes while connections are held."""
    until: int
    """How many there are at last when they are not: the end of the observation."""
    limit: str = ""
    """The message that no more can be started, where it comes to that."""

    @property
    def name(self) -> str:
        return f"{self.mpm}-{self.of}"


LAB: Final = Values(
    "event",
    "lab",
    "StartServers 2\nMinSpareThreads 10\nMaxSpareThreads 60\nThreadsPerChild 5\nMaxRequestWorkers 80\n",
    (2, 3, 5, 9, 16),
    12,
    "AH00484",
)
DEBIAN: Final = (
    "StartServers 2\nMinSpareThreads 25\nMaxSpareThreads 75\nThreadsPerChild 25\nMaxRequestWorkers 150\n"
)
OTHERS: Final = (
    Values("worker", "lab", LAB.text, LAB.growth, LAB.until, "AH00286"),
    Values("event", "debian", DEBIAN, (2, 3, 5), 3),
    Values("worker", "debian", DEBIAN, (2, 3, 5), 3),
    Values("worker", "httpd", "", (3, 4, 6, 10), 10),
    Values(
        "prefork",
        "debian",
        "StartServers 5\nMinSpareServers 5\nMaxSpareServers 10\nMaxRequestWorkers 150\n",
        (5, 6, 8, 12, 20, 36, 68, 100, 132),
        125,
    ),
    Values(
        "prefork",
        "limit",
        "StartServers 5\nMinSpareServers 5\nMaxSpareServers 10\nMaxRequestWorkers 30\n",
        (5, 6, 8, 12, 20, 30),
        26,
        "AH00161",
    ),
)


@pytest.fixture(params=(LAB, *OTHERS) if ALL else (LAB,), ids=lambda values: values.name)
def values(request: pytest.FixtureRequest) -> Values:
    found: Values = request.param
    return found


@pytest.fixture
def both(values: Values) -> Iterator[Pair]:
    with pair(values.mpm, template("lifecycle.conf") + values.text) as servers:
        yield servers


def observed(server: Server, values: Values) -> dict[str, str]:
    """Hold connections until no more processes come, then let them go."""
    most = values.growth[-1]
    with Census(server.parent) as growing, holding(server, HELD):
        wait_until(lambda: growing.alive >= most, f"{most} processes")
        wait_until(lambda: values.limit in server.log(), "the message of the limit")
        wait_until(lambda: len(set(server.lwps().values())) == 1, "all their threads")
        lwps = server.lwps()
    with Census(server.parent) as shrinking:
        wait_until(lambda: shrinking.alive <= values.until, f"{values.until} processes")
    return {
        "growth": _series(growing.growth()),
        "threads": str(max(lwps.values())),
        "shrinkage": _series([count for count in shrinking.shrinkage() if 0 <= count - values.until < LAST]),
        "leave together": str(shrinking.together()),
        "messages": _series(NUMBER.findall("\n".join(messages(server)))),
    }


def _series(counts: list[int] | list[str]) -> str:
    return " ".join(map(str, counts))


def test_processes_come_and_go_in_the_same_steps(values: Values, both: Pair) -> None:
    theirs, ours = both.each(lambda server: observed(server, values))
    assert theirs["growth"] == _series(list(values.growth))
    assert not unexplained({values.name: compared(theirs, ours)}, values.mpm)

"""``/server-status?auto`` of the real httpd and of ours: which fields, in which order, of what kind."""

import re
from collections.abc import Iterator
from typing import Final

import pytest

from tests.support.load import Request, in_turn
from tests.support.processes import wait_until
from tests.support.side_by_side import MPMS, Pair, Server, pair, template
from tests.support.side_by_side_story import holding

pytestmark = pytest.mark.conformance

BUSY: Final = 3
VALUES: Final = """
StartServers 2
<IfModule mpm_prefork_module>
StartServers 6
MinSpareServers 1
</IfModule>
<IfModule !mpm_prefork_module>
ThreadsPerChild 5
MinSpareThreads 1
MaxSpareThreads 100
MaxRequestWorkers 80
</IfModule>
"""
SHAPES: Final = (
    (re.compile(r"[A-Z][a-z]+, \d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d \S+"), "a time"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"), "a time"),
    (re.compile(r"(\d+ (?:days?|hours?|minutes?|seconds?) ?)*"), "a while"),
    (re.compile(r"-?(\d+|\d*\.\d+(e-\d+)?)"), "a number"),
    (re.compile(r"[_SRWKDCLGI.]+"), "a scoreboard"),
)
"""What values look like, whatever they are."""

BY_CHANCE: Final = "CPULoad"
"""A field that is there as soon as a hundredth of a second of the processor has been used."""

EXACT: Final = (
    "ServerMPM",
    "ParentServerConfigGeneration",
    "ParentServerMPMGeneration",
    "Processes",
    "Stopping",
)


@pytest.fixture(scope="module", params=MPMS)
def both(request: pytest.FixtureRequest) -> Iterator[Pair]:
    with pair(request.param, template("lifecycle.conf") + VALUES) as servers:
        servers.each(aged)
        yield servers


def aged(server: Server) -> None:
    """Wait until a second is over: what is said per second is not there before."""
    wait_until(lambda: ("ServerUptimeSeconds", "0") not in fields(server), "a second to pass")


def fields(server: Server) -> list[tuple[str, str]]:
    """Return the fields with their values."""
    (answer,) = in_turn(server.address, [Request("/server-status?auto")])
    assert answer.status == 200
    pairs = [line.partition(":") for line in answer.body.decode("latin-1").splitlines()]
    return [(name, value.strip()) for name, _, value in pairs]


def status(server: Server) -> list[tuple[str, str]]:
    """Return the names of the fields in their order, each with what its value is."""
    return [(name, shape(name, value)) for name, value in fields(server) if name != BY_CHANCE]


def shape(name: str, value: str) -> str:
    """Return what kind of value it is; the value itself where that is no chance."""
    if name in EXACT:
        return value
    if name in ("ServerVersion", "Server Built"):
        return "the server's own"
    return next((words for pattern, words in SHAPES if pattern.fullmatch(value)), value)


def test_the_fields_are_the_same_in_the_same_order(both: Pair) -> None:
    theirs, ours = both.each(status)
    assert len(theirs) > 20
    assert ours == theirs


def test_so_they_are_while_connections_are_held(both: Pair) -> None:
    def held(server: Server) -> list[tuple[str, str]]:
        with holding(server, BUSY):
            return status(server)

    theirs, ours = both.each(held)
    assert ours == theirs


def test_the_scoreboard_has_a_letter_for_each_place(both: Pair) -> None:
    def letters(server: Server) -> int:
        return len(dict(fields(server))["Scoreboard"])

    theirs, ours = both.each(letters)
    assert ours == theirs > 0

"""Raw requests to the real httpd and to ours: answers, connections, access-log lines.

The requests are data (side_by_side/requests/*.toml), and so are the differences that are meant
(side_by_side/differences.toml).
"""

import signal
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from tests.support.side_by_side import DATA, MPMS, Pair, Server, pair
from tests.support.side_by_side_differences import Found, differences, meant, unexplained
from tests.support.side_by_side_exchange import Asking, Exchange, askings, exchange, groups
from tests.support.side_by_side_log import lines_of
from tests.support.side_by_side_page import PAGE, page

pytestmark = pytest.mark.conformance

CLIENTS: Final = 8
"""How many requests are under way at one time: fewer than there are workers."""


@pytest.fixture(scope="module", params=MPMS)
def servers(request: pytest.FixtureRequest) -> Iterator[Pair]:
    with pair(request.param) as both:
        yield both


def ask_all(server: Server, entries: dict[str, Asking]) -> tuple[dict[str, Exchange], str]:
    """Return what a server made of every entry, and its access log."""

    def ask(entry: Asking) -> Exchange:
        return exchange(entry, server.at(entry.port))

    with ThreadPoolExecutor(CLIENTS) as pool:
        made = dict(zip(entries, pool.map(ask, entries.values()), strict=True))
    return made, lines_of(server, made.values())


def compare(servers: Pair, entries: dict[str, Asking]) -> dict[str, Found]:
    """Return what differs, by the name of the request."""
    (theirs, their_log), (ours, our_log) = servers.each(lambda server: ask_all(server, entries))
    return {
        name: differences(theirs[name], ours[name], servers.both, (their_log, our_log)) for name in entries
    }


@pytest.mark.parametrize("group", groups())
def test_requests_are_answered_alike(group: str, servers: Pair) -> None:
    assert not unexplained(compare(servers, askings(group)), servers.httpd.mpm)


def test_two_real_ones_differ_in_nothing() -> None:
    """All that is chance is known as such."""
    with pair("event", both_real=True) as both:
        found = {name: one for group in groups() for name, one in compare(both, askings(group)).items()}
    assert not {name: one for name, one in found.items() if one}


def test_every_listed_difference_is_about_something() -> None:
    broken = tomllib.loads((DATA / "broken.toml").read_text("utf-8"))
    names = [name for group in groups() for name in askings(group)]
    names += [*broken["any"], *broken["limits"], *(number.name for number in signal.Signals)]
    assert not [one for one in meant() if not any(one.of(name, mpm) for name in names for mpm in MPMS)]


def test_names_are_unique() -> None:
    entries = [entry for group in groups() for entry in askings(group).values()]
    assert len(entries) == len({entry.name for entry in entries}) == len({entry.client for entry in entries})
    assert len(entries) >= 60


def test_the_page_has_every_listed_difference() -> None:
    text = PAGE.read_text("utf-8")
    assert text == page(text), "out of date: make server-differences"

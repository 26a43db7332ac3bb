"""server-status: the scoreboard for people and for programs, in httpd's form."""

import re
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from server.config import DirectorySettings
from server.content.status_auto import duration, short
from server.processes.scoreboard import Scoreboard, Status
from tests.support.content_site import ContentSite

LOCATION = {"/server-status": DirectorySettings(set_handler=b"server-status")}
# As apache2 2.4.71 prints them.
FIRST = (
    *("ServerVersion", "ServerMPM", "Server Built", "CurrentTime", "RestartTime"),
    *("ParentServerConfigGeneration", "ParentServerMPMGeneration", "ServerUptimeSeconds", "ServerUptime"),
    *("Load1", "Load5", "Load15"),
)
TOTALS = (
    *("Total Accesses", "Total kBytes", "Total Duration"),
    *("CPUUser", "CPUSystem", "CPUChildrenUser", "CPUChildrenSystem", "CPULoad"),
    *("Uptime", "ReqPerSec", "BytesPerSec", "BytesPerReq", "DurationPerReq"),
)
WORKERS = ("BusyWorkers", "GracefulWorkers", "IdleWorkers")
CONNECTIONS = (
    *("Processes", "Stopping", "ConnsTotal", "ConnsAsyncWaitIO", "ConnsAsyncWriting"),
    *("ConnsAsyncKeepAlive", "ConnsAsyncClosing"),
)


def board(*, extended: bool = True) -> Scoreboard:
    """Return a scoreboard of two processes, one of them stopping, with room for a third."""
    board = Scoreboard(4, 3, extended=extended)
    board.resize(2, extended=extended)
    board.whole.max_servers = 3
    board.whole.restart_us = (time.time_ns() // 10**9 - 90061) * 10**6
    board.whole.cpu_user_us = 1_500_000
    for slot, pid in enumerate((101, 102)):
        board.set_pid(slot, pid)
        for worker in board.workers(slot):
            worker.set(Status.READY)
    first = board.worker(0, 0)
    first.pid = 101
    first.set(Status.WRITING)
    first.slot_accesses, first.slot_bytes, first.duration_us = 12, 3_000_000, 24_500
    first.child_accesses, first.connection_accesses = 7, 2
    first.cpu_user_us, first.last_used_us = 250_000, time.time_ns() // 1000
    first.client, first.vhost, first.protocol = b"192.0.2.1", b"localhost:80", b"http/1.1"
    first.request = b"GET /<script>\x07 HTTP/1.1"
    process = board.process(0)
    process.connections, process.keep_alive, process.lingering = 5, 3, 1
    board.process(1).quiescing = 1
    board.worker(1, 1).set(Status.GRACEFUL)
    return board


def auto(site: ContentSite) -> list[tuple[str, str]]:
    lines = site.ask("/server-status?auto").text.splitlines()
    pairs = [line.split(":", 1) for line in lines[1:]]
    return [("", lines[0]), *((name, value.lstrip(" ")) for name, value in pairs)]


@pytest.mark.parametrize(("mpm", "more"), [("event", CONNECTIONS), ("worker", ()), ("prefork", ())])
def test_the_fields_are_those_of_httpd_in_their_order(
    tmp_path: Path, mpm: str, more: tuple[str, ...]
) -> None:
    site = ContentSite(tmp_path, locations=LOCATION, scoreboard=board(), mpm=mpm)
    expected = [*FIRST, *TOTALS, *WORKERS, *more, "Scoreboard"]
    assert [name for name, _ in auto(site)] == ["", *expected]


def test_the_values_are_those_of_the_scoreboard(tmp_path: Path) -> None:
    site = ContentSite(tmp_path, locations=LOCATION, scoreboard=board())
    values = dict(auto(site))
    assert {name: values[name] for name in values if name in EXPECTED} == EXPECTED
    assert values[""] == "localhost"
    assert values["ServerUptime"].startswith("1 day 1 hour 1 minute 1 second")
    assert site.ask("/server-status?auto").headers["Content-Type"] == "text/plain; charset=ISO-8859-1"


EXPECTED = {
    "ServerMPM": "event",
    "Total Accesses": "12",
    "Total kBytes": "2929",
    "Total Duration": "24",
    "CPUUser": "1.75",
    "CPUSystem": "0",
    "BytesPerReq": "249941",
    "DurationPerReq": "2",
    "BusyWorkers": "1",
    "GracefulWorkers": "0",
    "IdleWorkers": "1",
    "Processes": "2",
    "Stopping": "1",
    "ConnsTotal": "5",
    "ConnsAsyncKeepAlive": "3",
    "ConnsAsyncClosing": "1",
    "Scoreboard": "W__G..",
}


def test_without_extended_status_nothing_is_said_of_requests(tmp_path: Path) -> None:
    site = ContentSite(tmp_path, locations=LOCATION, scoreboard=board(extended=False))
    names = [name for name, _ in auto(site)]
    assert not set(names) & set(TOTALS)
    page = site.ask("/server-status").text
    assert "ExtendedStatus On" in page
    assert "PID Key: <br />\n<pre>\n   101 in state: W ,   101 in state: _ ,   102 in state: _ \n" in page
    assert "192.0.2.1" not in page


class _Tables(HTMLParser):
    """Collects the cells of every row, and checks that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        if tag in ("table", "tr", "td", "th", "pre", "h1"):
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("table", "tr", "td", "th", "pre", "h1"):
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def test_the_page_has_a_table_of_processes_and_one_of_workers(tmp_path: Path) -> None:
    site = ContentSite(tmp_path, locations=LOCATION, scoreboard=board())
    reply = site.ask("/server-status")
    assert reply.headers["Content-Type"] == "text/html; charset=ISO-8859-1"
    tables = _Tables()
    tables.feed(reply.text)
    assert ["0", "101", "no", "5", "yes", "1", "0", "1", "0", "0", "3", "1"] in tables.rows
    assert ["1", "102", "yes", "0", "yes", "0", "0", "0", "0", "0", "0", "0"] in tables.rows
    assert ["Sum", "2", "1", "5", "\xa0", "1", "0", "1", "0", "0", "3", "1"] in tables.rows
    (worker,) = [row for row in tables.rows if row[0] == "0-0"]
    assert worker[:4] == ["0-0", "101", "2/7/12", "W\n"]
    assert worker[11:] == ["192.0.2.1", "http/1.1", "localhost:80", "GET /<script>\\x07 HTTP/1.1"]
    assert "<script>" not in reply.text
    assert "<pre>W__G..</pre>" in reply.text


def test_the_workers_can_stand_in_a_list(tmp_path: Path) -> None:
    """As apache2 2.4.71 writes it."""
    site = ContentSite(tmp_path, locations=LOCATION, scoreboard=board())
    text = site.ask("/server-status?notable").text
    item = text.partition("<h2>Server Details</h2>\n\n")[2]
    assert re.match(
        r"<b>Server 0-0</b> \(101\): 2\|7\|12 \[<b>Write</b>\] u.25 s0 cu0 cs0\n"
        r" [01] 0 24\(0 B\|0 B\|2.9 MB\)\n"
        r" <i>192.0.2.1 \{GET /&lt;script&gt;\\x07 HTTP/1.1\}</i> <i>\(http/1.1\)</i> "
        r"<b>\[localhost:80\]</b><br />",
        item,
    )
    assert "<th>Srv</th>" not in text


def test_prefork_has_no_table_of_processes(tmp_path: Path) -> None:
    site = ContentSite(tmp_path, locations=LOCATION, scoreboard=board(), mpm="prefork")
    assert "Async connections" not in site.ask("/server-status").text


@pytest.mark.parametrize(
    ("query", "seconds"), [("refresh=5", "5"), ("refresh", "10"), ("refresh=0", "10"), ("refresh=-1", "10"),
                           ("refresh=x", "10"), ("auto&refresh=7;x", "7")]
)  # fmt: skip
def test_a_page_can_refresh_itself(tmp_path: Path, query: str, seconds: str) -> None:
    site = ContentSite(tmp_path, locations=LOCATION)
    assert site.ask(f"/server-status?{query}").headers["Refresh"] == seconds


def test_only_reading_gets_the_status(tmp_path: Path) -> None:
    site = ContentSite(tmp_path, locations=LOCATION)
    statuses = {
        method: site.ask("/server-status", method=method).status for method in ("POST", "PUT", "OPTIONS")
    }
    assert statuses == {"POST": 404, "PUT": 405, "OPTIONS": 200}


def test_a_long_scoreboard_has_lines_of_64(tmp_path: Path) -> None:
    large = Scoreboard(40, 4)
    large.whole.max_servers = 40
    site = ContentSite(tmp_path, locations=LOCATION, scoreboard=large)
    found = re.search(r"<pre>([.\n]+)</pre>", site.ask("/server-status").text)
    assert found is not None
    assert [len(line) for line in found[1].split("\n")] == [64, 64, 32]


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.0147059, ".0147059"), (1.5, "1.5"), (752.941, "752.941"), (100, "100"),
                        (1234567, "1.23457e+06"), (float("inf"), "inf")]
)  # fmt: skip
def test_numbers_look_as_aprs(value: float, text: str) -> None:
    assert short(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, ""), (1, " 1 second"), (3600, " 1 hour"), (176461, " 2 days 1 hour 1 minute 1 second")],
)
def test_durations_leave_out_what_there_is_none_of(seconds: int, text: str) -> None:
    assert duration(seconds) == text

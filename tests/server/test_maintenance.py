"""Idle maintenance: what a tick decides. The series are those of apache2 2.4.71 under held connections."""

from dataclasses import replace

import pytest

from server.mpm import MPMS
from server.processes.limits import Limits
from server.processes.maintenance import HOLD_TICKS, Census, Decision, Pace, decide, take_census
from server.processes.scoreboard import Scoreboard, Status

HELD = 100

DEBIAN_THREADS = Limits(2, 25, 75, 16, 64, 25, 150)
DEBIAN_PREFORK = Limits(5, 5, 10, 256, 1, 1, 150)
LAB_EVENT = Limits(2, 10, 60, 16, 64, 5, 80)
LAB_PREFORK = Limits(5, 5, 10, 256, 1, 1, 250)


class Server:
    """Children that start and leave at once, under a number of held connections."""

    def __init__(self, mpm: str, limits: Limits, pace: Pace | None = None) -> None:
        self.mpm = MPMS[mpm]
        self.limits = limits
        self.children = limits.start_servers
        self.pace = pace or Pace()
        self.log: list[tuple[str, str]] = []

    def tick(self, held: int) -> Decision:
        """Decide once, and do it."""
        active = self.children * self.limits.threads_per_child
        slots = tuple(range(self.children, self.limits.max_children))
        census = Census(max(0, active - held), active, self.children, 0, slots[:32])
        decision = decide(census, self.pace, self.limits, self.mpm)
        self.pace = decision.pace
        self.log += decision.log
        self.children += len(decision.spawn) - decision.kill_one
        return decision

    def series(self, held: int, ticks: int = 200) -> list[int]:
        """Return how many children there are, from change to change."""
        found = [self.children]
        for _ in range(ticks):
            self.tick(held)
            if self.children != found[-1]:
                found.append(self.children)
        return found


@pytest.mark.parametrize(
    ("mpm", "limits", "expected"),
    [
        ("event", DEBIAN_THREADS, [2, 3, 5]),
        ("worker", DEBIAN_THREADS, [2, 3, 5]),
        ("prefork", DEBIAN_PREFORK, [5, 6, 8, 12, 20, 36, 68, 100, 132]),
        ("event", LAB_EVENT, [2, 3, 5, 9, 16]),
        ("worker", LAB_EVENT, [2, 3, 5, 9, 16]),
        ("prefork", LAB_PREFORK, [5, 6, 8, 12, 20, 36, 68, 100, 132]),
    ],
)
def test_held_connections_make_it_grow(mpm: str, limits: Limits, expected: list[int]) -> None:
    assert Server(mpm, limits).series(HELD, ticks=8) == expected


@pytest.mark.parametrize(
    ("mpm", "limits", "grown", "rest"),
    [
        ("event", DEBIAN_THREADS, 5, 3),
        ("worker", DEBIAN_THREADS, 5, 3),
        ("event", LAB_EVENT, 16, 12),
        ("prefork", DEBIAN_PREFORK, 132, 10),
    ],
)
def test_without_them_one_child_leaves_a_tick(mpm: str, limits: Limits, grown: int, rest: int) -> None:
    server = Server(mpm, limits)
    server.children = grown
    assert server.series(0) == list(range(grown, rest - 1, -1))


@pytest.mark.parametrize(
    ("mpm", "number"), [("prefork", "AH00161"), ("worker", "AH00286"), ("event", "AH00484")]
)
def test_the_limit_is_reported_once(mpm: str, number: str) -> None:
    limits = replace(LAB_PREFORK, max_request_workers=50) if mpm == "prefork" else LAB_EVENT
    server = Server(mpm, limits)
    server.series(HELD)
    text = "server reached MaxRequestWorkers setting, consider raising the MaxRequestWorkers setting"
    assert [line for line in server.log if line[0] == "error"] == [("error", f"{number}: {text}")]
    assert server.children == limits.max_children
    assert server.pace.spawn_rate == 1


@pytest.mark.parametrize(("mpm", "number"), [("worker", "AH00287"), ("event", "AH10159")])
def test_near_the_limit_is_another_report(mpm: str, number: str) -> None:
    server = Server(mpm, LAB_EVENT)
    server.children = 16
    server.tick(75)
    server.tick(75)
    assert [text.split(":")[0] for _, text in server.log] == [number]
    assert server.tick(80).log[0][1].startswith(MPMS[mpm].log.at_limit)


@pytest.mark.parametrize(
    ("mpm", "number"), [("prefork", "AH00162"), ("worker", "AH00289"), ("event", "AH00486")]
)
def test_from_a_rate_of_eight_on_it_seems_busy(mpm: str, number: str) -> None:
    limits = (
        DEBIAN_PREFORK if mpm == "prefork" else replace(LAB_EVENT, max_request_workers=500, server_limit=100)
    )
    server = Server(mpm, limits)
    for rate in (1, 2, 4):
        decision = server.tick(1000)
        assert len(decision.spawn) == rate
        assert decision.log == ()
    level, text = server.tick(1000).log[0]
    assert level == "info"
    assert text.startswith(f"{number}: server seems busy, (you may need to increase StartServers, ")
    assert "spawning 8 children" in text


def test_the_rate_doubles_to_32_and_falls_back() -> None:
    limits = replace(DEBIAN_PREFORK, max_request_workers=256)
    server = Server("prefork", limits)
    assert [len(server.tick(1000).spawn) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 32, 32]
    server.tick(server.children - limits.min_spare)  # just enough
    assert len(server.tick(1000).spawn) == 1


@pytest.mark.parametrize("mpm", ["prefork", "worker", "event"])
def test_after_a_graceful_restart_the_rate_stays_for_ten_ticks(mpm: str) -> None:
    limits = (
        replace(DEBIAN_PREFORK, max_request_workers=256)
        if mpm == "prefork"
        else replace(LAB_EVENT, max_request_workers=1000, server_limit=200)
    )
    server = Server(mpm, limits, Pace(hold=HOLD_TICKS))
    assert [len(server.tick(1000).spawn) for _ in range(13)] == [1] * 11 + [2, 4]


@pytest.mark.parametrize("mpm", ["prefork", "worker", "event"])
@pytest.mark.parametrize(
    ("idle", "spawns", "kills"), [(9, 1, False), (10, 0, False), (60, 0, False), (61, 0, True)]
)
def test_the_borders_of_min_and_max_spare(mpm: str, idle: int, spawns: int, kills: bool) -> None:
    limits = replace(LAB_EVENT, threads_per_child=1) if mpm == "prefork" else LAB_EVENT
    decision = decide(Census(idle, 70, 14, 0, (14, 15)), Pace(), limits, MPMS[mpm])
    assert (len(decision.spawn), decision.kill_one) == (spawns, kills)


def test_event_does_not_count_leaving_children_for_the_limit() -> None:
    limits = replace(LAB_EVENT, server_limit=32)
    census = Census(idle=0, active=60, children=16, leaving=4, free_slots=tuple(range(16, 32)))
    assert decide(census, Pace(spawn_rate=8), limits, MPMS["event"]).spawn == (16, 17, 18, 19)
    at_limit = replace(census, leaving=0)
    decision = decide(at_limit, Pace(spawn_rate=8), limits, MPMS["event"])
    assert decision.spawn == ()
    assert decision.pace.spawn_rate == 1
    assert decision.log == ()


@pytest.mark.parametrize(("mpm", "kills"), [("event", False), ("worker", True), ("prefork", True)])
def test_event_lets_no_more_leave_where_slots_could_run_out(mpm: str, kills: bool) -> None:
    census = Census(idle=70, active=75, children=16, leaving=1, free_slots=())
    assert decide(census, Pace(), LAB_EVENT, MPMS[mpm]).kill_one is kills
    roomy = replace(LAB_EVENT, server_limit=33)
    assert decide(census, Pace(), roomy, MPMS[mpm]).kill_one is True


@pytest.mark.parametrize(("mpm", "number"), [("worker", "AH00288"), ("event", "AH03490")])
def test_a_full_scoreboard_is_told_each_time(mpm: str, number: str) -> None:
    census = Census(idle=0, active=40, children=16, leaving=8, free_slots=())
    for _ in range(2):
        decision = decide(census, Pace(spawn_rate=4), LAB_EVENT, MPMS[mpm])
        assert decision.log[0][1].startswith(f"{number}: scoreboard is full, not at MaxRequestWorkers")
        assert decision.pace.spawn_rate == 1


@pytest.mark.parametrize(("mpm", "number"), [("worker", "AH02325"), ("event", "AH02324")])
def test_it_gives_up_when_no_child_ever_got_ready(mpm: str, number: str) -> None:
    census = Census(idle=0, active=0, children=1, leaving=0, free_slots=(1,), healthy=False)
    decision = decide(census, Pace(sick=True), LAB_EVENT, MPMS[mpm])
    assert decision.give_up
    assert decision.log[0][1].startswith(f"{number}: A resource shortage")
    once_healthy = decide(census, Pace(sick=True, had_healthy_child=True), LAB_EVENT, MPMS[mpm])
    assert not once_healthy.give_up
    assert not once_healthy.pace.sick


def board_with(*statuses: Status, threads: int = 2) -> Scoreboard:
    """Return a scoreboard with a process in each of the first slots, of which each worker does that."""
    board = Scoreboard(8, 4)
    board.resize(threads, extended=False)
    for slot, status in enumerate(statuses):
        board.set_pid(slot, 1000 + slot)
        for worker in board.workers(slot):
            worker.set(status)
    return board


def census_of(board: Scoreboard, mpm: str) -> Census:
    return take_census(
        board, Limits(1, 1, 2, 8, 4, board.threads_per_child, 8 * board.threads_per_child), MPMS[mpm]
    )


@pytest.mark.parametrize("mpm", ["worker", "event"])
def test_a_starting_child_counts_as_idle(mpm: str) -> None:
    board = board_with(Status.DEAD, Status.STARTING, Status.READY, Status.WRITING, Status.GRACEFUL)
    census = census_of(board, mpm)
    assert (census.idle, census.active, census.children, census.leaving) == (6, 4, 5, 0)
    assert census.free_slots == (5, 6, 7)


@pytest.mark.parametrize(("mpm", "idle"), [("event", 0), ("worker", 2)])
def test_a_child_that_does_not_accept_is_not_idle_for_event(mpm: str, idle: int) -> None:
    board = board_with(Status.READY)
    board.process(0).not_accepting = 1
    assert census_of(board, mpm).idle == idle


@pytest.mark.parametrize("mpm", ["event", "worker"])
def test_children_that_leave_or_are_of_an_earlier_generation_are_not_idle(mpm: str) -> None:
    board = board_with(Status.READY, Status.READY)
    board.process(0).quiescing = 1
    board.whole.running_generation = 1
    census = census_of(board, mpm)
    assert (census.idle, census.children, census.leaving) == (0, 2, 1)


def test_worker_prefers_slots_in_which_nobody_works() -> None:
    board = board_with(Status.WRITING, Status.GRACEFUL, Status.READY)
    for slot in (0, 1):
        board.process(slot).quiescing = 1
        board.worker(slot, 0).set(Status.DEAD)
    assert census_of(board, "worker").free_slots == (1, 3, 4, 5, 6, 7, 0)
    assert census_of(board, "event").free_slots == (3, 4, 5, 6, 7)

"""Idle maintenance: once a second, are there enough idle workers, or too many?

A pure decision: what was counted and how fast it went so far give what is to be done
and said. It is httpd's perform_idle_server_maintenance (server/mpm/event/event.c,
worker.c and prefork.c); what differs between the three comes from the table of models.
"""

from dataclasses import dataclass, replace

from ..mpm import Mpm
from .limits import Limits
from .scoreboard import ProcessScore, Scoreboard, Status

MAX_SPAWN_RATE = 32
BUSY_SPAWN_RATE = 8  # from here on the log says that the server seems busy
HOLD_TICKS = 10  # after a graceful restart the spawn rate does not double for so long
AT_LIMIT = "server reached MaxRequestWorkers setting, consider raising the MaxRequestWorkers setting"
NEAR_LIMIT = (
    "server is within MinSpareThreads of MaxRequestWorkers, consider raising the MaxRequestWorkers setting"
)
NO_SLOT = "scoreboard is full, not at MaxRequestWorkers"
SICK = (
    "A resource shortage or other unrecoverable failure was encountered before any child process "
    "initialized successfully... the server is exiting!"
)


@dataclass(frozen=True)
class Pace:
    """What one tick leaves to the next.

    Attributes:
        spawn_rate: children that the next tick may start.
        hold: ticks with too few idle workers that leave the spawn rate as it is.
        at_limit_reported, near_limit_reported: this was said, and is not said again.
        sick: a child left for want of resources, and no tick has looked into that.
        had_healthy_child: in this generation a child got all its workers going.
    """

    spawn_rate: int = 1
    hold: int = 0
    at_limit_reported: bool = False
    near_limit_reported: bool = False
    sick: bool = False
    had_healthy_child: bool = False


@dataclass(frozen=True)
class Census:
    """What the scoreboard shows at a tick.

    Attributes:
        idle: workers that have nothing to do, or are starting: they were started a tick ago,
            and if they are not ready yet, more of them would only make it worse.
        active: workers that are there and not leaving, idle or not.
        children: processes that are there.
        leaving: those of them that are going down gracefully.
        free_slots: where children can be started, the best first.
        healthy: a child has all its workers going.
    """

    idle: int
    active: int
    children: int
    leaving: int
    free_slots: tuple[int, ...]
    healthy: bool = True


@dataclass(frozen=True)
class Decision:
    """What a tick does.

    Attributes:
        pace: for the next tick.
        spawn: slots to start children in.
        kill_one: one child is told to leave.
        give_up: no child ever got ready, and there is no sense in going on.
        log: (level, text) to be written before anything is done.
    """

    pace: Pace
    spawn: tuple[int, ...] = ()
    kill_one: bool = False
    give_up: bool = False
    log: tuple[tuple[str, str], ...] = ()


def usable_slots(limits: Limits, mpm: Mpm) -> int:
    """Return how many slots children may have: all, where those that leave do not count for the limit."""
    return limits.server_limit if leaving_are_extra(mpm) else limits.max_children


def leaving_are_extra(mpm: Mpm) -> bool:
    """Event's children that are leaving keep their slots, and do not count for MaxRequestWorkers."""
    return mpm.is_threaded and not mpm.shares_slots


def take_census(board: Scoreboard, limits: Limits, mpm: Mpm) -> Census:
    """Count the workers of all slots that the model may use."""
    idle = active = children = leaving = 0
    healthy = False
    free: list[int] = []
    shared: list[int] = []
    for slot in range(usable_slots(limits, mpm)):
        process = board.process(slot)
        if process.pid == 0:
            free.append(slot)
            if slot >= board.used and len(free) >= MAX_SPAWN_RATE:
                break
            continue
        statuses = board.statuses(slot)
        here = sum(Status.READY <= status < Status.GRACEFUL for status in statuses)
        children += 1
        active += here
        healthy |= here == len(statuses)
        leaving += process.quiescing != 0
        if _counts_as_idle(process, board.whole.running_generation, mpm):
            idle += sum(status <= Status.READY for status in statuses)
        if mpm.shares_slots and process.quiescing and Status.DEAD in statuses:
            (free if here == 0 else shared).append(slot)
    return Census(idle, active, children, leaving, tuple((free + shared)[:MAX_SPAWN_RATE]), healthy)


def _counts_as_idle(process: ProcessScore, running: int, mpm: Mpm) -> bool:
    """Say whether the free workers of a process can be given something to do."""
    if mpm.leaving_are_idle:
        return True
    accepting = mpm.not_accepting_are_idle or not process.not_accepting
    return accepting and not process.quiescing and process.generation == running


def decide(census: Census, pace: Pace, limits: Limits, mpm: Mpm) -> Decision:
    """Return what a tick does with what was counted."""
    pace = replace(pace, had_healthy_child=pace.had_healthy_child or census.healthy)
    if pace.sick and mpm.is_threaded and not pace.had_healthy_child:
        return Decision(pace, give_up=True, log=(("alert", f"{mpm.log.sick}: {SICK}"),))
    pace = replace(pace, sick=False)
    slow = replace(pace, spawn_rate=1)
    if census.idle > limits.max_spare:
        return Decision(slow, kill_one=_may_one_more_leave(census, limits, mpm))
    if census.idle >= limits.min_spare:
        return Decision(slow)
    at_limit = leaving_are_extra(mpm) and census.active >= limits.max_request_workers
    if at_limit or not census.free_slots:
        return _report_full(census, slow, limits, mpm)
    return _spawn(census, pace, limits, mpm)


def _may_one_more_leave(census: Census, limits: Limits, mpm: Mpm) -> bool:
    """Where leaving children keep their slots, enough must be left for a graceful restart."""
    if not leaving_are_extra(mpm) or census.leaving == 0:
        return True
    return limits.server_limit - census.children > limits.max_children


def _report_full(census: Census, slow: Pace, limits: Limits, mpm: Mpm) -> Decision:
    """Say why no child can be started; that MaxRequestWorkers is reached, or nearly so, only once."""
    if mpm.is_threaded and census.active < limits.max_request_workers:
        advice = ".Increase ServerLimit." if leaving_are_extra(mpm) else ""
        return Decision(slow, log=(("error", f"{mpm.log.full}: {NO_SLOT}{advice}"),))
    if mpm.is_threaded and census.idle > 0:
        text, reported = f"{mpm.log.near_limit}: {NEAR_LIMIT}", slow.near_limit_reported
        slow = replace(slow, near_limit_reported=True)
    else:
        text, reported = f"{mpm.log.at_limit}: {AT_LIMIT}", slow.at_limit_reported
        slow = replace(slow, at_limit_reported=True)
    return Decision(slow, log=() if reported else (("error", text),))


def _spawn(census: Census, pace: Pace, limits: Limits, mpm: Mpm) -> Decision:
    """Start as many children as the spawn rate says, and double it for the next tick."""
    slots = census.free_slots[: pace.spawn_rate]
    if leaving_are_extra(mpm):
        slots = slots[: max(0, limits.max_children - (census.children - census.leaving))]
        if not slots:
            return Decision(replace(pace, spawn_rate=1))
    log = (
        (("info", _seems_busy(census, pace, len(slots), mpm)),) if pace.spawn_rate >= BUSY_SPAWN_RATE else ()
    )
    if pace.hold:
        pace = replace(pace, hold=pace.hold - 1)
    else:
        pace = replace(pace, spawn_rate=min(MAX_SPAWN_RATE, 2 * pace.spawn_rate))
    return Decision(pace, spawn=slots, log=log)


def _seems_busy(census: Census, pace: Pace, spawning: int, mpm: Mpm) -> str:
    need, idle = "ThreadsPerChild or Min/MaxSpareThreads", f"around {census.idle} idle threads"
    if not mpm.is_threaded:
        need, idle = "or Min/MaxSpareServers", f"{census.idle} idle"
        spawning = pace.spawn_rate  # httpd's prefork says what it would like to do
    total = f"and {census.children} total children"
    if leaving_are_extra(mpm):
        active = census.children - census.leaving
        total = f"{active} active children, and {census.leaving} children that are shutting down"
    return (
        f"{mpm.log.busy}: server seems busy, (you may need to increase StartServers, {need}), "
        f"spawning {spawning} children, there are {idle}, {total}"
    )

"""The size of a server over time, and whether it came to its limit."""

from typing import Any

import pytest

from tests.support.traces import Written, accept, get, ok
from tracekit.analyzers.scaling import Scaling
from tracekit.report.charts import growth_chart

FORK = "clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f)"
LOOK = "wait4(-1, 0x7f, WNOHANG, NULL) = 0"


def told(log: Written) -> dict[str, Any]:
    return Scaling().answer(log.read()).to_json()


class Prefork:
    """A parent that looks at its children once a second, and children of one thread."""

    def __init__(self, log: Written) -> None:
        self.log, self.pid, self.number = log, 100, 4000
        log.add(10, 'execve("/bin/x", ["x"], 0x7f /* 9 vars */) = 0', "listen(3, 511) = 0")

    def look(self, makes: int = 0) -> None:
        """Let a second pass, and the parent look; the children that it makes wait for clients."""
        self.log.now += 1
        self.log.add(10, LOOK)
        for _ in range(makes):
            self.pid += 1
            self.log.add(10, f"{FORK} = {self.pid}")
            self.log.add(
                self.pid, "setuid(33) = 0", "accept4(3, 0x7f, [128], SOCK_CLOEXEC) = ? ERESTARTSYS (x)"
            )

    def hold(self, *pids: int) -> None:
        """Let clients come that send a request and wait for ever."""
        for pid in pids:
            self.number += 1
            self.log.add(pid, accept(7, self.number), get(7, "/slow"))


def test_steps_peaks_and_spawns(log: Written) -> None:
    server = Prefork(log)
    server.look(2)
    server.hold(101, 102)
    server.look(1)
    server.look(2)
    log.add(103, accept(7, 4050), get(7, "/"), ok(7), "close(7) = 0")
    found = told(log)
    assert [step["processes"] for step in found["steps"]] == [2, 3, 5]
    assert (found["peak_processes"], found["peak_threads"], found["peak_connections"]) == (5, 5, 3)
    assert [(one["parent"], one["pid"]) for one in found["spawns"]] == [(10, pid) for pid in range(101, 106)]
    assert found["timeline"][-1]["connections"] == 2


def test_a_parent_that_made_more_before_and_no_more_now_is_at_its_limit(log: Written) -> None:
    server = Prefork(log)
    server.look(2)
    server.hold(101, 102)
    server.look(1)
    server.hold(103)
    for _ in range(5):
        server.look()
    found = told(log)
    assert found["limit_reached"] is True
    assert "3 processes and 0 idle" in found["limit_reason"]


def test_a_server_with_idle_processes_is_not(log: Written) -> None:
    server = Prefork(log)
    server.look(3)
    server.hold(101)
    for _ in range(5):
        server.look()
    assert told(log)["limit_reached"] is False


def test_whether_a_few_idle_ones_are_enough_is_not_guessed(log: Written) -> None:
    server = Prefork(log)
    server.look(3)
    server.look()
    server.hold(101, 102, 103)
    server.look(2)
    for _ in range(5):
        server.look()
    found = told(log)
    assert (found["limit_reached"], found["peak_processes"]) == (None, 5)
    assert "does not tell" in found["limit_reason"]


def test_one_look_is_enough_where_nothing_was_idle_for_long(log: Written) -> None:
    server = Prefork(log)
    server.look(2)
    server.hold(101, 102)
    server.look(1)
    server.hold(103)
    server.look()  # the youngest process may not have begun
    for pid in (101, 102, 103):
        log.add(pid, "brk(NULL) = 0x1")
    log.now += 1
    server.look()
    assert told(log)["limit_reached"] is True


@pytest.mark.parametrize("held", [0, 1, 3])
def test_a_parent_that_was_not_seen_making_any(log: Written, held: int) -> None:
    """Where all are busy and it makes none it cannot; how few idle ones are too few for it, nothing shows."""
    for pid in (101, 102, 103):
        log.add(pid, accept(7, pid), get(7, "/"), ok(7), "close(7) = 0", "getppid() = 10")
    log.add(10, LOOK)
    for pid in (101, 102, 103)[:held]:
        log.add(pid, accept(7, 4000 + pid), get(7, "/slow"))
    for _ in range(3):
        log.now += 1
        log.add(10, LOOK)
    assert told(log)["limit_reached"] is {0: False, 1: None, 3: True}[held]


@pytest.mark.parametrize("noted", [True, False])
def test_processes_that_are_held_since_before_the_trace(log: Written, *, noted: bool) -> None:
    """Only a note tells whose they are; without it they may be any program's."""
    if noted:
        log.notes(*({"pid": pid, "ppid": 10, "cmdline": ["x"], "tids": [pid]} for pid in (101, 102, 103)))
    log.add(10, LOOK)
    for pid in (101, 102):
        log.lines.append(
            f"{pid} {log.now:.6f} restart_syscall(<... resuming interrupted system call ...> <unfinished ...>"
        )
    log.add(103, accept(7, 4000), get(7, "/slow"))
    for _ in range(3):
        log.now += 1
        log.add(10, LOOK)
    found = told(log)
    assert (found["peak_processes"], found["limit_reached"]) == ((3, True) if noted else (1, None))
    assert noted or "not counted, as what they do is not shown: 2 processes" in found["reason"]


def test_processes_that_wait_for_the_lock_of_those_that_serve_are_idle_ones(log: Written) -> None:
    lock = "futex(0x7f00, FUTEX_LOCK_PI, NULL"
    log.add(10, LOOK)
    log.add(
        101,
        "close(9) = 0",
        f"{lock}) = 0",
        "epoll_wait(5, [{events=EPOLLIN, data=0}], 1, -1) = 1",
        accept(7, 4000),
    )
    log.add(101, get(7, "/slow"))
    log.lines.append(f"102 {log.now:.6f} {lock} <unfinished ...>")
    log.add(10, LOOK)
    assert told(log)["peak_processes"] == 2


def test_a_process_in_place_of_one_that_ended_shows_no_want_of_more(log: Written) -> None:
    server = Prefork(log)
    server.look(6)
    server.look()
    log.lines.append(f"101 {log.now:.6f} +++ killed by SIGSEGV +++")
    server.look(1)  # though five are idle
    server.hold(102)
    for _ in range(4):
        server.look()
    assert told(log)["limit_reached"] is not True


def test_another_program_beside_the_server_hides_nothing(log: Written) -> None:
    server = Prefork(log)
    server.look(2)
    log.add(500, "brk(NULL) = 0x1", "clone(child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD) = 501")
    log.add(501, "futex(0x7f, FUTEX_WAIT_PRIVATE, 0, NULL) = 0", "brk(NULL) = 0x2")
    server.hold(101, 102)
    for _ in range(4):
        server.look()
    assert told(log)["limit_reached"] is True


def test_processes_that_are_made_for_connections_have_no_parent_that_looks(log: Written) -> None:
    log.add(10, "poll(NULL, 0, 500) = 0 (Timeout)")  # had there been threads, they would have waited, too
    for child in range(20, 60):
        log.add(10, accept(7, 4000 + child), f"{FORK} = {child}", "close(7) = 0")
        log.add(child, get(7, "/"), ok(7), "close(7) = 0", "exit_group(0) = ?")
        log.lines.append(f"{child} {log.now:.6f} +++ exited with 0 +++")
        log.now += 1
    found = told(log)
    assert (found["limit_reached"], len(found["steps"])) == (None, 80)
    assert "made for their connections" in found["limit_reason"]
    assert found["reason"] == "processes: 2 -> 1 -> 2 -> 1 -> 2 -> 1 -> 2 -> 1 -> 2 -> 1 -> 2 -> ... -> 1"


def test_without_the_parent_nothing_is_said_of_a_limit(log: Written) -> None:
    log.add(101, accept(7, 4000), get(7, "/"), ok(7), "close(7) = 0")
    found = told(log)
    assert (found["verdict"], found["limit_reached"]) == ("found", None)
    assert "more may have come and gone unseen" in found["reason"]


def test_what_the_server_says_itself_does_not_count(log: Written) -> None:
    server = Prefork(log)
    server.look(2)
    server.look()
    log.add(10, 'write(2, "AH00161: server reached MaxRequestWorkers setting\\n", 49) = 49')
    for _ in range(4):
        server.look()
    assert told(log)["limit_reached"] is False


def test_without_times_it_is_told_which_processes_were_made(log: Written) -> None:
    server = Prefork(log)
    server.look(2)
    server.hold(101, 102)
    log.lines = [
        " ".join(word for place, word in enumerate(line.split(" ")) if place != 1) for line in log.lines
    ]
    found = told(log)
    assert (found["verdict"], found["peak_processes"]) == ("undetermined", None)
    assert [(one["parent"], one["pid"]) for one in found["spawns"]] == [(10, 101), (10, 102)]


def test_the_launcher_and_its_programs_are_not_counted(log: Written) -> None:
    log.add(1, 'execve("/bin/sh", ["sh"], 0x7f /* 9 vars */) = 0', f"{FORK} = 2", f"{FORK} = 3")
    log.add(2, 'execve("/bin/serve", ["serve"], 0x7f /* 9 vars */) = 0', accept(7, 4000), get(7, "/"), ok(7))
    log.add(3, 'execve("/bin/sleep", ["sleep"], 0x7f /* 9 vars */) = 0')
    log.add(1, "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 3")
    assert told(log)["peak_processes"] == 1


@pytest.mark.parametrize("calls", [["brk(NULL) = 0x1"], ["socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3"]])
def test_a_log_of_no_server(log: Written, calls: list[str]) -> None:
    log.add(10, *calls)
    answer = Scaling().answer(log.read())
    assert not answer.determined
    assert answer.peak_processes is None


def test_the_chart_shows_what_was_there() -> None:
    counts = [(0, 1), (5, 4), (10, 0)]
    points = [{"time_ns": at * 10**9, "processes": n, "threads": n, "connections": n} for at, n in counts]
    for plain, full in ((True, "#"), (False, "█")):
        lines = growth_chart({"timeline": points}, 40, plain)
        assert max(map(len, lines)) <= 40
        assert lines[1].count(full) == lines[2].count(full) > 10  # the time with 4
        assert lines[4].count(full) == 32  # the time with any
        assert lines[-1].split() == ["0", "s", "10.0", "s"]
        assert plain == all(line.isascii() for line in lines)

"""Thread groups: what logs state, and what is inferred, against apache's own word and /proc."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from tracekit.events import read_trace
from tracekit.events.columns import Columns, join_rows
from tracekit.events.groups import Groups, infer_groups
from tracekit.events.sources import Source, read_blocks
from tracekit.stream import Reader, read_block
from tracekit.stream.forms import Form, Says

TRACES = Path(__file__).resolve().parents[2] / "fixtures" / "traces"
ATTACHED = ("event-attach", "worker-attach", "prefork-attach")
SERVED = ("apache-event", "apache-event-plain", "apache-worker", "apache-worker-plain", "apache-prefork")
CONNECTION = "TCP:[127.0.0.1:80->127.0.0.1:{}]"
WAIT = "futex(0x7f0, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, FUTEX_BITSET_MATCH_ANY"


def groups(*lines: str) -> Groups:
    reader = Reader()
    for line in lines:
        reader.feed(line)
    reader.finish()
    return infer_groups(join_rows([reader.rows]))


def events_of(name: str, hidden: frozenset[str] = frozenset()) -> Columns:
    """Read a recorded trace, without the calls that name the process."""
    reader = Reader(name)
    for block in read_blocks(Source(str(TRACES / f"{name}.strace.gz"))):
        read_block(reader, block)
    reader.finish()
    forms = reader.rows.forms
    reader.rows.forms = [Form(Says.CALL, "hidden") if form.name in hidden else form for form in forms]
    return join_rows([reader.rows])


@pytest.mark.parametrize(
    "hidden", [frozenset(), frozenset({"getpid", "gettid"})], ids=["all", "without getpid"]
)
@pytest.mark.parametrize("name", ATTACHED)
def test_attached_to_a_running_server(name: str, hidden: frozenset[str]) -> None:
    truth = {int(tid): pid for tid, pid in json.loads((TRACES / f"{name}.truth.json").read_text()).items()}
    found = infer_groups(events_of(name, hidden))
    seen = found.pids.keys() & truth.keys()
    assert {tid: found.pid(tid) for tid in seen} == {tid: truth[tid] for tid in seen}
    assert len(seen) == len(truth)
    assert bool(found.reasons) == any(not found.is_known(tid) for tid in seen)


@pytest.mark.parametrize(
    "hidden", [frozenset(), frozenset({"getpid", "gettid"})], ids=["all", "without getpid"]
)
@pytest.mark.parametrize("name", SERVED)
def test_who_served(name: str, hidden: frozenset[str]) -> None:
    requests = json.loads((TRACES / f"{name}.truth.json").read_text())["requests"]
    found = infer_groups(events_of(name, hidden))
    truth = {request["tid"]: request["pid"] for request in requests if request["tid"] in found.pids}
    assert truth
    assert {tid: found.pid(tid) for tid in truth} == truth


def test_files_of_one_task_each() -> None:
    trace = read_trace(TRACES / "apache-event-ff")
    requests = json.loads((TRACES / "apache-event-ff.truth.json").read_text())["requests"]
    truth = {request["tid"]: request["pid"] for request in requests if request["tid"]}
    pids = {row.tid: row.pid for row in trace.rows()}
    assert truth
    assert {tid: pids[tid] for tid in truth} == truth
    assert len(trace.unparsed) == 0


def test_clone_flags_state_the_group() -> None:
    found = groups(
        '10 execve("/bin/x", ["x"], NULL) = 0',
        "10 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD) = 11",
        "11 clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7f} => {parent_tid=[12]}, 88) = 12",
        "12 fork() = 13",
        "13 getpid() = 13",
        "12 close(3) = 0",
    )
    assert found.pids == {10: 10, 11: 11, 12: 11, 13: 13}
    assert set(found.known) == {10, 11, 12, 13}
    assert not found.reasons


def test_notes_state_the_group() -> None:
    found = groups(
        '# tracekit process {"pid": 10, "tids": [10, 11]}',
        '# tracekit task {"tid": 12, "pid": 10}',
        "11 close(3) = 0",
        "12 close(3) = 0",
    )
    assert (found.pid(11), found.pid(12), set(found.known)) == (10, 10, {10, 11, 12})


def test_execve_in_a_thread_keeps_the_leader() -> None:
    found = groups("12 close(3) = 0", "11 +++ superseded by execve in pid 12 +++", "11 close(3) = 0")
    assert found.pids == {11: 11, 12: 11}


def test_getpid_across_a_pid_namespace_says_nothing() -> None:
    found = groups("4000 getpid() = 7", "4000 gettid() = 7", "4001 getpid() = 7", "4001 gettid() = 9")
    assert found.pids == {4000: 4000, 4001: 4001}
    assert not found.known


def test_siblings_with_the_same_listener_and_addresses_stay_apart() -> None:
    found = groups(
        "12 accept4(3<TCP:[127.0.0.1:80]>, NULL, NULL, 0 <unfinished ...>",
        "11 accept4(3<TCP:[127.0.0.1:80]>, NULL, NULL, 0 <unfinished ...>",
        "12 <... accept4 resumed>) = 9<TCP:[a->b]>",
        "11 <... accept4 resumed>) = 9<TCP:[a->c]>",
        '11 write(2</log>, "x", 1) = 1',
        '12 write(2</log>, "x", 1) = 1',
    )
    assert found.pids == {11: 11, 12: 12}


def test_a_connection_that_a_forked_child_inherits_joins_nobody() -> None:
    found = groups(
        f"11 accept4(3, NULL, NULL, 0) = 9<{CONNECTION.format(4)}>",
        "11 clone(child_stack=NULL, flags=SIGCHLD) = 12",
        f'12 read(9<{CONNECTION.format(4)}>, "x", 1) = 1',
    )
    assert found.pids == {11: 11, 12: 12}


def test_tasks_that_share_a_connection_are_threads() -> None:
    found = groups(
        f"{WAIT} <unfinished ...>".replace("futex", "16 futex", 1),
        f"{WAIT} <unfinished ...>".replace("futex", "13 futex", 1),
        "16 <... futex resumed>) = 0",
        f"16 accept4(3, NULL, NULL, 0) = 9<{CONNECTION.format(4)}>",
        f'13 read(9<{CONNECTION.format(4)}>, "x", 1) = 1',
    )
    assert found.pid(16) == found.pid(13) == 13
    assert not found.is_known(16)
    assert found.reasons


@pytest.mark.parametrize("futex", ["futex", "futex_time64"])
def test_a_log_without_its_head_gives_no_order(futex: str) -> None:
    lines = [f"{tid} {WAIT} <unfinished ...>".replace("futex", futex) for tid in (14, 13)]
    together = groups(*lines, "12 read(4<pipe:[1]>,  <unfinished ...>")
    assert together.pids == {14: 12, 13: 12, 12: 12}
    apart = groups(f"15 <... {futex} resumed>) = 0", *lines, "12 read(4<pipe:[1]>,  <unfinished ...>")
    assert apart.pids == {15: 15, 14: 14, 13: 13, 12: 12}


@pytest.mark.parametrize("select", ["select", "_newselect", "pselect6_time64"])
def test_who_waits_for_connections_may_be_a_thread_of_those_before(select: str) -> None:
    lines = [
        f"14 {WAIT} <unfinished ...>".replace("14 futex", "14 futex_time64"),
        f"13 {WAIT} <unfinished ...>",
        f"12 {select}(4, [3], NULL, NULL, NULL <unfinished ...>",
    ]
    assert groups(f"15 {select}(4, [3], NULL, NULL, NULL <unfinished ...>", *lines[:2]).pid(15) == 13
    assert groups(*lines).pids == {14: 12, 13: 12, 12: 12}


@pytest.mark.parametrize(
    "looks_after_children",
    [
        "wait4(-1, NULL, 0, NULL",
        "waitpid(-1, NULL, 0",
        "_newselect(0, NULL, NULL, NULL, {tv_sec=1, tv_usec=0}",
        "rt_sigsuspend([], 8",
    ],
)
def test_who_looks_after_children_has_no_threads_behind_it(looks_after_children: str) -> None:
    lines = [f"{tid} {WAIT} <unfinished ...>" for tid in (14, 13)]
    assert groups(*lines, f"12 {looks_after_children} <unfinished ...>").pids == {14: 13, 13: 13, 12: 12}


def test_threads_of_one_child_stay_out_of_the_other_whose_thread_stands_behind_them() -> None:
    """As two children of apache's event MPM were attached to whose main threads stopped early and late."""
    found = groups(
        "2 read(4<pipe:[1]>,  <unfinished ...>",
        "9 epoll_wait(7<anon_inode:[eventpoll]>,  <unfinished ...>",
        *(f"{tid} {WAIT} <unfinished ...>" for tid in (8, 7)),
        "6 epoll_wait(7<anon_inode:[eventpoll]>,  <unfinished ...>",
        *(f"{tid} {WAIT} <unfinished ...>" for tid in (5, 4)),
        "1 read(4<pipe:[1]>,  <unfinished ...>",
        "6 futex(0x7f0, FUTEX_WAKE_PRIVATE, 1) = 1",
        "5 <... futex resumed>) = 0",
        "5 getpid() = 1",
    )
    assert found.pids == {1: 1, 4: 1, 5: 1, 6: 1, 2: 2, 7: 2, 8: 2, 9: 2}


def test_threads_behind_a_main_thread_may_be_those_of_the_process_before() -> None:
    """As two workers of nginx with pools of threads were attached to while some of them started late."""
    lines = [
        *(f"{tid} {WAIT} <unfinished ...>" for tid in (14, 13, 6, 4)),
        "2 epoll_wait(7<anon_inode:[eventpoll]>,  <unfinished ...>",
        "1 rt_sigsuspend([], 8 <unfinished ...>",
        *(f"{tid} {WAIT} <unfinished ...>" for tid in (12, 11)),
        "3 epoll_wait(8<anon_inode:[eventpoll]>,  <unfinished ...>",
        f"5 {WAIT} <unfinished ...>",
    ]
    found = groups(*lines)
    assert found.pid(5) not in {found.pid(11), 3, 1}
    assert groups(*lines[:-1], lines[-1].replace("5 ", "10 ", 1)).pid(10) == found.pid(11) == 3


def test_groups_are_disjoint() -> None:
    found = infer_groups(events_of("event-attach"))
    members = defaultdict(set)
    for tid, pid in found.pids.items():
        members[pid].add(tid)
    assert all(pid in tids for pid, tids in members.items())


def test_a_tid_that_is_used_again_is_another_task() -> None:
    found = groups(
        "10 clone(child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD|CLONE_SIGHAND) = 12",
        "12 close(3) = 0",
        "12 +++ exited with 0 +++",
        "10 clone(child_stack=NULL, flags=SIGCHLD) = 12",
        "12 close(3) = 0",
        "12 clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7f} => {parent_tid=[13]}, 88) = 13",
        "13 close(3) = 0",
        '10 execve("/bin/x", ["x"], NULL) = 0',
    )
    assert found.reused == {12: [2]}
    assert [found.pid(12, number) for number in (1, 2, 4, 5)] == [10, 10, 12, 12]
    assert found.pid(13, 6) == 12
    assert found.is_known(12, 1)
    assert found.is_known(12, 4)


def test_a_tid_whose_end_is_not_in_the_log_is_told_by_the_fork() -> None:
    found = groups(
        "10 fork() = 12",
        "12 getpid() = 12",
        "10 clone(child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD <unfinished ...>",
        "12 close(3) = 0",
        "10 <... clone resumed>) = 12",
        '10 execve("/bin/x", ["x"], NULL) = 0',
    )
    assert found.reused == {12: [2]}
    assert [found.pid(12, number) for number in (1, 3)] == [12, 10]


def test_a_child_that_runs_before_its_fork_returns_is_one_task() -> None:
    found = groups(
        "10 fork( <unfinished ...>", "12 getpid() = 12", "10 <... fork resumed>) = 12", "12 pause() = ?"
    )
    assert found.reused == {}


@pytest.mark.parametrize(("made", "pid"), [((), 2), (("0 0.5 fork() = 4",), 1)])
def test_who_came_after_a_connection_and_ended_may_have_been_forked_for_it(
    made: tuple[str, ...], pid: int
) -> None:
    """Where forks were not traced; else whoever has the connection is a thread."""
    peer = f"5<{CONNECTION.format(900)}>"
    found = groups(
        *made,
        f"1 1.0 accept4(3<TCP:[127.0.0.1:80]>, NULL, NULL, 0) = {peer}",
        f'2 1.1 recvfrom({peer}, "x", 9, 0, NULL, NULL) = 1',
        "2 1.2 +++ exited with 0 +++",
    )
    assert found.pid(2) == pid

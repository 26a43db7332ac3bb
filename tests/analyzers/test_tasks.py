"""Processes and threads: who made them, which part each has, and how they ended."""

from typing import Any

import pytest

from tests.support.traces import Written, accept, get, ok, recorded, truth
from tracekit.analyzers.tasks import Tasks

FORK = "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f)"
THREAD = (
    "clone3({{flags=CLONE_VM|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD, stack=0x7f}} => "
    "{{parent_tid=[{0}]}}, 88) = {0}"
)
WAITS = "futex(0x7f1160, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, NULL, FUTEX_BITSET_MATCH_ANY) = 0"
WAKES = "futex(0x7f1160, FUTEX_WAKE_PRIVATE, 1) = 1"


def told(log: Written) -> dict[int | None, dict[str, Any]]:
    return {one["pid"]: one for one in Tasks().answer(log.read()).to_json()["processes"]}


def roles(process: dict[str, Any]) -> dict[int, str]:
    return {thread["tid"]: thread["role"] for thread in process["threads"]}


def threaded(log: Written, parent: int = 10, child: int = 20) -> None:
    """A parent makes a child of threads as httpd's do: starter, two workers, listener."""
    log.add(parent, "listen(3, 511) = 0", f"{FORK} = {child}")
    log.add(child, "setuid(33) = 0", THREAD.format(child + 1))
    log.add(child + 1, *(THREAD.format(child + n) for n in (2, 3, 4)), "exit(0) = ?")
    log.lines.append(f"{child + 1} {log.now:.6f} +++ exited with 0 +++")
    log.add(child + 2, WAITS)
    log.add(child + 3, WAITS)
    log.add(child + 4, accept(7, 4000), WAKES)
    log.add(child + 2, get(7, "/"), ok(7), "close(7) = 0", WAITS)
    log.add(child, 'read(5, "!", 1) = 1')
    log.add(parent, "wait4(-1, 0x7f, WNOHANG, NULL) = 0")


def test_who_is_made_with_a_stack_of_its_own_is_told_by_the_flags(log: Written) -> None:
    """Neither the child nor the thread was traced further: strace without -f."""
    flags = "CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD"
    log.notes({"pid": 10})
    log.add(10, f"clone(child_stack=0x7f00, flags={flags}) = 11")
    log.add(10, "clone(child_stack=0x7f00, flags=CLONE_VM|CLONE_VFORK|SIGCHLD) = 20")
    found = told(log)
    assert {pid: (one["ppid"], list(roles(one))) for pid, one in found.items()} == {
        10: (None, [10, 11]),
        20: (10, [20]),
    }


def test_the_parts_in_a_threaded_server(log: Written) -> None:
    threaded(log)
    found = told(log)
    assert {pid: (one["ppid"], one["role"], one["user"]) for pid, one in found.items()} == {
        10: (None, "parent", None),
        20: (10, "worker", "33"),
    }
    assert roles(found[20]) == {20: "main", 21: "starter", 22: "worker", 23: "worker", 24: "listener"}


def test_a_shell_that_starts_a_server_is_no_part_of_it(log: Written) -> None:
    log.add(1, 'execve("/bin/sh", ["sh", "-c", "serve"], 0x7f /* 9 vars */) = 0', f"{FORK} = 2")
    log.add(2, 'execve("/bin/serve", ["serve", "x y"], 0x7f /* 9 vars */) = 0', accept(7, 4000))
    log.add(2, get(7, "/"), ok(7))
    log.add(1, "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 2")
    found = told(log)
    assert (found[1]["role"], found[2]["role"], found[2]["command"]) == ("launcher", "worker", "serve x y")
    assert found[2]["exit"] == "exited with 3"


def test_programs_of_a_server(log: Written) -> None:
    """A piped log of the parent, and what a worker starts for a request."""
    log.add(10, f"{FORK} = 11", f"{FORK} = 20")
    log.add(11, 'execve("/bin/log", ["log"], 0x7f /* 9 vars */) = 0', 'read(0, "line\\n", 4096) = 5')
    log.add(20, accept(7, 4000), get(7, "/x.cgi"), f"{FORK} = 30")
    log.add(30, 'execve("/x.cgi", ["x.cgi"], 0x7f /* 9 vars */) = 0')
    log.add(20, ok(7))
    log.add(10, "wait4(-1, 0x7f, WNOHANG, NULL) = 0")
    found = told(log)
    assert {pid: one["role"] for pid, one in found.items()} == {
        10: "parent",
        11: "logger",
        20: "worker",
        30: "program",
    }


def test_a_number_that_is_used_again_is_another_process(log: Written) -> None:
    for status in (1, 2):
        log.add(10, f"{FORK} = 20")
        log.add(20, f"exit_group({status}) = ?")
        log.lines.append(f"20 {log.now:.6f} +++ exited with {status} +++")
    ends = [one["exit"] for one in Tasks().answer(log.read()).to_json()["processes"]]
    assert ends == ["exited with 1", "exited with 2", None]  # whose first thread 10 is, nothing shows


def test_they_stand_in_the_order_of_their_ids(log: Written) -> None:
    log.add(30, "getppid() = 10", f"{THREAD.format(33)}", f"{THREAD.format(32)}")
    log.add(20, "getppid() = 10")
    found = Tasks().answer(log.read()).processes
    assert [(one.pid, [thread.tid for thread in one.threads]) for one in found] == [
        (20, [20]),
        (30, [30, 32, 33]),
    ]


def test_an_exec_by_a_thread_ends_the_others(log: Written) -> None:
    log.add(10, THREAD.format(11), THREAD.format(12))
    log.add(12, 'execve("/bin/x", ["x"], 0x7f /* 9 vars */ <pid changed to 10 ...>'.removesuffix(">") + ">")
    log.lines[-1] = log.lines[-1].rpartition(" <0.0")[0]
    log.lines += [
        f"10 {log.now:.6f} +++ superseded by execve in pid 12 +++",
        f"10 {log.now:.6f} <... execve resumed>) = 0 <0.0001>",
    ]
    log.add(10, "brk(NULL) = 0x1")
    (process,) = Tasks().answer(log.read()).to_json()["processes"]
    assert process["command"] == "x"
    assert {one["tid"] for one in process["threads"] if one["ended_ns"] is None} == {10}


def test_who_was_not_traced_is_known_from_who_made_it(log: Written) -> None:
    log.add(
        10,
        f"{FORK} = 20",
        "wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGBUS && WCOREDUMP(s)}], 0, NULL) = 20",
    )
    child = told(log)[20]
    assert (child["ppid"], child["exit"]) == (10, "killed by SIGBUS (core dumped)")
    assert [one["traced"] for one in child["threads"]] == [False]


def test_a_wait_that_was_begun_before_its_child_ends_counts_at_its_return(log: Written) -> None:
    log.add(10, f"{FORK} = 20")
    log.lines.append(f"10 {log.now + 0.0001:.6f} wait4(-1,  <unfinished ...>")
    log.add(20, "brk(NULL) = 0x1", "exit_group(3) = ?")
    log.lines.append(f"20 {log.now + 0.0001:.6f} +++ exited with 3 +++")
    ended = "<... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 20"
    log.lines.append(f"10 {log.now + 0.0002:.6f} {ended} <0.002>")
    processes = Tasks().answer(log.read()).processes
    assert [(one.pid, one.exit) for one in processes] == [(10, None), (20, "exited with 3")]


def test_a_clone3_that_does_not_show_its_flags_makes_nothing_certain(log: Written) -> None:
    log.add(10, accept(7, 4000), "clone3(0x7ffd4c6b50e0, 88) = 11")
    log.add(11, "rseq(0x7f65, 0x20, 0, 0x53053053) = 0", WAITS)
    assert 11 not in told(log)


def test_notes_tell_command_user_and_parent(log: Written) -> None:
    log.notes({"pid": 10, "ppid": 1, "comm": "x", "uid": 0, "cmdline": ["x", "-f", "c"], "tids": [10, 11]})
    log.add(10, "getppid() = 1")
    process = told(log)[10]
    assert (process["ppid"], process["user"], process["command"]) == (1, "root", "x -f c")
    assert roles(process) == {10: "idle", 11: "idle"}


def test_a_log_that_names_no_task(log: Written) -> None:
    log.lines += [accept(7, 4000), get(7, "/"), ok(7)]
    answer = Tasks().answer(log.read())
    assert not answer.determined
    assert "without strace's -f" in answer.reason


@pytest.mark.parametrize("name", ["event-attach", "worker-attach", "prefork-attach"])
def test_recorded_threads_are_of_the_processes_that_proc_has(name: str) -> None:
    owners = {int(tid): pid for tid, pid in truth(name).items()}
    processes = Tasks().answer(recorded(name)).processes
    shown = {thread.tid: one.pid for one in processes if one.pid for thread in one.threads}
    assert {tid: pid for tid, pid in shown.items() if tid in owners and owners[tid] != pid} == {}
    unknown = {thread.tid for one in processes if not one.pid for thread in one.threads}
    assert shown.keys() | unknown >= owners.keys()
    assert len(unknown) <= len(owners) / 3


@pytest.mark.parametrize(
    ("main", "known"), [("pause() = ? ERESTARTNOHAND (To be restarted)", False), ("", True)]
)
def test_who_accepts_and_makes_threads_need_not_be_the_main_thread(
    log: Written, main: str, *, known: bool
) -> None:
    if main:
        log.add(20, main)
    log.add(21, accept(7, 4000), THREAD.format(22))
    log.add(22, get(7, "/"), ok(7), "close(7) = 0")
    found = Tasks().answer(log.read()).to_json()["processes"]
    (serving,) = (one for one in found if len(one["threads"]) > 1)
    assert serving["pid"] == (21 if known else None)


@pytest.mark.parametrize(("all_calls", "pid"), [(True, 10), (False, None)])
def test_who_accepts_and_forks_is_a_process_where_threads_would_be_seen(
    log: Written, pid: int | None, *, all_calls: bool
) -> None:
    log.add(
        10, accept(7, 4000), f"{FORK} = 20", "close(7) = 0", *["set_robust_list(0x7f, 24) = 0"] * all_calls
    )
    log.add(20, get(7, "/"), ok(7), "close(7) = 0")
    log.lines = [line for line in log.lines if all_calls or "clone(" not in line]
    assert pid in told(log)


def test_who_serves_alone_may_be_a_thread_of_one_that_does_nothing(log: Written) -> None:
    log.add(20, "pause() = ? ERESTARTNOHAND (To be restarted)")
    log.add(21, accept(7, 4000), get(7, "/"), ok(7), "close(7) = 0")
    assert 21 not in told(log)

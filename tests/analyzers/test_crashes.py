"""Crashes: the first thread that was struck, who died and who lived, and what is in order."""

from typing import Any

import pytest

from tests.support.traces import Written, accept, get, ok
from tracekit.analyzers.crashes import Crashes, CrashesAnswer

FORK = "clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f)"
THREAD = "clone3({{flags=CLONE_VM|CLONE_FILES|CLONE_THREAD, stack=0x7f}} => {{parent_tid=[{0}]}}, 88) = {0}"
FAULT = "si_code=SEGV_MAPERR, si_addr=0x8"


def signal(log: Written, tid: int, name: str, rest: str) -> None:
    log.now += 0.001
    log.lines.append(f"{tid} {log.now:.6f} --- {name} {{si_signo={name}, {rest}}} ---")


def ends(log: Written, how: str, *tids: int) -> None:
    for tid in tids:
        log.now += 0.001
        log.lines.append(f"{tid} {log.now:.6f} +++ {how} +++")


def server(log: Written) -> None:
    """A parent 10 with two children, 20 with threads 21 and 22, and 30; 22 is in the midst of a request."""
    log.add(10, "listen(3, 511) = 0", f"{FORK} = 20", f"{FORK} = 30")
    log.add(20, THREAD.format(21), THREAD.format(22), 'read(5, "!", 1) = 1')
    log.add(21, accept(7, 4000), accept(8, 4001))
    log.add(30, accept(7, 4002), get(7, "/"), ok(7), "close(7) = 0")
    log.add(22, get(7, "/"), ok(7), "close(7) = 0", get(8, "/lost"))
    log.add(10, "wait4(-1, 0x7f, WNOHANG, NULL) = 0")


def notices(log: Written, what: str, new: int | None = 40) -> None:
    log.add(10, f"wait4(-1, [{{{what}}}], WNOHANG, NULL) = 20")
    if new:
        log.add(10, f"{FORK} = {new}")
        log.add(new, "setuid(33) = 0")


def told(log: Written) -> dict[str, Any]:
    return Crashes().answer(log.read()).to_json()


def test_a_signal_that_a_handler_raises_again_does_not_mislead(log: Written) -> None:
    server(log)
    signal(log, 22, "SIGSEGV", FAULT)
    log.add(22, "getpid() = 20", "kill(20, SIGSEGV) = 0", "rt_sigreturn({mask=[]}) = 0")
    signal(log, 20, "SIGSEGV", "si_code=SI_USER, si_pid=20, si_uid=33")
    ends(log, "killed by SIGSEGV (core dumped)", 22, 21, 20)
    notices(log, "WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)")
    (crash,) = told(log)["crashes"]
    assert (crash["culprit_tid"], crash["pid"], crash["cause"]) == (22, 20, "fault")
    assert crash["core_dumped"]
    assert (crash["victims"], crash["survivors"], crash["replacement_pid"]) == ([20, 21, 22], [30], 40)
    assert (crash["requests_lost"], crash["connections_lost"]) == ([3], 1)


def test_a_fault_that_was_handled_is_not_to_blame_for_what_comes_later(log: Written) -> None:
    server(log)
    signal(log, 21, "SIGSEGV", FAULT)
    log.add(21, "rt_sigreturn({mask=[]}) = 0")
    log.add(22, "tgkill(20, 22, SIGABRT) = 0")
    signal(log, 22, "SIGABRT", "si_code=SI_TKILL, si_pid=20, si_uid=33")
    ends(log, "killed by SIGABRT", 22, 21, 20)
    (crash,) = told(log)["crashes"]
    assert (crash["culprit_tid"], crash["signal"], crash["cause"]) == (22, "SIGABRT", "abort")


def test_who_sent_a_signal_is_said(log: Written) -> None:
    server(log)
    signal(log, 21, "SIGBUS", "si_code=SI_TKILL, si_pid=999, si_uid=0")
    ends(log, "killed by SIGBUS", 20, 21, 22)
    (crash,) = told(log)["crashes"]
    assert (crash["culprit_tid"], crash["cause"], crash["sender"]) == (21, "sent", 999)


def test_a_signal_that_the_trace_does_not_have_is_nobodys(log: Written) -> None:
    server(log)
    ends(log, "killed by SIGSEGV", 20, 21, 22)
    notices(log, "WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV")
    (crash,) = told(log)["crashes"]
    assert (crash["culprit_tid"], crash["cause"], crash["sender"]) == (None, "unseen", None)


@pytest.mark.parametrize("lives", [True, False])
def test_a_kill_from_outside_counts_where_the_server_goes_on(log: Written, *, lives: bool) -> None:
    server(log)
    ends(log, "killed by SIGKILL", 20, 21, 22)
    if lives:
        notices(log, "WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL", new=None)
    else:
        ends(log, "killed by SIGKILL", 30, 10)
    found = told(log)
    assert [(one["cause"], one["culprit_tid"], one["victims"]) for one in found["crashes"]] == (
        [("killed", None, [20, 21, 22])] if lives else []
    )
    assert {one["pid"] for one in found["exits"]} == (set() if lives else {10, 20, 30})


def test_a_kill_that_the_parent_makes_good_counts_although_the_server_ends_soon(log: Written) -> None:
    server(log)
    ends(log, "killed by SIGKILL", 20, 21, 22)
    notices(log, "WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL")
    ends(log, "killed by SIGKILL", 30, 10)
    found = told(log)
    assert [(one["pid"], one["cause"]) for one in found["crashes"]] == [(20, "killed")]
    assert {one["pid"] for one in found["exits"]} == {10, 30}


def test_what_the_parent_ends_is_no_crash(log: Written) -> None:
    server(log)
    log.add(10, "kill(20, SIGTERM) = 0")
    signal(log, 20, "SIGTERM", "si_code=SI_USER, si_pid=10, si_uid=0")
    log.add(10, "kill(20, SIGKILL) = 0")
    ends(log, "killed by SIGKILL", 20, 21, 22)
    notices(log, "WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL")
    log.add(10, "kill(30, SIGTERM) = 0")
    signal(log, 30, "SIGTERM", "si_code=SI_USER, si_pid=10, si_uid=0")
    ends(log, "exited with 0", 30)
    found = told(log)
    assert found["crashes"] == []
    assert {one["pid"]: one["because"] for one in found["exits"]} == {
        20: "SIGKILL of its parent",
        30: "SIGTERM of its parent",
    }


def test_a_child_that_its_parent_told_in_a_pipe_was_not_its_own_end(log: Written) -> None:
    """Once it is told, the main thread of httpd's threaded children wakes its listener with a signal."""
    server(log)
    log.add(20, "kill(20, SIGTERM) = 0")
    signal(log, 21, "SIGTERM", "si_code=SI_USER, si_pid=20, si_uid=33")
    log.add(10, "kill(30, SIGTERM) = 0")
    signal(log, 30, "SIGTERM", "si_code=SI_USER, si_pid=10, si_uid=0")
    ends(log, "exited with 0", 30, 21, 22, 20)
    found = told(log)["exits"]
    assert [(one["pid"], one["because"]) for one in found] == [
        (30, "SIGTERM of its parent"),
        (20, "a word of its parent (one byte in a pipe)"),
    ]


def test_a_child_that_was_not_traced_is_known_from_its_parents_wait(log: Written) -> None:
    log.add(10, f"{FORK} = 20", "wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV}], 0, NULL) = 20")
    (crash,) = told(log)["crashes"]
    assert (crash["pid"], crash["signal"], crash["culprit_tid"]) == (20, "SIGSEGV", None)


def test_children_whose_end_is_not_shown_leave_it_open(log: Written) -> None:
    log.add(10, accept(7, 4000), f"{FORK} = 20", "close(7) = 0")
    answer: CrashesAnswer = Crashes().answer(log.read())
    assert not answer.determined
    assert "not traced" in answer.reason


@pytest.mark.parametrize("stopped", [False, True])
def test_a_thread_that_was_taken_for_anothers_dies_with_its_process(log: Written, *, stopped: bool) -> None:
    """Siblings wait at the same addresses: 30 seems to wake 23, which is of 20 and dies with it."""
    log.add(10, "wait4(-1, 0x7f, WNOHANG, NULL) = 0")
    for main, port in ((20, 4000), (30, 4001)):
        client = f"7<TCP:[127.0.0.1:80->127.0.0.1:{port}]>"
        log.add(main, f"accept4(3<TCP:[127.0.0.1:80]>, NULL, NULL, SOCK_CLOEXEC) = {client}")
        log.add(main + 1, f'read({client}, "", 8000) = 0')
        log.add(main + 2, f"close({client}) = 0")
    log.add(30, "futex(0x7f10, FUTEX_WAKE_PRIVATE, 1) = 1")
    log.add(23, "futex(0x7f10, FUTEX_WAIT_PRIVATE, 0, NULL) = 0")
    signal(log, 23, "SIGSEGV", "si_code=SI_TKILL, si_pid=999, si_uid=0")
    ends(log, "killed by SIGSEGV", 23, 22, 21, 20)
    notices(log, "WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV")
    if stopped:
        ends(log, "exited with 0", 32, 31, 30)
    (crash,) = told(log)["crashes"]
    assert (crash["pid"], crash["culprit_tid"], crash["cause"], crash["sender"]) == (20, 23, "sent", 999)
    assert crash["victims"] == [20, 21, 22, 23]

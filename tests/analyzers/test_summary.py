"""Calls, failures and time by call, thread and request, on logs whose sums can be done by hand."""

import pytest

from tests.support.traces import Written, accept, get, ok
from tracekit.analyzers.dispatch import Dispatch
from tracekit.analyzers.summary import Count, Summary, SummaryAnswer
from tracekit.events import read_trace
from tracekit.report.render import render


def ask(log: Written) -> SummaryAnswer:
    return Summary().answer(log.read())


def count(answer: SummaryAnswer, name: str) -> Count:
    return next(one for one in answer.calls if one.name == name)


def line(log: Written, text: str) -> None:
    """Add a line with a duration of its own."""
    log.now += 0.001
    log.lines.append(text.replace("TIME", f"{log.now:.6f}"))


def test_calls_failures_and_time(log: Written) -> None:
    line(log, "10 TIME read(3, 0x1, 1) = 1 <0.000300>")
    line(log, "10 TIME read(3, 0x1, 1) = -1 EAGAIN (Resource temporarily unavailable) <0.000101>")
    line(log, "10 TIME getpid() = 10 <0.000599>")
    answer = ask(log)
    assert [one.name for one in answer.calls] == ["getpid", "read"]
    read = count(answer, "read")
    assert (read.calls, read.errors, read.total_ns, read.min_ns, read.max_ns) == (
        2,
        1,
        401_000,
        101_000,
        300_000,
    )
    assert (read.percent, read.usecs_per_call) == (40.1, 200.5)
    assert [proof.line for proof in read.evidence] == [1, 2]
    assert (answer.total.calls, answer.total.errors, answer.total.total_ns) == (3, 1, 1_000_000)
    assert (answer.verdict, answer.not_returned, answer.unknown) == ("found", 0, 0)


def test_only_what_returned_and_has_a_name_counts(log: Written) -> None:
    log.add(10, "read(3, 0x1, 1) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)")
    log.add(10, "syscall_0x2bc(0, 0, 0, 0, 0, 0) = -1 ENOSYS (Function not implemented)")
    line(log, "11 TIME pause( <unfinished ...>")
    line(log, "11 TIME <... pause resumed>) = ?")
    line(log, "11 TIME +++ killed by SIGKILL +++")
    line(log, "12 TIME futex(0x1, FUTEX_WAIT, 0, NULL <unfinished ...>")
    line(log, "10 TIME exit_group(0) = ?")
    answer = ask(log)
    assert [(one.name, one.calls, one.errors) for one in answer.calls] == [("read", 1, 1)]
    assert (answer.not_returned, answer.unknown) == (3, 1)


def test_without_durations_there_are_counts_alone(log: Written) -> None:
    log.lines += ["10 getpid() = 10", "10 close(3) = 0", "10 close(4) = -1 EBADF (Bad file descriptor)"]
    answer = ask(log)
    assert [(one.name, one.calls, one.errors) for one in answer.calls] == [("close", 2, 1), ("getpid", 1, 0)]
    close = answer.calls[0]
    assert {close.total_ns, close.percent, close.usecs_per_call, close.min_ns, close.max_ns} == {None}
    assert answer.total.total_ns is None
    assert answer.threads[0].total_ns is None
    assert answer.determined
    assert "-T" in answer.reason


def test_some_durations_are_told_from_all(log: Written) -> None:
    line(log, "10 TIME getpid() = 10 <0.000100>")
    line(log, "10 TIME getpid() = 10")
    answer = ask(log)
    assert (answer.calls[0].calls, answer.calls[0].usecs_per_call) == (2, 100.0)
    assert "times are of 1 of them" in answer.reason


def test_no_call_that_returned_is_undetermined(log: Written) -> None:
    line(log, "10 TIME exit_group(0) = ?")
    answer = ask(log)
    assert (answer.verdict, answer.calls, answer.threads) == ("undetermined", (), ())
    assert not answer.determined


def test_threads_with_what_took_them_longest(log: Written) -> None:
    log.add(10, "getpid() = 10", "getpid() = 10", "close(9) = -1 EBADF (Bad file descriptor)")
    line(log, "11 TIME read(3, 0x1, 1) = 1 <2.000000>")
    slow, quick = ask(log).threads
    assert (slow.tid, slow.calls, slow.errors, slow.total_ns) == (11, 1, 0, 2_000_000_000)
    assert (quick.tid, quick.calls, quick.errors, quick.total_ns) == (10, 3, 1, 300_000)
    assert [(one.name, one.calls, one.total_ns) for one in quick.top] == [
        ("getpid", 2, 200_000),
        ("close", 1, 100_000),
    ]


def test_a_log_of_one_task_has_one_thread(log: Written) -> None:
    log.lines += ["getpid() = 10 <0.000001>", "getpid() = 10 <0.000001>"]
    (only,) = ask(log).threads
    assert (only.tid, only.calls, only.total_ns) == (None, 2, 2_000)


def test_a_request_has_its_thread_s_calls_from_the_head_to_the_last_write(log: Written) -> None:
    log.add(10, accept(7, 5000))
    log.add(11, "getpid() = 10")
    log.add(10, get(7, "/a"), 'stat("/www/a", 0x1) = -1 ENOENT (No such file or directory)')
    log.add(11, "getpid() = 10")
    log.add(10, "getpid() = 10", ok(7, status="404 Not Found"), "close(7) = 0")
    log.add(10, accept(7, 5001), get(7, "/unanswered"), "getpid() = 10")
    answered, unanswered = ask(log).requests
    assert (answered.id, answered.target, answered.serve_tid) == (1, "/a", 10)
    assert (answered.calls, answered.errors, answered.total_ns, answered.head_ns) == (4, 1, 400_000, 100_000)
    assert (unanswered.calls, unanswered.errors, unanswered.total_ns) == (None, None, None)
    assert [one.id for one in Dispatch().answer(log.read()).requests] == [answered.id, unanswered.id]


def test_lines_that_the_program_wrote_itself_do_not_count(log: Written) -> None:
    log.lines += [
        'execve("/s", ["s"], 0x1) = 0 <0.000001>',
        "strace: Process 11 attached",
        "[pid 10] getpid() = 10 <0.000001>",
        "[pid 11] getpid() = 10 <0.000001>",
        '[pid 99] unlink("/etc") = 0 <0.000001>',
    ]
    log.lines[0] = "[pid 10] " + log.lines[0]
    assert {one.name for one in ask(log).calls} == {"execve", "getpid"}


@pytest.mark.parametrize("width", [None, 80])
def test_text_is_strace_s_table(log: Written, width: int | None) -> None:
    line(log, "10 TIME read(3, 0x1, 1) = 1 <0.000300>")
    line(log, "10 TIME close(3) = -1 EBADF (Bad file descriptor) <0.000100>")
    text = render(ask(log).to_json(), "text", width=width)
    table = [row.split() for row in text.splitlines()]
    assert ["%", "time", "seconds", "usecs/call", "calls", "errors", "syscall"] in table
    assert ["75.00", "0.000300", "300", "1", "0", "read"] in table
    assert ["100.00", "0.000400", "200", "2", "1", "total"] in table


def test_files_without_times_tell_no_requests(log: Written) -> None:
    for tid, calls in ((10, (accept(7, 5000),)), (11, (get(7, "/a"), ok(7)))):
        (log.folder / f"t.{tid}").write_text("".join(f"{call} <0.000100>\n" for call in calls))
    answer = Summary().answer(read_trace([str(log.folder / f"t.{tid}") for tid in (10, 11)]))
    assert (answer.total.calls, answer.requests) == (3, ())
    assert "-ttt" in answer.reason

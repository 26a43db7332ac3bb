"""Whether a trace is complete: what must have been there and is not, and what is not held against it."""

import gzip
import json
from pathlib import Path

import pytest

from tests.support.traces import RECORDED, Written, accept, get, ok, recorded
from tracekit.analyzers.coverage import Coverage, CoverageAnswer, Lacking
from tracekit.analyzers.gaps.needs import of_coverage
from tracekit.events import read_trace

START = (
    'execve("/bin/s", ["s"], 0x7ffd /* 5 vars */) = 0',
    "brk(NULL) = 0x55d0",
    'access("/etc/ld.so.preload", R_OK) = -1 ENOENT (No such file or directory)',
)
THREAD = (
    "clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD, child_tid=0x7f99, "
    "parent_tid=0x7f99, exit_signal=0, stack=0x7f00, stack_size=0x7fff00, tls=0x7f96c0} => "
    "{parent_tid=[11]}, 88) = 11"
)
CHILD = "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f) = 11"
DIED = "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=11, si_uid=0, si_status=0} ---"
FILL = ("getpid() = 10",) * 25


def ask(log: Written) -> CoverageAnswer:
    return Coverage().answer(log.read())


def ends(log: Written, *tids: int) -> None:
    for tid in tids:
        log.now += 0.001
        log.lines += [f"{tid} {log.now:.6f} exit_group(0) = ?", f"{tid} {log.now:.6f} +++ exited with 0 +++"]


def gap(answer: CoverageAnswer, kind: str, words: str = "") -> Lacking:
    return next(one for one in answer.gaps if one.kind == kind and words in one.what)


def test_a_program_traced_from_its_start_to_its_end_is_complete(log: Written) -> None:
    log.add(10, *START, CHILD)
    log.add(11, "set_robust_list(0x7f, 24) = 0")
    ends(log, 11, 10)
    answer = ask(log)
    assert (answer.verdict, answer.traced_tids, answer.untraced_tids) == ("complete", (10, 11), ())
    assert answer.determined


def test_tasks_that_ran_before_may_have_others_beside_them(log: Written) -> None:
    log.add(10, *FILL)
    answer = ask(log)
    assert answer.verdict == "unknown"
    assert not answer.determined
    assert "siblings" in answer.reason


@pytest.mark.parametrize("made", [THREAD, CHILD])
def test_a_child_that_was_not_followed(log: Written, made: str) -> None:
    log.add(10, *START, made, *FILL)
    ends(log, 10)
    answer = ask(log)
    assert (answer.verdict, answer.untraced_tids) == ("partial", (11,))
    assert "-f" in gap(answer, "tasks").hint
    assert answer.evidence[0].text.startswith("clone")


def test_a_child_that_was_made_at_the_very_end_may_not_have_begun(log: Written) -> None:
    log.add(10, *START, *FILL, CHILD)
    assert ask(log).verdict == "unknown"


def test_a_log_of_one_task_without_numbers(log: Written) -> None:
    log.lines += [*START, CHILD, "exit_group(0) = ?", "+++ exited with 0 +++"]
    answer = ask(log)
    assert (answer.verdict, answer.untraced_tids) == ("partial", (11,))


@pytest.mark.parametrize(
    ("call", "tids"),
    [
        ("wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 77", (77,)),
        ("wait4(-1, 0x7ffc, WNOHANG, NULL) = 0", ()),
        ("kill(77, SIGTERM) = 0", (77,)),
        ("kill(77, 0) = 0", ()),  # only asks whether there is one
        ("kill(77, SIGTERM) = -1 ESRCH (No such process)", ()),
        ("kill(-77, SIGTERM) = 0", ()),
        ("tgkill(10, 77, SIGRT_1) = 0", (77,)),
        (
            "futex(0x7f10, FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME, 77, NULL, FUTEX_BITSET_MATCH_ANY) = 0",
            (77,),
        ),
        ("futex(0x7f10, FUTEX_WAIT_PRIVATE, 77, NULL) = 0", ()),  # a number like any other
        ("fcntl(5, F_GETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=0, l_len=0, l_pid=77}) = 0", (77,)),
        ('openat(AT_FDCWD, "/proc/self/task/77/comm", O_RDWR) = 5', (77,)),
        ('openat(AT_FDCWD, "/proc/88/task/77/comm", O_RDWR) = 5', ()),
        ('openat(AT_FDCWD, "/srv/www/proc/self/task/77", O_RDWR) = 5', ()),
        ("getppid() = 77", ()),  # a program may ask once
    ],
)
def test_tasks_that_a_call_names(log: Written, call: str, tids: tuple[int, ...]) -> None:
    log.add(10, *START, call, *FILL)
    ends(log, 10)
    answer = ask(log)
    assert answer.untraced_tids == tids
    assert answer.verdict == ("partial" if tids else "complete")


def test_a_child_whose_death_was_told(log: Written) -> None:
    log.add(10, *FILL)
    log.lines.append(f"10 {log.now:.6f} {DIED}")
    assert ask(log).untraced_tids == (11,)


def test_a_parent_that_a_worker_looks_after(log: Written) -> None:
    log.add(10, *("getppid() = 9",) * 3)
    assert ask(log).untraced_tids == (9,)


def test_the_tracer_is_no_parent_that_is_missing(log: Written) -> None:
    log.add(10, *START, *("getppid() = 9",) * 3)
    assert ask(log).untraced_tids == ()


def test_a_call_in_which_a_task_was_killed_hides_nothing(log: Written) -> None:
    log.lines += ["10 1700000000.1 ???( <unfinished ...>", "10 1700000000.2 +++ killed by SIGKILL +++"]
    assert not any(one.kind == "addresses" for one in ask(log).gaps)


def test_ids_of_another_namespace_are_not_compared(log: Written) -> None:
    log.add(10, *START, "set_tid_address(0x7f) = 1", "kill(7, SIGTERM) = 0", *FILL)
    ends(log, 10)
    answer = ask(log)
    assert (answer.verdict, answer.untraced_tids) == ("unknown", ())
    assert "namespace" in answer.reason


def test_threads_that_were_woken_and_are_not_there(log: Written) -> None:
    log.add(10, *START, *("futex(0x7f20, FUTEX_WAKE_PRIVATE, 1) = 1",) * 2, *FILL)
    ends(log, 10)
    answer = ask(log)
    assert (answer.verdict, answer.untraced_unknown) == ("partial", True)


@pytest.mark.parametrize("waiting", ["futex(0x7f20, FUTEX_WAIT_PRIVATE, 0, NULL) = 0"])
def test_threads_that_wake_one_another_are_all_there(log: Written, waiting: str) -> None:
    log.add(10, *START, THREAD)
    log.add(11, waiting, waiting)
    log.add(10, *("futex(0x7f20, FUTEX_WAKE_PRIVATE, 1) = 1",) * 2, *FILL)
    ends(log, 11, 10)
    assert ask(log).verdict == "complete"


def test_a_wait_that_somebody_else_ended(log: Written) -> None:
    log.add(10, *START, *("futex(0x7f20, FUTEX_WAIT_PRIVATE, 0, NULL) = 0",) * 2, *FILL)
    ends(log, 10)
    assert "ended by threads" in ask(log).reason


@pytest.mark.parametrize(
    ("calls", "words"),
    [
        ((START[0], *('openat(AT_FDCWD, "/x", O_RDONLY) = 3',) * 12), "call for memory"),
        (('openat(AT_FDCWD, "/x", O_RDONLY) = 3',) * 4, "no close"),
        (tuple(accept(4, port) for port in range(5000, 5004)), "reads or writes"),
        (("read(4, 0x7f, 9) = -1 EAGAIN (Resource temporarily unavailable)",) * 2, "call that waits"),
        ((*START[:2], *FILL * 5), "no call fails"),
        (
            ('openat(AT_FDCWD, "/x", O_RDONLY) = -1 ENOENT (No such file or directory)',) * 12,
            "no call succeeds",
        ),
    ],
)
def test_calls_that_were_left_out(log: Written, calls: tuple[str, ...], words: str) -> None:
    log.add(10, *calls)
    answer = ask(log)
    assert answer.verdict == "partial"
    assert gap(answer, "calls", words).loss == "missing"


def test_an_end_that_no_call_brought_about(log: Written) -> None:
    log.add(10, *START, *FILL)
    log.lines.append(f"10 {log.now:.6f} +++ exited with 0 +++")
    assert "no call that ends one" in ask(log).reason


@pytest.mark.parametrize(
    ("calls", "loss"), [(["read", "write"], "missing"), (sorted(of_coverage()), "detail")]
)
def test_a_filter_that_the_trace_itself_states(log: Written, calls: list[str], loss: str) -> None:
    log.lines.append("# tracekit trace " + json.dumps({"calls": calls, "argv": []}))
    log.add(10, *START)
    lacking = gap(ask(log), "calls")
    assert lacking.loss == loss
    assert ("dispatch" in lacking.effect) == (loss == "missing")


def test_calls_that_are_still_running_say_nothing_of_durations(log: Written) -> None:
    log.lines.append("10 1700000000.1 accept4(3, <unfinished ...>")
    assert [one.what for one in ask(log).gaps if one.kind == "times"] == []
    log.lines.append("11 1700000000.2 getpid() = 11")
    assert "no durations" in gap(ask(log), "times").what


def test_strings_that_were_cut_are_a_detail(log: Written) -> None:
    text = "GET /" + "a" * 27
    log.add(10, *START, f'read(4, "{text}"..., 8000) = 78', 'write(2, "a\\"...b", 6) = 6')
    ends(log, 10)
    answer = ask(log)
    assert answer.verdict == "complete"
    assert (gap(answer, "strings").count, "32 bytes, strace's default" in gap(answer, "strings").what) == (
        1,
        True,
    )


@pytest.mark.parametrize(
    ("call", "shown", "hint", "effect"),
    [
        ('read(5, "GET /{}"..., 8000) = 8000', 32, "-s 1024", ("docroot", "dispatch", "security")),
        ('read(5, "GET /{}"..., 8000) = 8000', 4096, "-s 16384", ("docroot", "dispatch", "security")),
        ('write(5, "12345{}"..., 8000) = 8000', 4096, "-s 16384", ("security",)),
    ],
)
def test_longer_strings_are_asked_for_than_were_cut(
    log: Written, call: str, shown: int, hint: str, effect: tuple[str, ...]
) -> None:
    log.add(10, *START, call.format("x" * (shown - 5)))
    cut = gap(ask(log), "strings")
    assert (cut.hint, cut.effect) == (hint, effect)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("openat(AT_FDCWD, 0x55d0aa, O_RDONLY) = 4", "1 name of a file is"),
        ("openat(0xffffff9c, 0x55d0aa, 0, 0) = 4", "numbers only"),
        ("read(4, 0x7ffd1000, 8192) = 78", "1 read or write has an address where its data"),
    ],
)
def test_addresses_where_texts_should_stand(log: Written, call: str, words: str) -> None:
    log.add(10, *START, call)
    ends(log, 10)
    answer = ask(log)
    assert (answer.verdict, gap(answer, "addresses", words).count) == ("partial", 1)


def test_an_address_that_was_refused_is_what_the_program_gave(log: Written) -> None:
    log.add(10, *START, "openat(AT_FDCWD, 0x55d0aa, O_RDONLY) = -1 EFAULT (Bad address)")
    ends(log, 10)
    assert ask(log).verdict == "complete"


def test_lines_that_cannot_be_read_and_a_last_one_that_is_cut(log: Written) -> None:
    log.add(10, *START)
    log.lines += ["what is this?", f'10 {log.now:.6f} openat(AT_FDCWD, "/srv']
    answer = ask(log)
    assert gap(answer, "unreadable").count == 1
    assert "last line" in gap(answer, "end").what


def test_what_no_call_shows(log: Written) -> None:
    log.add(10, *START, "io_uring_enter(5, 1, 1, IORING_ENTER_GETEVENTS, NULL, 8) = 1")
    ends(log, 10)
    assert "io_uring" in gap(ask(log), "invisible").what


def test_connections_that_nobody_in_the_trace_accepted(log: Written) -> None:
    for target in ("/a", "/b"):
        log.add(10, get(4, target), ok(4), "close(4) = 0")
    assert gap(ask(log), "connections").loss == "missing"


def test_connections_that_nobody_in_the_trace_reads(log: Written) -> None:
    log.add(10, 'read(9, "x", 1) = 1', *(accept(fd, 5000 + fd) for fd in (4, 5, 6)))
    assert "no traced task reads" in gap(ask(log), "connections").what


def test_notes_of_the_tracer_make_an_attached_trace_complete(log: Written) -> None:
    log.lines.append('# tracekit trace {"argv":["tracekit","attach","--port","80"],"calls":null}')
    log.notes({"pid": 10, "ppid": 9})
    log.add(10, *FILL)
    assert "no last line" in ask(log).reason
    log.lines.append('# tracekit end {"tasks":1,"attached":1,"refused":[]}')
    assert ask(log).verdict == "complete"
    log.lines[0] = log.lines[0].replace('"--port","80"', '"-p","10"')
    assert "the parent of process 10 (9) was not traced" in ask(log).reason
    assert "--tree -p 9" in gap(ask(log), "beginning", "parent").hint
    log.lines[-1] = '# tracekit end {"tasks":1,"attached":1,"refused":["12: not permitted"]}'
    assert ask(log).verdict == "partial"


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("apache-event-1.attach.keepalive", "unknown"),
        ("apache-prefork-1.child.mix", "partial"),  # one of several children
        ("apache-event-1.child.mix", "partial"),
        ("apache-event-1.efile.mix", "partial"),  # -e trace=%file
        ("threading.enet.mix", "partial"),  # -e trace=%network
        ("waitress.mainonly.mix", "partial"),  # one of four threads
    ],
)
def test_recordings(name: str, verdict: str) -> None:
    answer = Coverage().answer(read_trace(RECORDED / "models" / f"{name}.strace.gz"))
    assert answer.verdict == verdict, answer.reason


def test_threads_taken_out_of_a_recording_are_missed(tmp_path: Path) -> None:
    text = gzip.decompress((RECORDED / "apache-worker.strace.gz").read_bytes()).decode()
    tids = sorted({int(line.split()[0]) for line in text.splitlines() if line[0].isdigit()})
    kept = tids[: len(tids) // 2]
    path = tmp_path / "half.strace"
    path.write_text("".join(line for line in text.splitlines(True) if int(line.split()[0]) in kept))
    answer = Coverage().answer(read_trace(path))
    assert answer.verdict == "partial"
    assert answer.untraced_tids or answer.untraced_unknown
    assert not set(answer.untraced_tids) & set(kept)


def test_the_answer_as_json() -> None:
    answer = Coverage().answer(recorded("event-attach")).to_json()
    assert answer["schema"] == "tracekit.coverage/1"
    assert {"verdict", "traced_tids", "untraced_tids", "reason", "evidence", "gaps", "trace"} <= answer.keys()

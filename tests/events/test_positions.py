"""Where events begin and end, in one file and across the files of -ff."""

from tracekit.events import positions
from tracekit.stream import read_events


def test_lines_in_one_file() -> None:
    events = list(read_events(["7 read(3,  <unfinished ...>", "8 getpid() = 8", "7 <... read resumed>) = 0"]))
    assert positions(events) == ([1, 2], [3, 2])


def test_times_across_files_with_durations() -> None:
    events = list(read_events(["1.000000001 getpid() = 7 <0.000002>"], "a", 7))
    events += read_events(["1.5 getpid() = 8 <0.000003>"], "b", 8)
    events[0].time_ns, events[1].time_ns = 1_000, 1_500
    assert positions(events) == ([1_000, 1_500], [3_000, 4_500])


def test_without_durations_a_call_ends_before_the_next_of_its_task_and_the_last_with_the_trace() -> None:
    waits = list(read_events(["00:00:01.0 accept4(3, NULL, NULL, 0) = 5", "00:00:09.0 close(5) = 0"], "a", 7))
    other = list(read_events(["00:00:02.0 getpid() = 8"], "b", 8))
    begins, ends = positions([waits[0], *other, waits[1]])
    second = 1_000_000_000
    assert begins == [1 * second, 2 * second, 9 * second]
    assert ends == [9 * second, 9 * second, 9 * second]


def test_nothing() -> None:
    assert positions([]) == ([], [])


def test_without_durations_an_execve_of_a_thread_ends_where_its_process_goes_on() -> None:
    thread = list(read_events(['00:00:01.0 execve("/x", [], NULL <pid changed to 7 ...>'], "a", 8))
    lines = ["00:00:02.0 +++ superseded by execve in pid 8 +++", "00:00:03.0 brk(NULL) = 0x7f"]
    begins, ends = positions([*thread, *read_events([*lines, "00:00:09.0 brk(NULL) = 0x7f"], "b", 7)])
    second = 1_000_000_000
    assert begins == [1 * second, 2 * second, 3 * second, 9 * second]
    assert ends[0] == 3 * second

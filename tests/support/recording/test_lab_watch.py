"""The roles that follow from what was seen in proc(5)."""

from tests.support.recording.lab_watch import Life, Seen, Watch
from tracekit.lab.truth import Process, Thread


def watched(mpm: str, *lives: Life, size: int, listener: int | None) -> Watch:
    watch = Watch(mpm, size)
    watch.main = 10
    watch.seen[10] = Seen(10, 1, born=5, lives={10: Life(10, 9)})
    watch.seen[20] = Seen(20, 10, born=6, lives={one.tid: one for one in lives}, listener=listener)
    return watch


def test_the_thread_that_is_one_too_many_and_went_first_made_the_others() -> None:
    lives = [Life(20, 9), Life(21, 3), Life(22, 9), Life(23, 8), Life(24, 9)]
    watch = watched("event", *lives, size=4, listener=24)
    watch.looks = [{20: {20, 21, 22, 23, 24}}, {20: {20, 22, 23, 24}}]
    roles = ["main", "starter", "worker", "worker", "listener"]
    threads = tuple(Thread(life.tid, role) for life, role in zip(lives, roles, strict=True))
    assert watch.processes() == (
        Process(10, 1, "main", (Thread(10, "main"),)),
        Process(20, 10, "worker", threads),
    )
    assert watch.peak_threads() == 4
    assert watch.since(3, {20}) == {20, 22, 23, 24}


def test_the_one_thread_of_a_process_serves() -> None:
    watch = watched("prefork", Life(20, 9), size=1, listener=None)
    assert watch.processes()[1].threads == (Thread(20, "worker"),)

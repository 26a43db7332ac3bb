"""Numbers of descriptors that stand for two files at once: tasks of two processes, in written lines."""

import pytest

from tracekit.events.columns import join_rows
from tracekit.events.groups import infer_groups
from tracekit.stream import Reader

HEAD = (
    "71 epoll_wait(8, [{events=EPOLLIN, data={u32=7, u64=7}}], 512, -1) = 1",
    "70 futex(0x7f0, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, FUTEX_BITSET_MATCH_ANY) = 0",
)
"""By these alone 71 is a thread of 70, which waits for clients."""
OPENED = "70 accept4(3, NULL, NULL, 0) = 4"
LOGGED = '71 write(4, "GET /", 5) = 5'


def process(*lines: str) -> int | None:
    """Return the process of task 71."""
    reader = Reader()
    for line in (*HEAD, *lines):
        reader.feed(line)
    reader.finish()
    return infer_groups(join_rows([reader.rows])).pid(71)


def test_a_number_that_another_task_has_is_not_given_out_in_its_process() -> None:
    assert process(LOGGED, OPENED, "70 close(4) = 0") == 71


def test_a_number_that_was_closed_is_given_out_again() -> None:
    assert process(LOGGED, "71 close(4) = 0", OPENED, "70 close(4) = 0") == 70


def test_without_closes_nothing_is_known() -> None:
    assert process(LOGGED, OPENED) == 70


@pytest.mark.parametrize(("between", "pid"), [((), 71), (("70 listen(3, 511) = 0",), 70)])
def test_what_another_task_has_closed_is_not_waited_on_in_its_process(
    between: tuple[str, ...], pid: int
) -> None:
    assert process("71 accept4(3, NULL, NULL, 0) = 5", "70 close(3) = 0", *between, LOGGED) == 70
    again = "71 accept4(3, NULL, NULL, 0) = -1 EAGAIN (Resource temporarily unavailable)"
    assert process("71 accept4(3, NULL, NULL, 0) = 5", "70 close(3) = 0", *between, again) == pid

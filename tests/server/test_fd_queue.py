"""The fd queue: idle workers take turns, and a connection goes to the one that was reserved for it."""

import threading
from typing import Any, cast

from server.connections.connection import Connection
from server.mpm.fd_queue import FdQueue, Idler
from tests.support.processes import PATIENCE_S, wait_until


def connection() -> Connection:
    return cast("Connection", object())


def test_who_has_been_idle_for_longest_is_next() -> None:
    queue, idlers = FdQueue(), [Idler() for _ in range(3)]
    for idler in idlers:
        queue.set_idle(idler)
    assert queue.idle == 3
    assert [queue.reserve(), queue.try_reserve()] == idlers[:2]
    queue.set_idle(idlers[0])
    assert [queue.reserve(), queue.reserve()] == [idlers[2], idlers[0]]
    assert queue.idle == 0


def test_nobody_is_reserved_when_all_are_busy() -> None:
    assert FdQueue().try_reserve() is None


def test_reserve_waits_for_a_worker() -> None:
    queue, idler, reserved = FdQueue(), Idler(), list[Idler]()
    listener = threading.Thread(target=lambda: reserved.append(queue.reserve()))
    listener.start()
    queue.set_idle(idler)
    listener.join(PATIENCE_S)
    assert reserved == [idler]


def test_each_worker_gets_what_was_given_to_it() -> None:
    idlers = [Idler() for _ in range(4)]
    given = [connection() for _ in idlers]
    taken: dict[int, Any] = {}
    workers = [
        threading.Thread(target=lambda number=number, idler=idler: taken.update({number: idler.take()}))
        for number, idler in enumerate(idlers)
    ]
    for worker in workers:
        worker.start()
    idlers[2].give(given[2])
    wait_until(lambda: taken == {2: given[2]}, "the third worker, and no other one")
    for number in (0, 1, 3):
        idlers[number].give(given[number])
    for worker in workers:
        worker.join(PATIENCE_S)
    assert taken == dict(enumerate(given))


def test_none_sends_a_worker_home() -> None:
    idler = Idler()
    idler.give(None)
    assert idler.take() is None

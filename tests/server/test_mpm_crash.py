"""A thread that crashes takes its process with it, and no other one."""

import contextlib
import os
import signal
import socket
from pathlib import Path

from tests.support.held_connections import GET, accepted, answer, connect
from tests.support.lab_server import LabServer, lab_server
from tests.support.processes import threads, wait_until

PATIENT = "KeepAliveTimeout 300\nTimeout 300"


def one_for_each_child(server: LabServer, stack: contextlib.ExitStack) -> dict[int, socket.socket]:
    """Keep a connection to each child; which one takes a connection is the kernel's choice."""
    kept: dict[int, socket.socket] = {}
    children = server.children()
    while len(kept) < len(children):
        before = {pid: accepted(pid, server.address) for pid in children}
        connection = stack.enter_context(connect(server.address, GET))
        answer(connection)
        (child,) = (pid for pid in children if accepted(pid, server.address) > before[pid])
        kept.setdefault(child, connection)
    return kept


def tids(pid: int) -> list[int]:
    return [task.tid for task in threads(pid)]


def test_its_process_alone_is_gone_and_replaced(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, servers=2, extra=PATIENT) as running, contextlib.ExitStack() as stack:
        wait_until(
            lambda: all(len(threads(pid)) != 1 or mpm == "prefork" for pid in running.children()), "threads"
        )
        kept = one_for_each_child(running, stack)
        victim, survivor = kept  # prefork may have a spare child by now
        culprit = threads(victim)[-1].tid
        untouched = tids(survivor)
        os.kill(culprit, signal.SIGSEGV)
        assert kept[victim].recv(1) == b""
        wait_until(lambda: len(set(running.children()) - {victim}) == 2, "another child")
        assert threads(victim) == []
        assert tids(survivor) == untouched
        kept[survivor].sendall(GET)
        assert answer(kept[survivor]).startswith(b"HTTP/1.1 200")
        assert f"child pid {victim} exit signal Segmentation fault (11)" in running.error_log()

"""Attaching to a server that never stands still, again and again: what it suffers, in figures.

``python -m tests.torture.attachments --rounds 200`` prints them; `test_attachments.py` takes a few rounds.
"""

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.load import Address, Request, in_turn
from tests.support.processes import Process, Task, ending, in_session, start, stop, threads, wait_until
from tests.support.tracees import build
from tests.support.tracers import STOPPED, TRACEKIT
from tests.torture.figures import Figures
from tests.torture.steady import Load

THREADS, CHILDREN, SIGNALS = 2000, 500, 1200
"""What the server does in a minute."""
CLIENTS = 4
THREADS_A_ROUND, CHILDREN_A_ROUND = 20, 4
"""What the server has to have done while it was traced, before the tracer goes."""
_READY = re.compile(rb"attached to (\d+) tasks?")


@contextmanager
def torture_server(folder: Path) -> Iterator[tuple[Process, Address]]:
    """Run the server; its children are in its session."""
    program = build("torture_server", folder, "-pthread")
    words: list[str | Path] = [program, *map(str, (THREADS, CHILDREN, SIGNALS))]
    with ending(start(words, stdout=subprocess.PIPE)) as server:
        assert server.stdout
        yield server, ("127.0.0.1", int(server.stdout.readline()))


def torture(rounds: int, folder: Path) -> Figures:
    """Attach to the server under load and detach, so many times."""
    figures = Figures()
    with torture_server(folder) as (server, address):
        with Load(address, CLIENTS, Request("/"), b"served") as load:
            for _ in range(rounds):
                one_round(server, address, folder / "trace", figures)
        figures.requests, figures.failures = load.requests, load.failures
        figures.server = settled(address)
    return figures


def one_round(server: Process, address: Address, out: Path, figures: Figures) -> None:
    """Attach, look, let the server work, look again, detach, and look."""
    command: list[str | Path] = [*TRACEKIT, "attach", "-f", "--tree", "-p", str(server.pid), "-o", out]
    tracer = start(command, stderr=subprocess.PIPE)
    with ending(tracer):
        assert tracer.stderr
        line = tracer.stderr.readline()
        if not _READY.search(line):
            raise RuntimeError(f"no attach: {line.decode()}")
        seen = all_traced(server.pid, tracer.pid, figures)
        before = counts(address)
        wait_until(lambda: worked(before, counts(address)), "the server to work")
        seen |= all_traced(server.pid, tracer.pid, figures)
        asked_ns = time.time_ns()
        if (status := stop(tracer, signal.SIGINT)) != 0:
            raise RuntimeError(f"the tracer ended with {status}: {tracer.stderr.read().decode()}")
    all_free(server.pid, figures)
    _read(out, seen, asked_ns, figures)
    figures.rounds += 1


def all_traced(session: int, tracer: int, figures: Figures) -> set[int]:
    """Look at every task of the session; return their tids."""
    found = tasks(session)
    figures.checked += len(found)
    figures.untraced += [f"{one}" for one in found if one.tracer != tracer]
    return {one.tid for one in found}


def all_free(session: int, figures: Figures) -> None:
    """The same when there is no tracer."""
    found = tasks(session)
    figures.checked += len(found)
    figures.bound += [f"{one}" for one in found if one.tracer or one.state in STOPPED]


def tasks(session: int) -> list[Task]:
    """Return all tasks of a session that have not ended."""
    return [one for pid in in_session(session) for one in threads(pid) if not one.ended]


def counts(address: Address) -> dict[str, int]:
    """Ask the server what it has done."""
    found: dict[str, int] = json.loads(in_turn(address, [Request("/counts")])[0].body)
    return found


def worked(before: dict[str, int], now: dict[str, int]) -> bool:
    """Whether the server has created threads and children meanwhile."""
    return (
        now["threads"] - before["threads"] >= THREADS_A_ROUND
        and now["children"] - before["children"] >= CHILDREN_A_ROUND
    )


def settled(address: Address) -> dict[str, int]:
    """Return the server's counts at a moment at which all signals have arrived, or some never will."""
    found = counts(address)
    last = found["sent"] + SIGNALS // 10
    while found["received"] != found["sent"] < last:
        found = counts(address)
    return found


def _read(out: Path, seen: set[int], asked_ns: int, figures: Figures) -> None:
    """Take from a trace how long attach and detach took, and whose lines stand in it."""
    begun_ns = first_ns = ended_ns = 0
    announced = set()
    with out.open(encoding="ascii") as lines:
        for line in lines:
            if not line.startswith("#"):
                first_ns = first_ns or int(line.split()[1].replace(".", "")) * 1000
                continue
            _, _, key, facts = line.split(" ", 3)
            if key == "task":
                announced.add(json.loads(facts)["tid"])
            elif key in {"trace", "end"}:
                found = json.loads(facts)
                begun_ns = begun_ns or found["time_ns"]
                ended_ns = found["time_ns"]
                figures.tasks += found.get("tasks", 0)
    figures.attach_ms.append((first_ns - begun_ns) / 1e6)
    figures.detach_ms.append((ended_ns - asked_ns) / 1e6)
    figures.unwritten += [str(tid) for tid in sorted(seen - announced)]


def main() -> int:
    """Print the figures; the status is 1 if anything happened that must not."""
    parser = argparse.ArgumentParser(description="Attach to a server under load, again and again.")
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        figures = torture(rounds, Path(folder))
    sys.stdout.write(figures.text() + "\n" + ("\n".join(figures.defects) or "nothing failed") + "\n")
    return bool(figures.defects)


if __name__ == "__main__":
    sys.exit(main())

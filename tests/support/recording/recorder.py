"""Recording one case: a server runs and is traced, clients ask, and the truth is put together.

Nothing of the truth is taken from the trace or from tracekit: who served a request comes from the
server's own logs or from proc(5), what was asked and answered from the client, the rest from the
configuration.
"""

import contextlib
import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from tests.support.processes import PATIENCE_S, Process, start, stop, task, threads, tree, wait_until
from tests.support.recording import acts
from tests.support.recording.apachelike import Who
from tests.support.recording.client import Asked, Log
from tests.support.recording.holders import holder
from tests.support.recording.loads import LOADS, Scene, warm
from tests.support.recording.place import VHOST, Place, encrypted, make_place
from tests.support.recording.servers import SERVERS, Server, environment
from tests.support.recording.tracing import LAUNCHED, attached, is_traced, launched

ATTEMPTS: Final = 3


@dataclass(frozen=True)
class Case:
    """One recording.

    Attributes:
        server: its row in the table of servers.
        load: its row in the table of loads.
        options: strace's.
        how: launch, stderr, unprivileged; attach, child, parent, thread.
        site: name of the document root's folder.
        act: something that happens to the server, after which the load comes again.
        cannot: the questions that such a trace cannot answer, and what the reason that is told has to match.
    """

    server: str
    load: str = "many"
    options: str = "-f -ttt -T -yy"
    how: str = "attach"
    site: str = "site"
    act: str = ""
    cannot: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Running:
    """A server that runs, and what is known of it."""

    server: Server
    place: Place
    process: Process
    first: int
    """Its first process."""
    seen: dict[int, dict[str, Any]] = field(default_factory=dict)

    def look(self) -> None:
        """Note the processes and threads that there are now."""
        for pid in tree(self.first):
            one = task(pid)
            known = self.seen.setdefault(pid, {"pid": pid, "ppid": one.ppid if one else None, "tids": []})
            known["tids"] = sorted({*known["tids"], *(found.tid for found in threads(pid))})


def record(case: Case, root: Path, out: Path) -> dict[str, Any]:
    """Record a case: write strace's log to ``out`` and return the truth.

    A server whose port another program took first is started again on another one.

    Args:
        case: what is recorded.
        root: an empty folder, that any user may enter, where the server lives.
        out: the log; with ``-ff`` the beginning of the names of its files.

    Raises:
        RuntimeError: the server does not start.
        TimeoutError: it does not answer, or cannot be traced.
    """
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(RuntimeError):
            return _record(case, root, out)
    return _record(case, root, out)


def _record(case: Case, root: Path, out: Path) -> dict[str, Any]:
    server = SERVERS[case.server]
    place = make_place(root, server.listens, case.site)
    hosts = ["localhost", VHOST] if server.vhosts else ["localhost"]
    context = encrypted(place) if server.tls else None
    log, noise = Log(context=context), Log(context=context)
    with _running(case, server, place, out, log if case.how in LAUNCHED else noise) as running:
        if case.server == "busybox":
            log.holder = lambda port: holder(running.first, place.ports[0], port)
        chosen: list[int] = []
        happened: dict[str, Any] = {}
        with contextlib.ExitStack() as tracing:
            if case.how not in LAUNCHED:
                chosen = tracing.enter_context(_attached(case, running, out))
            running.look()
            scene = Scene(place.addresses, hosts, log, server.aliased)
            LOADS[case.load](scene)
            running.look()
            if case.act:
                happened = acts.ACTS[case.act](running.first)
                LOADS[case.load](scene)
                running.look()
    keys = [(one.port, one.nth) for one in log.asked]
    account = server.account(place, keys, running.first)
    account |= {(port, nth): Who(log.held[port], log.held[port]) for port, nth in keys if port in log.held}
    return {
        "server": case.server,
        "strace": case.options,
        "how": case.how,
        "traced": chosen if case.how in ("child", "parent", "thread") else None,
        "mpm": server.model,
        "docroots": server.docroots(place),
        "aliases": [{"url": "/shared", "path": f"{root}/shared"}] if server.aliased else [],
        "requests": [_request(one, account, server, place) for one in log.asked],
        "processes": list(running.seen.values()),
        **({"crashes" if case.act == "crash" else case.act: [happened]} if happened else {}),
    }


@contextlib.contextmanager
def _running(case: Case, server: Server, place: Place, out: Path, log: Log) -> Iterator[Running]:
    """Run a server, under strace where the case says so, until the block is left."""
    command = server.configure(place)
    if case.how in LAUNCHED:
        command = launched(case.how, case.options, out, command)
    output = out if case.how == "stderr" else place.root / "output"
    with output.open("wb") as stream:
        process = start(command, stdout=stream, stderr=stream, env=environment(server, place))
    try:
        wait_until(
            lambda: process.poll() is not None or warm(place.addresses[0], log, "localhost"), "an answer"
        )
        if process.poll() is not None:
            raise RuntimeError(f"{command} ended: {output.read_text(errors='replace')[-2000:]}")
        first = tree(process.pid)[1] if case.how in LAUNCHED else process.pid
        running = Running(server, place, process, first)
        wait_until(lambda: len(tree(first)) >= server.processes, f"{server.processes} processes")
        wait_until(lambda: _tasks(first) >= server.tasks, f"{server.tasks} tasks")
        yield running
        if case.how in LAUNCHED:
            _end(first, process)
    finally:
        stop(process)


def _tasks(first: int) -> int:
    return sum(len(threads(pid)) for pid in tree(first))


def _end(first: int, tracer: Process) -> None:
    """End a server that strace started, and so strace."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(first, signal.SIGTERM)
    tracer.wait(PATIENCE_S)


@contextlib.contextmanager
def _attached(case: Case, running: Running, out: Path) -> Iterator[list[int]]:
    """Trace a server that runs until the block is left."""
    command, chosen = attached(case.how, case.options, out, running.first)
    with tempfile.TemporaryFile() as complaints:
        tracer = start(command, stderr=complaints)
        try:
            follow = "-f" in case.options
            wait_until(lambda: tracer.poll() is not None or is_traced(chosen, follow), "strace to attach")
            if tracer.poll() is not None:
                complaints.seek(0)
                raise RuntimeError(f"{command} ended: {complaints.read().decode()}")
            yield chosen
            _settle(running)
            tracer.send_signal(signal.SIGINT)
            tracer.wait(PATIENCE_S)
        finally:
            stop(tracer, signal.SIGKILL)


def _settle(running: Running) -> None:
    """Wait until the server has no connection left, so that their ends are in the trace."""
    with contextlib.suppress(TimeoutError):
        wait_until(lambda: not _connected(running.place), "the end of the connections", 1.0)


def _connected(place: Place) -> bool:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ports = {f"{port:04X}" for port in place.ports}
    gone = {"06", "07", "0A"}  # TIME_WAIT, CLOSE, LISTEN: net/tcp_states.h
    return any(row[1].split(":")[1] in ports and row[3] not in gone for row in rows)


def _request(one: Asked, account: dict[tuple[int, int], Who], server: Server, place: Place) -> dict[str, Any]:
    """Return one row of the truth."""
    who = account.get((one.port, one.nth)) if " HTTP/" in one.line else None
    return {
        "client": f"127.0.0.1:{one.port}",
        "nth": one.nth,
        "pid": who.pid if who else None,
        "tid": who.tid if who else None,
        "accept_tid": who.accept_tid if who else None,
        "status": one.status,
        "request": one.line,
        "host": one.host,
        "file": _file(one, server, place) if one.status in (200, 206) else None,
    }


def _file(one: Asked, server: Server, place: Place) -> str:
    """Return the file that answers a request: its document root and its target."""
    target = unquote(one.line.split(" ")[1].partition("?")[0])
    if server.aliased and target.startswith("/shared/"):
        return f"{place.root}{target}"
    root = (
        place.root / "two" if server.vhosts and one.host == VHOST else Path(server.docroots(place)[0]["path"])
    )
    return str(root) + (target + "index.html" if target.endswith("/") else target)

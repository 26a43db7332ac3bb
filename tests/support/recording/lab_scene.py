"""Recording one scene of the graded lab: a server, what is asked of it, strace's log and the truth.

Who served a request comes from the server's logs, who lived and in what role from proc(5), the rest from the
configuration; the trace is only looked at for what may not be in it.
"""

import contextlib
import ctypes
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.support.processes import PATIENCE_S, Process, start, stop, task, threads, tree, wait_until
from tests.support.recording import lab_loads as loads
from tests.support.recording.acts import TGKILL
from tests.support.recording.apachelike import Key, Who, apache_account, built_in_account
from tests.support.recording.lab_place import BUNDLE, ROOT, configure, make_home
from tests.support.recording.lab_plan import Plan, Recording
from tests.support.recording.lab_tokens import leaders
from tests.support.recording.lab_watch import Watch
from tests.support.recording.lab_words import Words
from tests.support.recording.place import Place
from tests.support.recording.tracing import is_traced
from tracekit.lab.truth import Coverage, Crash, Request, Scaling, Thread, Truth
from tracekit.lab.truth import Process as Lived

STRACE: Final = ("strace", "-f", "-ttt", "-T", "-yy", "-s", "256", "-e", "trace=!getrandom")
"""httpd asks for random bytes four thousand times when it starts, and they cannot be packed."""
ENVIRONMENT: Final = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "PYTHONDONTWRITEBYTECODE": "1"}
CRASHED: Final = re.compile(r"- (\d+) (\d+) .*reads address 0")


def record(plan: Plan, seed: str, out: Path) -> tuple[Truth, str]:
    """Record a scene: write strace's log to ``out``; return the truth and what ps showed.

    Raises:
        RuntimeError: something of the truth was not to be seen.
        TimeoutError: what was waited for did not come.
    """
    words = Words(seed)
    home = make_home(words, loads.PAGES, loads.SHARED, loads.LOST)
    command = configure(home, plan.server, plan.mpm, plan.numbers, crash=plan.kind == "crash")
    one = Recording(plan, words, home, Watch(plan.mpm, plan.size), out)
    Path("/proc/sys/kernel/ns_last_pid").write_text(str(words.number(110_000, 890_000)))
    os.chdir(ROOT)
    try:
        with _launched(one) if plan.kind == "site" else _running(one, command):
            KINDS[plan.kind](one)
    finally:
        one.watch.end()
    return _truth(one), one.ps


@contextlib.contextmanager
def _launched(one: Recording) -> Iterator[None]:
    """Run the launcher under strace; the server is told to end when the block is left."""
    tracer = start([*STRACE, "-o", one.out, "sh", "start.sh"], env=ENVIRONMENT)
    try:
        one.launcher, main = wait_until(
            lambda: tree(tracer.pid)[1:3] if len(tree(tracer.pid)) > 2 else [], "it"
        )
        one.watch.begin(main)
        wait_until(lambda: one.watch.ready(one.plan.numbers["StartServers"]), "the server")
        yield
        os.kill(main, signal.SIGTERM)
        tracer.wait(PATIENCE_S)
    finally:
        stop(tracer, signal.SIGKILL)


@contextlib.contextmanager
def _running(one: Recording, command: list[str]) -> Iterator[None]:
    """Run the server, and strace attached to what the plan says, until the block is left."""
    server = start(command, env={**ENVIRONMENT, "PYTHONPATH": str(BUNDLE)})
    try:
        one.watch.begin(server.pid)
        wait_until(lambda: one.watch.ready(one.plan.numbers["StartServers"]), "the server")
        children = sorted(one.watch.now())
        chosen = [server.pid] * one.plan.main + children[: one.plan.traced]
        tracer = start([*STRACE, "-o", one.out, *(word for pid in chosen for word in ("-p", str(pid)))])
        try:
            wait_until(lambda: tracer.poll() is not None or is_traced(chosen, True), "strace to attach")
            one.watch.series.clear()
            one.attached = len(one.watch.looks)
            yield
            _detach(one, tracer)
        finally:
            stop(tracer, signal.SIGKILL)
    finally:
        one.watch.end()
        stop(server)


def _detach(one: Recording, tracer: Process) -> None:
    """End the tracer, and look at the processes no longer."""
    one.watch.end()
    tracer.send_signal(signal.SIGINT)
    tracer.wait(PATIENCE_S)


def _site(one: Recording) -> None:
    loads.site(one.home, one.address, one.log)


def _rush(one: Recording) -> None:
    """Hold connections until nothing more changes; then perhaps let go and wait until some have left."""
    before = set(one.watch.now())
    loads.ask(one.address, one.log, "/")
    with loads.held(one.address, one.plan.hold):
        loads.steady(one.count, len(before) + 1)
    if one.plan.back:
        wait_until(lambda: one.count() <= one.plan.back, f"{one.plan.back} processes")
    loads.ask(one.address, one.log, one.home.pages[0])
    one.watch.end()
    series, peak = one.watch.series, max(one.watch.series)
    spawned = tuple(seen.pid for seen in one.watch.workers() if seen.pid not in before)
    reached = peak >= one.plan.limit
    one.parts["scaling"] = Scaling(
        peak, one.watch.peak_threads(), one.plan.limit, reached, spawned, tuple(series)
    )


def _crash(one: Recording) -> None:
    """Let one thread die, of a fault or by tgkill(2), while others serve."""
    pages = list(one.home.pages)
    loads.kept(one.address, one.log, pages[:8])
    before = {pid: tids for pid, tids in one.watch.now().items() if len(tids) == one.plan.size}
    with loads.busy(one.address, one.log, pages[8:16]):
        pid, culprit = _fault(one) if one.plan.server == "tracekit" else _kill(before, one)
    wait_until(lambda: pid not in one.watch.now(), "the end of the process")
    wait_until(lambda: one.watch.ready(len(before)), "another process")
    loads.kept(one.address, one.log, pages[16:28])
    after = set(one.watch.now())
    (replacement,) = after - set(before)
    survivors = tuple(sorted(after & set(before)))
    one.parts["crash"] = Crash(
        "SIGSEGV", culprit, pid, pid, tuple(sorted(before[pid])), survivors, replacement
    )


def _kill(before: Mapping[int, set[int]], one: Recording) -> tuple[int, int]:
    """Send SIGSEGV to a thread that serves, of the process in the middle."""
    pid = sorted(before)[len(before) // 2]
    workers = sorted(before[pid] - {pid, one.watch.listener(pid)})
    culprit = workers[one.words.number(0, len(workers) - 1)]
    if ctypes.CDLL(None, use_errno=True).syscall(TGKILL, pid, culprit, signal.SIGSEGV):
        raise OSError(ctypes.get_errno(), "tgkill")
    return pid, culprit


def _fault(one: Recording) -> tuple[int, int]:
    """Ask for what reads address 0; the server's error log says who did."""
    loads.ask(one.address, one.log, "/crash")
    found = wait_until(lambda: CRASHED.findall((ROOT / "error.log").read_text()), "a crash")
    return int(found[0][0]), int(found[0][1])


def _partial(one: Recording) -> None:
    """Make the server grow while a part of it is traced, and note what there is at the end."""
    loads.kept(one.address, one.log, one.home.pages[:8])
    before = one.count()
    with loads.held(one.address, one.plan.hold):
        loads.steady(one.count, before + 1)
        wait_until(
            lambda: all(len(tids) == one.plan.size for tids in one.watch.now().values()), "all threads"
        )
        one.ps = _ps(one)
        alive = {tid for pid in tree(one.watch.main) for tid in [found.tid for found in threads(pid)]}
        traced = {tid for tid in alive if (found := task(tid)) and found.tracer}
        pids = {pid for pid in tree(one.watch.main) if {found.tid for found in threads(pid)} - traced}
    wait_until(lambda: one.watch.ready(before + 1), "listeners that wait")
    untraced = tuple(sorted(alive - traced))
    traced |= one.watch.since(one.attached, traced)  # those that have ended: starters
    one.parts["coverage"] = Coverage(not untraced, tuple(sorted(traced)), untraced, tuple(sorted(pids)))


def _ps(one: Recording) -> str:
    """Return what ps(1) shows of the server."""
    done = subprocess.run(["ps", "-eLf"], capture_output=True, text=True, check=True)
    pids = {str(pid) for pid in tree(one.watch.main)}
    head, *rows = done.stdout.splitlines()
    return "\n".join([head, *(row for row in rows if row.split()[1] in pids)]) + "\n"


KINDS: Final[Mapping[str, Callable[[Recording], None]]] = {
    "site": _site,
    "rush": _rush,
    "crash": _crash,
    "partial": _partial,
}


def _truth(one: Recording) -> Truth:
    """Put the truth together."""
    place = Place(ROOT, (one.home.port,))
    own = one.plan.server == "tracekit"
    account = built_in_account(place) if own else apache_account(place, one.plan.mpm)
    processes = one.watch.processes()
    if one.launcher:
        processes = (Lived(one.launcher, 0, "launcher", (Thread(one.launcher, "launcher"),)), *processes)
    requests = _requests(one, account)
    numbers = {str(thread.tid) for process in processes for thread in process.threads}
    numbers |= leaders(one.out.read_text().splitlines())
    ports = {str(one.home.port), *(asked.client.partition(":")[2] for asked in requests)}
    ports |= set(re.findall(r"127\.0\.0\.1:(\d+)", one.out.read_text()))
    return Truth(
        server=one.plan.server,
        mpm=one.plan.mpm,
        numbers=dict(one.plan.numbers),
        docroot=one.home.docroot,
        aliases=one.home.aliases,
        decoys=one.home.decoys,
        processes=processes,
        requests=requests,
        **one.parts,
        tokens={
            "words": tuple(sorted(one.words.given)),
            "pids": tuple(sorted(numbers)),
            "ports": tuple(sorted(ports)),
        },
    )


def _requests(one: Recording, account: Mapping[Key, Who]) -> tuple[Request, ...]:
    """Return what was asked and answered, with who served it."""
    rows = []
    for asked in one.log.asked:
        if asked.status is None:
            continue
        method, target, _ = asked.line.split(" ")
        who = account.get((asked.port, asked.nth))
        if who is None or who.tid is None:
            raise RuntimeError(f"the server did not write down who served {asked}")
        accepted = who.tid if one.plan.mpm == "prefork" else one.watch.listener(who.pid)
        if accepted is None or who.accept_tid not in (None, accepted):
            raise RuntimeError(f"{asked}: proc(5) has {accepted} as listener, the server {who}")
        client, file = f"127.0.0.1:{asked.port}", one.home.file(target, asked.status)
        rows.append(
            Request(client, asked.nth, method, target, asked.status, who.pid, who.tid, accepted, file)
        )
    return tuple(rows)

"""What tracing costs, beside strace and beside not tracing at all: ``make bench-tracing``.

Every peer runs in the same round with the same flags and writes to a file; figures are
ratios between peers of one run. Needs root, apache2, ab, strace and a compiler.
"""

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks.measuring import Figures, build, in_turn, table
from tests.support.httpd import Apache, apache
from tests.support.processes import ending, start, task, threads, wait_until
from tracekit.analyzers.questions import QUESTIONS

TRACEKIT = [sys.executable, "-m", "tracekit"]
STRACE = ["strace", "-f", "-ttt", "-T", "-yy", "-s", "1024"]
"""With the flags that are tracekit's own when none is given."""
DOCROOT = ",".join(sorted(f"?{name}" for name in QUESTIONS["docroot"].needs))
RATE = re.compile(rb"Requests per second: +([\d.]+)")
FAILED = re.compile(rb"Failed requests: +(\d+)")


def attached(tids: Callable[[], list[int]]) -> bool:
    """Whether every task has a tracer."""
    found = [task(tid) for tid in tids()]
    return all(one is None or one.tracer for one in found)


@contextlib.contextmanager
def tracer(command: list[str], tids: Callable[[], list[int]]) -> Iterator[None]:
    """Have a tracer attached to all of these tasks for as long as the block lasts."""
    process = start(command)
    with ending(process):
        wait_until(lambda: attached(tids), f"{command[0]} to attach")
        yield
        process.send_signal(signal.SIGINT)
        process.wait()


def rate(server: Apache, requests: int) -> float:
    """Requests per second of ``ab -k -c 8``."""
    url = f"http://127.0.0.1:{server.address[1]}/"
    words = ["ab", "-q", "-k", "-c", "8", "-n", str(requests), url]
    out = subprocess.run(words, check=True, capture_output=True).stdout
    failed, found = FAILED.search(out), RATE.search(out)
    if failed is None or found is None or int(failed[1]):
        raise RuntimeError(f"ab was not served: {out.decode()}")
    return float(found[1])


def server_rates(folder: Path, rounds: int) -> str:
    """Requests per second that apache2 (event) keeps under each tracer."""
    with apache("event", servers=2, threads_per_child=25) as server:
        pids = [str(pid) for pid in server.pids()]
        every = [word for pid in pids for word in ("-p", pid)]

        def under(command: list[str]) -> float:
            with tracer([*command, "-o", str(folder / "out"), *every], server.tids):
                return rate(server, 4000)

        peers = {
            "untraced": lambda: rate(server, 20_000),
            "strace": lambda: under(STRACE),
            "tracekit": lambda: under([*TRACEKIT, "attach", "-f"]),
            "tracekit --same-cpu": lambda: under([*TRACEKIT, "attach", "-f", "--same-cpu"]),
        }
        figures = in_turn(peers, rounds)
    return table("apache2 (event), ab -k -c 8", "req/s", figures, ("strace", "untraced"))


def elapsed(command: list[str]) -> float:
    """Seconds that a command takes."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def cost(command: list[str], program: Path, call: str, count: int) -> float:
    """Microseconds a call; what a start costs is taken off."""
    long, none = ([*command, str(program), str(times), call] for times in (count, 0))
    return (elapsed(long) - elapsed(none)) / count * 1e6


def costs(commands: Mapping[str, tuple[list[str], int]], program: Path, call: str, rounds: int) -> Figures:
    """The same of several peers: each a command, and how many calls it is measured with."""
    peers = {
        peer: partial(cost, command, program, call, count) for peer, (command, count) in commands.items()
    }
    return in_turn(peers, rounds)


def call_costs(folder: Path, rounds: int) -> str:
    """Microseconds that a call takes in a tight loop."""
    program, out = build("calls", folder), ["-o", str(folder / "out")]
    commands: dict[str, tuple[list[str], int]] = {
        "untraced": ([], 2_000_000),
        "strace": ([*STRACE, *out], 20_000),
        "tracekit": ([*TRACEKIT, "run", "-f", *out, "--"], 20_000),
        "tracekit --same-cpu": ([*TRACEKIT, "run", "-f", "--same-cpu", *out, "--"], 20_000),
    }
    return "\n".join(
        table(f"a loop of {call}", "us/call", costs(commands, program, call, rounds), ("strace",), 2)
        for call in ("getppid", "read", "stat")
    )


def filtered(folder: Path, rounds: int) -> str:
    """A launched program of whose calls 4 in 1,000 concern the document root: each call, and the start."""
    program, out = build("calls", folder), ["-o", str(folder / "out")]
    commands: dict[str, tuple[list[str], int]] = {
        "untraced": ([], 2_000_000),
        "strace -f": ([*STRACE, *out], 20_000),
        "strace --seccomp-bpf": ([*STRACE, "--seccomp-bpf", "-e", f"trace={DOCROOT}", *out], 1_000_000),
        "tracekit --for docroot": ([*TRACEKIT, "run", "-f", "--for", "docroot", *out, "--"], 1_000_000),
    }
    against = ("strace -f", "strace --seccomp-bpf")
    calls = costs(commands, program, "mix", rounds)
    starts = in_turn(
        {
            peer: partial(elapsed, [*command, str(program), "0", "mix"])
            for peer, (command, _) in commands.items()
        },
        rounds,
    )
    return "\n".join(
        (
            table("a launched program, 0.4 % of its calls wanted", "us/call", calls, against, 3),
            table("its start and end", "s", starts, against, 3),
        )
    )


def attaching(folder: Path, rounds: int) -> str:
    """Seconds from the start of a tracer to its hold on 1,000 threads, and from Ctrl-C to their freedom."""
    program = build("threads", folder)
    resident: dict[str, list[float]] = {"strace": [], "tracekit": []}
    letting_go: dict[str, list[float]] = {"strace": [], "tracekit": []}

    def attach(peer: str, command: list[str]) -> float:
        server = start([program, "1000"], stdout=subprocess.PIPE)
        with ending(server):
            assert server.stdout is not None
            server.stdout.readline()
            began = time.perf_counter()
            process = start([*command, "-o", str(folder / "out"), "-p", str(server.pid)])
            with ending(process):
                wait_until(lambda: all(one.tracer for one in threads(server.pid)), "a hold on all threads")
                held = time.perf_counter() - began
                resident[peer].append(peak(process.pid))
                began = time.perf_counter()
                os.kill(process.pid, signal.SIGINT)
                wait_until(lambda: not any(one.tracer for one in threads(server.pid)), "their freedom")
                letting_go[peer].append(time.perf_counter() - began)
        return held

    peers = {
        "strace": lambda: attach("strace", STRACE),
        "tracekit": lambda: attach("tracekit", [*TRACEKIT, "attach", "-f"]),
    }
    held = table(
        "attach to 1,000 threads, with the tracer's own start", "s", in_turn(peers, rounds), ("strace",), 3
    )
    freed = table("detach from them", "s", letting_go, ("strace",), 3)
    return "\n".join((held, freed, table("memory at its highest", "MiB", resident, ("strace",))))


def peak(pid: int) -> float:
    """The most memory that a process ever had in use, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(dict(line.split(":", 1) for line in status.splitlines())["VmHWM"].split()[0]) / 1024


PARTS: Mapping[str, Callable[[Path, int], str]] = {
    "server": server_rates,
    "calls": call_costs,
    "filter": filtered,
    "attach": attaching,
}


def main() -> None:
    """Run what was asked for, all of it by default."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its byte code
    with tempfile.TemporaryDirectory(prefix="tracekit-bench-") as folder:
        for name in chosen.parts or PARTS:
            print(PARTS[name](Path(folder), chosen.rounds), flush=True)


if __name__ == "__main__":
    main()

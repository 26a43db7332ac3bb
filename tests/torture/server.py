"""The built-in server under load and hostile clients, for minutes: who is lost, and what it costs.

``python -m tests.torture.server --seconds 600`` prints the figures for each MPM;
`test_server.py` takes a few seconds.
"""

import argparse
import contextlib
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.lab_server import LabServer, lab_server
from tests.support.load import TIMEOUT_S, Address, Request, connected
from tests.support.processes import tree, wait_until
from tests.torture.hostile import Hostile
from tests.torture.steady import Load

MPMS = ("event", "worker", "prefork")
WORKERS = {"event": 16, "worker": 16, "prefork": 16}
CLIENTS = 3
SHOWN = 5
WARM = 0.2
"""The share of the time after which memory is looked at for the first time."""
EXTRA = """\
KeepAliveTimeout 2
Timeout 5
ListenBacklog 1024
ServerLimit 16
MaxRequestWorkers 16
<IfModule mpm_prefork_module>
MinSpareServers 1
MaxSpareServers 16
</IfModule>
<IfModule !mpm_prefork_module>
MinSpareThreads 1
MaxSpareThreads 16
</IfModule>
CustomLog /dev/full truth
"""


@dataclass
class Figures:
    """What happened."""

    seconds: float = 0.0
    requests: int = 0
    connections: int = 0
    held: int = 0
    """Connections that were open at once in the end, and answered."""
    memory: list[int] = field(default_factory=list)
    """Of all processes together, in KiB, first when it is warm (PSS, proc(5))."""
    defects: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Say it in a line for each."""
        warm, last = self.memory
        lines = [
            f"{self.seconds:.0f} s, {self.requests:,} requests and {self.connections:,} hostile connections",
            f"{self.held} connections held at once and answered",
            f"memory {warm:,} KiB when warm, {last:,} KiB at the end ({last - warm:+,})",
            f"{len(self.defects)} defects",
            *self.defects[:SHOWN],
        ]
        return "".join(f"  {line}\n" for line in lines)


def torture(mpm: str, seconds: float, held: int, folder: Path) -> Figures:
    """Serve honest and hostile clients for that long, then see whether everybody is still there."""
    figures = Figures()
    with lab_server(folder, mpm, servers=16 if mpm == "prefork" else 4, threads=4, extra=EXTRA) as running:
        honest = Load(running.address, CLIENTS, Request("/"), INDEX, keeps=False)
        with _hostile(running, figures), honest:
            began = time.monotonic()
            for share in (WARM, 1.0):
                while time.monotonic() < began + seconds * share:
                    time.sleep(0.1)
                figures.memory.append(memory(running.process.pid))
        figures.seconds = time.monotonic() - began
        figures.requests = honest.requests
        figures.defects += [f"request failed: {failure}" for failure in honest.failures]
        figures.held = hold(running.address, held)
        figures.defects += lost(running, mpm)
    return figures


INDEX = b"<h1>It works!</h1>\n"


@contextlib.contextmanager
def _hostile(running: LabServer, figures: Figures) -> Iterator[None]:
    hostile = Hostile(running.address, running.root / "htdocs")
    threads = hostile.run()
    try:
        yield
    finally:
        hostile.over.set()
        for thread in threads:
            thread.join()
        figures.connections = hostile.connections
        figures.defects += hostile.surprises


def memory(parent: int) -> int:
    """Return the proportional set size of a process and its descendants, in KiB."""
    total = 0
    for pid in tree(parent):
        with contextlib.suppress(OSError):  # a child that just ended
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total


def hold(address: Address, number: int) -> int:
    """Open that many connections with a part of a request on each, then finish them all; count the answers.

    More than the workers at once: the rest waits for its turn, in the kernel.
    """
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(address, TIMEOUT_S)) for _ in range(number)]
        for connection in held:
            connection.sendall(b"GET / HTTP/1.0\r\n")
        for connection in held:
            with contextlib.suppress(OSError):
                connection.sendall(b"\r\n")
        return sum(_answered(connection) for connection in held)


def _answered(connection: socket.socket) -> bool:
    with contextlib.suppress(OSError), connection:  # the server waits for our end before it serves the next
        return connection.recv(12).startswith(b"HTTP/1.1 ")
    return False


def lost(running: LabServer, mpm: str) -> list[str]:
    """Return what is missing: the parent, or a worker. All workers but one are kept busy, and one serves."""
    found = [] if running.process.poll() is None else ["the main process ended"]
    log = running.error_log()
    found += [f"the error log has: {text}" for text in ("Traceback", "exit signal") if text in log]
    with ExitStack() as stack:
        for _ in range(WORKERS[mpm] - 1):
            connection = stack.enter_context(socket.create_connection(running.address, TIMEOUT_S))
            connection.sendall(b"GET")
        try:
            with connected(running.address) as last:
                wait_until(lambda: last.ask(Request("/")).status == 200, "an answer by the last worker")
        except (OSError, TimeoutError) as error:
            found.append(f"a worker is lost: {error!r}")
    return found


def main() -> int:
    """Torture each MPM in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--held", type=int, default=1000)
    parser.add_argument("--mpm", choices=MPMS, action="append")
    chosen = parser.parse_args()
    failed = False
    for mpm in chosen.mpm or MPMS:
        with tempfile.TemporaryDirectory(prefix="tracekit-torture-") as folder:
            Path(folder).chmod(0o755)  # children of root's server are nobody
            figures = torture(mpm, chosen.seconds, chosen.held, Path(folder))
        print(f"{mpm}\n{figures.text()}", flush=True)  # noqa: T201
        failed = failed or bool(figures.defects)
    return failed


if __name__ == "__main__":
    sys.exit(main())

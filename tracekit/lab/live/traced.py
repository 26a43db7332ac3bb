"""A live server under tracekit's tracer for the length of a block: for tests of an exercise of one's own."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT
from typing import Final

from tracekit.errors import NotPermittedError
from tracekit.lab.live import control, proc, records
from tracekit.lab.live.keys import truth_of
from tracekit.lab.live.launching import Where, launch, wait
from tracekit.lab.live.site import Site, plan
from tracekit.lab.seeds import PRACTICE, Secret
from tracekit.lab.submissions import TRACE
from tracekit.lab.traces import StudentTrace
from tracekit.lab.truth import Truth

KEY: Final = b"of a record that nobody grades by"
ENDING_S: Final = 30.0


@dataclass
class Traced:
    """A server that runs and is traced.

    Attributes:
        where: its address and its first process.
        site: what it is like.
        trace: the file that the tracer writes.
        log: the server's access log.
    """

    where: Where
    site: Site
    trace: Path
    log: Path
    _tracer: "subprocess.Popen[bytes]"
    _place: Path

    @property
    def url(self) -> str:
        """Where the server answers."""
        return self.where.url

    @property
    def host(self) -> str:
        """Its address."""
        return self.where.host

    @property
    def port(self) -> int:
        """Its port."""
        return self.where.port

    @property
    def pid(self) -> int:
        """Its first process."""
        return self.where.pid

    def stop(self) -> None:
        """End the trace, then the server; both may have ended before."""
        if self._tracer.poll() is None:
            self._tracer.send_signal(SIGINT)
        try:
            self._tracer.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            self._tracer.kill()
            self._tracer.wait()
        state = records.read(self._place / records.STATE)
        if state is not None:
            control.finish(state)

    def truth(self) -> Truth:
        """Return what is so, after `stop`, for the time of the trace."""
        return truth_of(records.opened(self._place, KEY), StudentTrace(self.trace).lines())


@contextmanager
def traced(server: str = "tracekit", mpm: str = "event", seed: int = 0) -> Iterator[Traced]:
    """Run a server that is traced; all of it has ended when the block is left.

    Args:
        server: ``tracekit`` for the built-in one, or ``apache2``.
        mpm: ``prefork``, ``worker`` or ``event``.
        seed: of its numbers, folders and pages.

    Raises:
        UsageError: there is no such server here.
        NotPermittedError: it takes root, or must not be traced.
        TracekitError: it does not start.
    """
    base = Path(tempfile.mkdtemp(prefix="tracekit-traced-"))
    base.chmod(0o755)  # the user that serves has to get to the pages
    try:
        place = base / "kept"
        chance = Secret(PRACTICE).chance("traced", str(seed), mpm)
        site = plan("traced", "site", 0, chance, base, mpm=mpm)
        where = launch(site, server, place, KEY, (0, 0))
        trace = base / TRACE
        one = Traced(where, site, trace, place / "access.log", _attach(where.pid, trace, base), place)
        try:
            wait(lambda: one._tracer.poll() is not None or _all_traced(where.pid), "the tracer")  # noqa: SLF001
            if one._tracer.poll() is not None:  # noqa: SLF001
                raise NotPermittedError((base / "said").read_text()[-300:].strip(), "see tracekit doctor")
            yield one
        finally:
            one.stop()
    finally:
        shutil.rmtree(base)


def _attach(pid: int, trace: Path, base: Path) -> "subprocess.Popen[bytes]":
    """Start a tracer of a process, its children, and all that they will make."""
    command = [sys.executable, "-P", "-m", "tracekit", "attach", "-f", "--tree", "-p", str(pid)]
    with (base / "said").open("wb") as said:
        return subprocess.Popen(
            [*command, "-o", str(trace)], stdin=subprocess.DEVNULL, stdout=said, stderr=said, process_group=0
        )


def _all_traced(first: int) -> bool:
    """Whether every thread of a server has a tracer."""
    return all(proc.tracer(tid) for pid in (first, *proc.children(first)) for tid in proc.threads(pid))

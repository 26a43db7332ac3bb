"""A server's own logs, read as they grow: which process and which thread served what.

The built-in server writes the threads that accepted and served (LWPs) into its access log. apache2's has
the process (``%P``) and the id of the request in the error log (``%L``), where authz_core's line of that
request has the thread (``%{g}T``: gettid(2), httpd's server/log.c).
"""

import re
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

ACCESS: Final = re.compile(rb"(\d+) (\d+) (\S+) (\d+|-) (\d+) (\d+) (\S+) (.+) HTTP/\d\.\d")
ERROR: Final = re.compile(rb"(\S{2,}) (\d+) (\d+) AH\d+: ")
ESCAPED: Final = re.compile(r"\\([\"\\])")
MOST_ROWS: Final = 5000
"""Requests that are kept, the last ones."""
LONGEST_TARGET: Final = 1000
"""Characters of the target of a request that is kept."""


@dataclass(frozen=True)
class Row:
    """One request: the client's port, its number on the connection from 1, and who did what, when."""

    port: int
    nth: int
    pid: int
    tid: int | None
    accept_tid: int | None
    status: int
    time_ns: int
    method: str
    target: str

    def data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


@dataclass
class Journal:
    """The logs of one server.

    Attributes:
        folder: where ``access.log`` and ``error.log`` are.
        apache: whether the thread stands in the error log.
        rows: what was read.
    """

    folder: Path
    apache: bool
    rows: deque[Row] = field(default_factory=lambda: deque(maxlen=MOST_ROWS))
    _threads: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    _asked: Counter[int] = field(default_factory=Counter)
    _read: Counter[str] = field(default_factory=Counter)

    def look(self) -> bool:
        """Read what is new in the logs, and return whether there were requests."""
        before = self._asked.total()
        access = self._new("access.log")  # first: a request's line in the error log is older than here
        if self.apache:
            for line in self._new("error.log"):
                if found := ERROR.match(line):
                    self._threads[found[1], found[2]] = int(found[3])
        for line in access:
            if found := ACCESS.fullmatch(line):
                self._keep(found)
        return self._asked.total() != before

    def _new(self, name: str) -> list[bytes]:
        """Return the whole lines that a log has more than at the last time."""
        try:
            with (self.folder / name).open("rb") as stream:
                stream.seek(self._read[name])
                text = stream.read()
        except FileNotFoundError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        self._read[name] += len(whole)
        return whole.splitlines()

    def _keep(self, found: "re.Match[bytes]") -> None:
        """Keep a request."""
        port, pid = int(found[1]), int(found[2])
        self._asked[port] += 1
        target = ESCAPED.sub(r"\1", found[8].decode("utf-8", "replace"))
        if len(target) > LONGEST_TARGET:
            return
        tid = self._threads.get((found[3], found[2])) if self.apache else int(found[3])
        accepted = None if self.apache else int(found[4])
        self.rows.append(
            Row(
                port,
                self._asked[port],
                pid,
                tid,
                accepted,
                int(found[5]),
                int(found[6]) * 1000,
                found[7].decode("ascii", "replace"),
                target,
            )
        )

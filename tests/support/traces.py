"""Traces for tests: recorded ones with the truth about them, and ones written by hand."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracekit.events import Trace, read_trace

RECORDED = Path(__file__).resolve().parents[2] / "fixtures" / "traces"


def recorded(name: str) -> Trace:
    """Return a recorded trace: a folder of -ff files, or one packed file."""
    folder = RECORDED / name
    return read_trace(folder if folder.is_dir() else RECORDED / f"{name}.strace.gz")


def truth(name: str) -> dict[str, Any]:
    """Return what the server's own logs and configuration say about a recorded trace."""
    found: dict[str, Any] = json.loads((RECORDED / f"{name}.truth.json").read_text())
    return found


def accept(fd: int, port: int, listener: int = 3) -> str:
    """Return the accept of a client's connection."""
    peer = f'{{sa_family=AF_INET, sin_port=htons({port}), sin_addr=inet_addr("127.0.0.1")}}'
    return f"accept4({listener}, {peer}, [128 => 16], SOCK_CLOEXEC) = {fd}"


def get(fd: int, target: str, *fields: str, method: str = "GET", host: str | None = "a") -> str:
    """Return the read of one request; ``\\r\\n`` and quotes stand in it as strace prints them."""
    named = [f"Host: {host}"] if host else []
    text = "\\r\\n".join([f"{method} {target} HTTP/1.1", *named, *fields, "", ""])
    return f'read({fd}, "{text}", 8000) = {_length(text)}'


def ok(fd: int, body: str = "hi", status: str = "200 OK") -> str:
    """Return the write of one response."""
    head = f"HTTP/1.1 {status}\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n"
    return f'write({fd}, "{head}{body}", {_length(head + body)}) = {_length(head + body)}'


def _length(text: str) -> int:
    return len(text.encode().decode("unicode_escape"))


@dataclass
class Written:
    """A log that a test writes by hand: a call a line, one millisecond apart."""

    folder: Path
    lines: list[str]
    now: float = 1700000000.0

    def add(self, tid: int, *calls: str) -> None:
        """Let one task make calls; each is what stands in a log between its time and its duration."""
        for call in calls:
            self.now += 0.001
            self.lines.append(f"{tid} {self.now:.6f} {call} <0.000100>")

    def notes(self, *facts: dict[str, Any]) -> None:
        """Add notes about processes, as tracekit's tracer writes them."""
        self.lines += [f"# tracekit process {json.dumps(fact)}" for fact in facts]

    def read(self) -> Trace:
        """Return the log, read."""
        path = self.folder / "by-hand.strace"
        path.write_text("\n".join(self.lines) + "\n")
        return read_trace(path)

"""What one finding is, and how calls are quoted in it: without what people keep secret."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from tracekit.analyzers.answer import TEXT_LIMIT, Evidence, evidence
from tracekit.analyzers.state.connections import Request
from tracekit.events import Row
from tracekit.syscalls.families import names_of

OUTSIDE, LINK, TRAVERSAL = "outside-root", "link", "traversal"
WRITE, EXEC, SECRET = "write", "exec", "secret"
SEVERITY: Final = {OUTSIDE: "high", LINK: "medium", WRITE: "medium", EXEC: "medium", SECRET: "medium"}
"""How bad what was found can be; a traversal is as bad as what it reached."""
EXECS: Final = names_of("execve", "execveat")
WITH_VALUE: Final = names_of("setxattr", "lsetxattr", "fsetxattr", "setxattrat")
HIDDEN = "[hidden]"
KEYS = r"(?:password|passwd|pwd|passphrase|secret|api_?key|(?:access_|auth_)?token)"
"""Names of the fields of forms and queries whose values people keep secret."""
VALUE = re.compile(rf"(?i)({KEYS}=)[^&#\s\"]+")
USER = re.compile(r"(?i)([a-z][a-z0-9+.-]*://)[^/?#\s@\"]*@")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes:
        kind: outside-root, link, traversal, write, exec or secret.
        severity: high, medium or info (an attempt that reached nothing).
        request: the request, by its id in dispatch; None for a secret that came with none.
        client: its client's address; None when the trace does not show it.
        target: what it asked for, without secrets.
        path: the file; None for an attempt that reached nothing.
        what: in a few words.
        reached: of a traversal: whether a file outside was sent because of it; None where the trace
            does not tell. True for all others.
        count: how often.
        evidence: the request and what was done for it; secrets are left out.
    """

    kind: str
    severity: str
    request: int | None
    client: str | None
    target: str | None
    path: str | None
    what: str
    reached: bool | None
    count: int
    evidence: tuple[Evidence, ...]


def finding(kind: str, request: Request, path: str, what: str, rows: Iterable[Row] = ()) -> Finding:
    """Return what was done to a file for a request."""
    proof = (asking(request), *map(quoted, rows))
    return replace(of_request(kind, request, what, proof), path=path, severity=SEVERITY[kind])


def of_request(kind: str, request: Request, what: str, proof: tuple[Evidence, ...]) -> Finding:
    """Return a finding that names no file."""
    return Finding(
        kind=kind,
        severity="info",
        request=request.id,
        client=request.connection.client,
        target=hidden(request.target.target),
        path=None,
        what=what,
        reached=True,
        count=1,
        evidence=proof,
    )


def hidden(text: str | None) -> str | None:
    """Return a target without passwords."""
    return None if text is None else USER.sub(rf"\1{HIDDEN}@", VALUE.sub(rf"\1{HIDDEN}", text))


def asking(request: Request) -> Evidence:
    """Return the read of a request: its first line alone, since fields and a body can hold secrets."""
    line = hidden(request.head.line.decode("latin-1")) or ""
    return about(request.row, f'"{line[:TEXT_LIMIT]}"...')


def quoted(row: Row) -> Evidence:
    """Return a call that was given a name; not a program's arguments, nor the value of an attribute."""
    if row.name in EXECS:
        name = (row.args or "").partition(", [")[0]
        return about(row, "...", before=name)
    return about(row, "...") if row.name in WITH_VALUE else evidence(row)


def about(row: Row, shown: str, before: str | None = None) -> Evidence:
    """Return a call with ``shown`` in place of what it moved."""
    first = (row.args or "").partition(",")[0] if before is None else before
    return replace(evidence(row), text=f"{row.name}({first}, {shown}) = {row.ret_text or '?'}")

"""How a server is traced while it is recorded: strace's options, and which of its tasks."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.support.privileges import without_ptrace
from tests.support.processes import threads, tree

LAUNCHED: Final = {"launch", "stderr", "unprivileged"}
"""Ways in which strace starts the server; in the others it attaches to one that runs."""


def launched(how: str, options: str, out: Path, command: Sequence[str]) -> list[str]:
    """Return the command that runs a server under strace.

    ``stderr``: strace writes to its standard error, which is the server's, too. ``unprivileged``: root
    without CAP_SYS_PTRACE, who cannot read the memory of what has given up root's rights (ptrace(2)).
    """
    strace = ["strace", *options.split(), *([] if how == "stderr" else ["-o", str(out)]), *command]
    return without_ptrace(*strace) if how == "unprivileged" else strace


def attached(how: str, options: str, out: Path, first: int) -> tuple[list[str], list[int]]:
    """Return the command that attaches strace to a server that runs, and the processes that it names.

    Args:
        how: ``attach`` to all of it, to its last ``child``, to its ``parent`` or, as ``thread``, to the last
            thread of its last child.
        options: strace's.
        out: the log.
        first: the server's first process.
    """
    pids = tree(first)
    last_thread = max(one.tid for one in threads(pids[-1]))
    chosen = {"attach": pids, "child": pids[-1:], "parent": [first], "thread": [last_thread]}[how]
    words = [word for pid in chosen for word in ("-p", str(pid))]
    return ["strace", *options.split(), "-o", str(out), *words], chosen


def is_traced(pids: Sequence[int], follow: bool) -> bool:
    """Whether the processes, and with ``-f`` all of their threads, have a tracer."""
    tasks = [tid for pid in pids for tid in ([one.tid for one in threads(pid)] if follow else [pid])]
    states = [_status(tid) for tid in tasks]
    return all(re.search(r"^TracerPid:\t[1-9]", state, re.MULTILINE) for state in states if state)


def _status(tid: int) -> str:
    try:
        return Path(f"/proc/{tid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""

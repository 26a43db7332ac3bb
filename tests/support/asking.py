"""The command line without a process of its own: what is asked of traces that are there already.

A new interpreter takes half a second until it has pandas; what is said of standard streams, signals
and exit codes of processes is tested with processes (tests/cli).
"""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

from tracekit import cli


def tracekit(*words: str | Path) -> tuple[int, str, str]:
    """Run a command here; return its exit code and what it wrote to standard output and error."""
    argv, out, err = ["tracekit", *map(str, words)], io.StringIO(), io.StringIO()
    with mock.patch.object(sys, "argv", argv), redirect_stdout(out), redirect_stderr(err):
        code = cli._run(argv[1:])
    return int(code), out.getvalue(), err.getvalue()


def answer(command: str, trace: Path) -> dict[str, Any]:
    """Ask one question about a trace that has an answer."""
    code, out, err = tracekit(command, trace, "--format", "json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found

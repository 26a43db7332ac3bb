"""Tracing a program with settings that are switched on for a test."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TRACE = """
import json, sys
from dataclasses import replace
from tracekit.tracer import tracing
from tracekit.syscalls.select import choose
from tracekit.tracer.options.filters import Filters
given = json.loads(sys.argv[1])
inject = tuple(map(tuple, given.pop("inject", [])))
given["filters"] = Filters(trace=choose(given.pop("wanted")), inject=inject)
settings = replace(tracing.Settings(), **given)
settings = replace(settings, layout=replace(settings.layout, headers=False))
status = tracing.run(sys.argv[2:], settings)[0]
sys.exit(status if status >= 0 else 128 - status)
"""
"""Starts a program under trace; its settings are JSON."""


def tracing(command: Sequence[str | Path], out: Path, wanted: str, **settings: Any) -> list[str]:
    """Return the command that traces a program, following all that it creates."""
    given = {"output": str(out), "wanted": wanted, **settings}
    return [sys.executable, "-c", TRACE, json.dumps(given), *map(str, command)]


def trace(
    command: Sequence[str | Path], out: Path, wanted: str, **settings: Any
) -> subprocess.CompletedProcess[str]:
    """Trace a program to its end; the file ``out`` is the trace."""
    run = tracing(command, out, wanted, **settings)
    return subprocess.run(
        run, check=False, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )

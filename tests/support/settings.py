"""Tracing a program with settings that are switched on for a test."""

import json
import re
import subprocess
import sys
from collections import defaultdict
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

_LINE = re.compile(r"(?P<tid>\d+) +[\d.]+ (?P<text>.*)")
_CHANCE = r" <[\d.]+>$|0x[57][0-9a-f]{6,}|(?<=si_pid=)\d+|(?<=time=)\d+|\b\d{4,}\b"
"""What differs from run to run: durations, addresses, ids, times; so do the tids of the lines."""


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


def by_task(path: Path) -> list[list[str]]:
    """Return what a trace says, task by task in the order of their first lines, without what is chance.

    A call that another task's line has cut in two is put together.
    """
    tasks: dict[str, list[str]] = defaultdict(list)
    text = path.read_text()
    tids = "|".join({line.split(" ", 1)[0] for line in text.splitlines()})
    chance = re.compile(rf"{_CHANCE}|\b({tids})\b")
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        assert match, line
        text = chance.sub("", match["text"])
        lines = tasks[match["tid"]]
        resumed = re.match(r"<\.\.\. \w+ resumed>", text)
        if resumed and lines and lines[-1].endswith(" <unfinished ...>"):
            text = lines.pop().removesuffix(" <unfinished ...>") + text[resumed.end() :]
        lines.append(re.sub(r"\) += ", ") = ", text))
    return list(tasks.values())

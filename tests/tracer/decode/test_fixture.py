"""The stored texts are what the strace of this machine prints.

A part of them: asking strace for all, as `make conformance-flags` does, takes long.
"""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.requirements import need

FOLDER = Path(__file__).parents[3] / "fixtures" / "decode"
EVERY = 1 if os.environ.get("TRACEKIT_ALL_FLAGS") else 8
"""Of so many groups of calls, classes and errors one is asked for."""

REFRESH = """
import sys
import cases, refresh
every, groups = int(sys.argv[1]), list(cases.groups())
cases.groups = lambda: groups[::every]
refresh.CLASSES, refresh.ERRORS = refresh.CLASSES[::every], refresh.ERRORS[::every]
refresh.save("calls.jsonl.gz", "\\n".join(refresh.lines()))
refresh.save("classes.json", refresh.json.dumps(refresh.classes()))
refresh.save("errors.json", refresh.json.dumps(refresh.errors()))
"""


def groups(path: Path) -> list[list[str]]:
    """Return the groups of calls of a file, each with the line that opens it."""
    found: list[list[str]] = []
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        if line.startswith("{"):
            found.append([])
        found[-1].append(line)
    return found


@pytest.mark.conformance
def test_strace_still_prints_what_is_stored(tmp_path: Path) -> None:
    strace = need("strace")
    version = subprocess.run([strace, "--version"], check=True, capture_output=True, text=True).stdout
    if "version 6.1\n" not in version:
        pytest.skip(f"the texts are those of strace 6.1, not of {version.splitlines()[0]}")
    for name in sorted(path.name for path in FOLDER.glob("*.py")):
        (tmp_path / name).write_text((FOLDER / name).read_text())
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", REFRESH, str(EVERY)], check=True, env=environment)
    for name in ("classes.json", "errors.json"):
        made, stored = (json.loads((folder / name).read_text()) for folder in (tmp_path, FOLDER))
        assert made == dict(list(stored.items())[::EVERY])
    assert groups(tmp_path / "calls.jsonl.gz") == groups(FOLDER / "calls.jsonl.gz")[::EVERY]

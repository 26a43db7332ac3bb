"""Record fixtures/traces/servers again: ``python -m tests.support.recording [NAME]...``."""

import gzip
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.recording.cases import CANNOT, CASES
from tests.support.recording.recorder import record
from tests.support.recording.strangers import STRANGERS, record_stranger
from tests.support.traces import RECORDED

BASE = Path("/srv/www")
"""Where the servers live while they are recorded; the logs have it in their paths."""


def keep(name: str) -> None:
    """Record one row and write NAME.strace.gz (or a folder of them for -ff) and NAME.truth.json."""
    folder = RECORDED / "servers"
    root = BASE / name
    with tempfile.TemporaryDirectory() as work:
        root.mkdir(parents=True)
        try:
            out = Path(work) / "trace"
            if name in STRANGERS:
                truth = record_stranger(STRANGERS[name], root, out)
            else:
                truth = record(CASES[name], root, out)
        finally:
            shutil.rmtree(root)
        apart = "-ff" in truth["strace"]
        target = folder / name if apart else folder
        if apart:
            shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True, exist_ok=True)
        for path in sorted(Path(work).iterdir()):
            packed = target / (f"{path.name}.gz" if apart else f"{name}.strace.gz")
            packed.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    (folder / f"{name}.truth.json").write_text(lines(truth))


def lines(truth: dict[str, Any]) -> str:
    """Return the truth as JSON with one line a row."""
    rows = [f"{json.dumps(key)}: {_rows(value)}" for key, value in truth.items()]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _rows(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return json.dumps(value)
    return "[\n " + ",\n ".join(map(json.dumps, value)) + "\n]"


if __name__ == "__main__":
    for chosen in sys.argv[1:] or CANNOT:
        keep(chosen)

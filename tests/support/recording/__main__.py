"""Record fixtures/traces/servers again: ``python -m tests.support.recording [NAME]...``."""

import gzip
import json
import shutil
import sys
import tempfile
from pathlib import Path

from tests.support.recording.cases import CASES
from tests.support.recording.recorder import Case, record
from tests.support.traces import RECORDED

BASE = Path("/srv/www")
"""Where the servers live while they are recorded; the logs have it in their paths."""


def keep(name: str, case: Case) -> None:
    """Record a case and write NAME.strace.gz (or a folder of them for -ff) and NAME.truth.json."""
    folder = RECORDED / "servers"
    root = BASE / name
    with tempfile.TemporaryDirectory() as work:
        root.mkdir(parents=True)
        try:
            truth = record(case, root, Path(work) / "trace")
        finally:
            shutil.rmtree(root)
        apart = "-ff" in case.options
        target = folder / name if apart else folder
        target.mkdir(parents=True, exist_ok=True)
        for path in sorted(Path(work).iterdir()):
            packed = target / (f"{path.name}.gz" if apart else f"{name}.strace.gz")
            packed.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    (folder / f"{name}.truth.json").write_text(json.dumps(truth, indent=1) + "\n")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or CASES:
        keep(chosen, CASES[chosen])

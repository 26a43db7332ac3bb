"""The stored texts are what the strace of this machine prints."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.requirements import need

FOLDER = Path(__file__).parents[3] / "fixtures" / "decode"


@pytest.mark.conformance
def test_strace_still_prints_what_is_stored(tmp_path: Path) -> None:
    strace = need("strace")
    version = subprocess.run([strace, "--version"], check=True, capture_output=True, text=True).stdout
    if "version 6.1\n" not in version:
        pytest.skip(f"the texts are those of strace 6.1, not of {version.splitlines()[0]}")
    for name in sorted(path.name for path in FOLDER.glob("*.py")):
        (tmp_path / name).write_text((FOLDER / name).read_text())
    subprocess.run([sys.executable, str(tmp_path / "refresh.py")], check=True)
    for name in ("classes.json", "errors.json"):
        assert (tmp_path / name).read_text() == (FOLDER / name).read_text()
    name = "calls.jsonl.gz"
    made, stored = (gzip.decompress((folder / name).read_bytes()) for folder in (tmp_path, FOLDER))
    assert made.splitlines() == stored.splitlines()

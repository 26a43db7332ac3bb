"""A skipped test fails the run where nothing may be missing, and is a skip elsewhere."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SKIPPED_TEST = "import pytest\ndef test_one():\n    pytest.skip('no such program')\n"
SKIPPED_MODULE = "import pytest\npytest.skip('no such program', allow_module_level=True)\n"
PASSED = "def test_one():\n    pass\n"


@pytest.mark.parametrize(
    ("text", "variable", "status"),
    [
        (SKIPPED_TEST, "1", pytest.ExitCode.TESTS_FAILED),
        (SKIPPED_MODULE, "1", pytest.ExitCode.INTERRUPTED),
        (PASSED, "1", pytest.ExitCode.OK),
        (SKIPPED_TEST, "", pytest.ExitCode.OK),
        (SKIPPED_TEST, "0", pytest.ExitCode.OK),
    ],
)
def test_what_a_skip_counts_as(tmp_path: Path, text: str, variable: str, status: int) -> None:
    (tmp_path / "test_it.py").write_text(text)
    command = f"{sys.executable} -m pytest -p tests.support.no_skips -c /dev/null test_it.py".split()
    env = {"TRACEKIT_NO_SKIPS": variable, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False, text=True)
    assert run.returncode == status, run.stdout + run.stderr
    assert ("skipped although" in run.stdout) == (status != 0)

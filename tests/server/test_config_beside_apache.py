"""Good and bad configurations, given to the real httpd and to ours: verdict, line and message agree."""

import re
import subprocess
from pathlib import Path

import pytest

from server.config import ConfigError, load
from tests.support.configurations import header
from tests.support.requirements import need

CASES = (Path(__file__).parent / "config_cases.txt").read_text().rstrip("\n").split("\n----\n")
DIFFERS = "# differs: "
LEADER = re.compile(r"^\[[^]]*\] (\[[^]]*\] )\[[^]]*\] ", re.MULTILINE)
HELP = re.compile(r"((?:takes|requires) [a-z0-9, -]+? arguments?), .*")
FILES = {
    "inc/good.conf": "Timeout 7\n",
    "inc/bad.conf": "\nNonsense\n",
    "inc/readbad.conf": "\n</Foo>\n",
    "htdocs/index.html": "",
    "logs/log": "",
    "run/pid": "",
}

pytestmark = pytest.mark.conformance


def of_httpd(path: Path) -> str:
    """Return what httpd's check prints; it has a word on each argument, which we do not repeat."""
    command = [need("apache2"), "-t", "-f", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return HELP.sub(r"\1", LEADER.sub(r"\1", result.stderr).replace("apache2:", "PROGRAM:")).strip()


def of_ours(path: Path) -> str:
    try:
        warnings, verdict = tuple(load(path).warnings), "Syntax OK"
    except ConfigError as error:
        warnings, verdict = error.warnings, str(error)
    lines = [f"[{each.module}:{each.level}] {each.text}" if each.module else each.text for each in warnings]
    return "\n".join([*lines, verdict]).replace("tracekit-server:", "PROGRAM:").strip()


@pytest.mark.parametrize("case", CASES)
def test_both_say_the_same(tmp_path: Path, case: str) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    path = tmp_path / "httpd.conf"
    path.write_text(header(tmp_path) + case + "\n")
    assert (of_ours(path) == of_httpd(path)) != case.startswith(DIFFERS)

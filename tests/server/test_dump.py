"""-S, -M and DUMP_INCLUDES: what httpd prints of the same configuration is what ours says."""

import re
import subprocess
from pathlib import Path

import pytest

from server import dump
from server.config import ServerConfig, load
from tests.support.configurations import HOSTS, header
from tests.support.requirements import need

SETTINGS = """
Define FOO bar
Define BAZ
DocumentRoot htdocs
DefaultRuntimeDir run
Mutex default:run
User www-data
Group www-data
Include more.conf
IncludeOptional m*.conf
"""
NAMES = ("DUMP_VHOSTS", "DUMP_RUN_CFG", "DUMP_MODULES", "DUMP_INCLUDES")

pytestmark = pytest.mark.conformance


def written(root: Path) -> Path:
    (root / "htdocs").mkdir()
    (root / "run").mkdir()
    (root / "more.conf").write_text("\nInclude other.conf\n")
    (root / "other.conf").write_text("Timeout 5\n")
    path = root / "httpd.conf"
    path.write_text(header(root) + SETTINGS + HOSTS)
    return path


def of_httpd(path: Path, name: str) -> str:
    command = [need("apache2"), "-t", "-D", name, "-f", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return result.stdout.rstrip("\n")


def of_ours(config: ServerConfig, name: str) -> str:
    dumps = (dump.dump_vhosts, dump.dump_run_config, dump.dump_modules, dump.dump_includes)
    return dict(zip(NAMES, dumps, strict=True))[name](config)


@pytest.mark.parametrize("name", NAMES)
def test_both_show_the_same(tmp_path: Path, name: str) -> None:
    path = written(tmp_path)
    ours, theirs = of_ours(load(path, (name,)), name).splitlines(), of_httpd(path, name).splitlines()
    if name == "DUMP_RUN_CFG":  # httpd's mutexes come in the order of a hash
        ours, theirs = sorted(ours), sorted(theirs)
    assert ours == theirs


def test_the_dump_names_file_and_line_of_each_host(tmp_path: Path) -> None:
    path = written(tmp_path)
    text = path.read_text().splitlines()
    for place in re.findall(r"\(\S+:(\d+)\)", dump.dump_vhosts(load(path))):
        assert text[int(place) - 1].startswith("<VirtualHost")

"""What is installed works from any folder, and nothing but `tracekit` lands in site-packages."""

import zipfile
from pathlib import Path

from tests.packaging.conftest import ROOT, Installation

FILES_BESIDE_THE_MODULES = {
    f"tracekit/{path.relative_to(ROOT)}"
    for folder in ("grammars", "server")
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
}

IMPORTED_FROM = "import tracekit; print(tracekit.__file__)"
GRAMMARS = """
from tracekit.resources import folder, grammar
import lark
for path in sorted(folder("grammars").glob("*.lark")):
    print(path.name)
    assert grammar(path.name).samefile(path)
"""
NAMES = "import importlib.util as u; print([n for n in ('server', 'grammars', 'tests') if u.find_spec(n)])"


def test_the_wheel_holds_one_package_and_all_of_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        record = archive.read(next(name for name in names if name.endswith("/RECORD"))).decode()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"tracekit"}
    assert {line.split(",")[0] for line in record.splitlines()} == names
    assert names >= FILES_BESIDE_THE_MODULES
    assert "tracekit/py.typed" in names
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_what_is_imported_is_what_was_installed(
    from_wheel: Installation, from_checkout: Installation
) -> None:
    installed = from_wheel.site_packages / "tracekit/__init__.py"
    assert from_wheel.run("python", "-c", IMPORTED_FROM).stdout == f"{installed}\n"
    assert from_checkout.run("python", "-c", IMPORTED_FROM).stdout == f"{ROOT / 'tracekit/__init__.py'}\n"


def test_nothing_else_lands_in_site_packages(installation: Installation) -> None:
    found = {path.name for path in installation.site_packages.iterdir()}
    assert {name for name in found if "tracekit" not in name} == {"dependencies.pth"}


def test_a_wheel_brings_no_module_of_another_name(from_wheel: Installation) -> None:
    assert from_wheel.run("python", "-c", NAMES).stdout == "[]\n"


def test_the_grammars_are_found(installation: Installation) -> None:
    run = installation.run("python", "-c", GRAMMARS)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == sorted(path.name for path in (ROOT / "grammars").glob("*.lark"))

"""What is installed works from any folder, and nothing but `tracekit` lands in site-packages."""

import json
import zipfile
from pathlib import Path

from tests.packaging.conftest import ROOT, Installation
from tracekit import __version__

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
COMMANDS = (
    "import click; from tracekit.cli.commands import cli; print(*cli.list_commands(click.Context(cli)))"
)
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


def test_the_command_is_there(installation: Installation) -> None:
    run = installation.run("tracekit", "--help")
    assert (run.returncode, run.stderr) == (0, "")
    assert "docroot" in run.stdout
    version = installation.run("tracekit", "--version")
    assert version.stdout == f"tracekit {__version__}\n"
    assert installation.run("python", "-m", "tracekit", "--version").stdout == version.stdout


def test_every_command_explains_itself(from_wheel: Installation) -> None:
    names = from_wheel.run("python", "-c", COMMANDS).stdout.split()
    assert {"run", "attach", "docroot", "files", "dispatch", "serve"} <= set(names)
    for name in names:
        run = from_wheel.run("tracekit", name, "--help")
        assert (run.returncode, run.stderr) == (0, ""), name
        assert run.stdout.lower().startswith("usage"), name


def test_a_trace_is_answered(installation: Installation, tmp_path: Path) -> None:
    trace = tmp_path / "t.strace"
    trace.write_text('7  1700000000.000001 openat(AT_FDCWD, "/etc/hosts", O_RDONLY) = 3 <0.000003>\n')
    run = installation.run("tracekit", "files", str(trace), "--format", "json")
    assert run.returncode == 0, run.stderr
    assert [one["path"] for one in json.loads(run.stdout)["files"]] == ["/etc/hosts"]


def test_the_lab_has_its_exercises_and_recordings(installation: Installation, tmp_path: Path) -> None:
    run = installation.run("tracekit", "lab", "start", "all", "--student", "me", "-o", str(tmp_path))
    assert run.returncode == 0, run.stderr
    exercises = {path.parent.name for path in (ROOT / "tracekit" / "lab").glob("exercises/*/exercise.toml")}
    assert {path.parent.name for path in tmp_path.glob("me/*/trace.strace")} == exercises
    run = installation.run("tracekit", "lab", "grade", str(tmp_path / "me"), "--expect", "0")
    assert (run.returncode, run.stdout.splitlines()[-1]) == (0, "Total: 0 / 100"), run.stderr


def test_the_server_is_found_and_no_other(installation: Installation, tmp_path: Path) -> None:
    for name in ("server", "tracekit"):
        (tmp_path / name).mkdir()
        for module in ("__init__.py", "__main__.py"):
            (tmp_path / name / module).write_text("raise SystemExit('the current folder was run')\n")
    (tmp_path / "httpd.conf").write_text(
        "LoadModule mpm_event_module modules/mod_mpm_event.so\nListen 127.0.0.1:8080\nServerName localhost\n"
    )
    run = installation.run("tracekit", "serve", "-t", "-f", str(tmp_path / "httpd.conf"), folder=tmp_path)
    assert (run.returncode, run.stderr) == (0, "Syntax OK\n")

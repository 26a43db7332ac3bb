"""Environments in which tracekit alone is installed, as a wheel and as a checkout that is edited."""

import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Installation:
    """An environment with tracekit in it, and a folder to use it from that is not the checkout."""

    prefix: Path
    elsewhere: Path

    @property
    def site_packages(self) -> Path:
        return next(self.prefix.glob("lib/python*/site-packages"))

    def run(self, program: str, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, from ``folder`` or else from an empty one."""
        return subprocess.run(
            [str(self.prefix / "bin" / program), *words],
            cwd=folder or self.elsewhere,
            env={},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wheel that was built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    _python("-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def from_wheel(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Install the wheel into an environment of its own."""
    return _install(tmp_path_factory.mktemp("from_wheel"), str(wheel))


@pytest.fixture(scope="session")
def from_checkout(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Install the checkout, editable, into an environment of its own."""
    return _install(tmp_path_factory.mktemp("from_checkout"), "--editable", str(ROOT))


@pytest.fixture(params=["from_wheel", "from_checkout"])
def installation(request: pytest.FixtureRequest) -> Installation:
    """Each way in which tracekit can be installed."""
    found: Installation = request.getfixturevalue(request.param)
    return found


def _install(folder: Path, *what: str) -> Installation:
    """Create an environment and install there without asking an index for anything.

    The dependencies, and the build backend, are those of the environment of the tests.
    """
    prefix, elsewhere = folder / "venv", folder / "elsewhere"
    elsewhere.mkdir()
    venv.create(prefix)
    installation = Installation(prefix, elsewhere)
    (installation.site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    quiet = ("--quiet", "--disable-pip-version-check")
    alone = ("--no-deps", "--no-build-isolation", "--ignore-installed", "--no-index")
    _python("-m", "pip", "--python", str(prefix / "bin/python"), "install", *quiet, *alone, *what)
    return installation


def _python(*words: str) -> None:
    """Run the Python of the tests; what it says is shown when it fails."""
    run = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr

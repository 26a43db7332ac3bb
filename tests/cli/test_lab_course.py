"""A whole course, through the commands alone: laid out, answered, checked and graded, as an ordinary user."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support import lab_folders
from tests.support.privileges import NOBODY, nobody
from tests.support.tracers import TRACEKIT
from tracekit.lab import exercise as exercises
from tracekit.lab.seeds import Secret
from tracekit.lab.variants import variant

SECRET = b"a secret that only tests know"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder of the user who works here: nobody, for root."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        for parent in folder.parents:
            if parent.stat().st_uid == 0 and parent.is_relative_to(tmp_path.parents[1]):
                parent.chmod(0o755)
    return folder


def lab(home: Path, *words: str, status: int = 0) -> str:
    """Run a command of the lab in the user's folder; return what it printed."""
    command = [*TRACEKIT, "lab", *words]
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    done = subprocess.run(
        nobody(*command) if os.geteuid() == 0 else command,
        cwd=home,
        env={**kept, "HOME": str(home), "TRACEKIT_LAB_SECRET": SECRET.decode()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert not done.stderr
    return done.stdout


def answer(home: Path, student: str) -> None:
    """Write the right answers into a student's folder."""
    for one in exercises.everything():
        made = variant(one, Secret(SECRET), "practice", student)
        text = lab_folders.answers(one, made, lab_folders.RIGHT)
        (home / student / one.name / "answers.toml").write_text(text)


def test_from_start_to_a_full_score(home: Path) -> None:
    assert "tracekit lab check ada" in lab(home, "start", "all", "--student", "ada")
    assert "0/100" in lab(home, "grade", "ada", "--expect", "0").replace(" ", "")
    lab(home, "check", "ada", status=1)

    answer(home, "ada")
    said = lab(home, "check", "ada")
    assert "all public checks passed" in said
    assert "hidden" in said
    assert "100/100" in lab(home, "grade", "ada", "--expect", "100").replace(" ", "")
    assert not list(home.glob("ada/**/__pycache__"))

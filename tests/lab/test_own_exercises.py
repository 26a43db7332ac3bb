"""The page on exercises of one's own: its example is run as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "lab" / "own-exercises.md").read_text()
FILE = re.compile(r"^`([a-z_]+\.[a-z]+)`[^\n]*:\n\n```[a-z]+\n(.*?)^```$", re.M | re.S)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the page's exercise."""
    place = tmp_path / "pool"
    place.mkdir()
    for name, text in FILE.findall(PAGE):
        (place / name).write_text(text)
    (place / "text.md").write_text("# The thread pool\n")
    return place


def graded(folder: Path, answers: str, *more: str) -> str:
    """Run the page's command on a student's answers; returns the score as text."""
    student = folder.parent / "students" / "ana"
    student.mkdir(parents=True)
    (student / "answers.toml").write_text(answers)
    command = re.search(r"```sh\npytest (.*)\n", PAGE)
    assert command
    words = command[1].replace("students/ana", str(student)).split()
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words, *more],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in (0, 1), run.stdout + run.stderr
    assert (folder / "ana.txt").stat().st_mode & 0o777 == 0o600
    return (folder / "ana.txt").read_text()


def test_the_page_has_the_files() -> None:
    assert [name for name, _ in FILE.findall(PAGE)] == ["conftest.py", "exercise.toml", "test_checks.py"]


def test_the_example_grades_with_a_server_of_its_own(folder: Path) -> None:
    score = graded(folder, "threads = 6\n")
    assert "partly ... 3" in score
    assert "that leaves out the main thread" in score
    assert "not judged" not in score
    assert re.search(r"^Total: (3|7) / 10$", score, re.M)


def test_no_answer_earns_nothing(folder: Path) -> None:
    score = graded(folder, "", "--deselect", "test_checks.py::test_server")
    assert "there is no answer" in score
    assert "depends on 'The question is answered', which failed" in score
    assert "Total: 0 / 6" in score

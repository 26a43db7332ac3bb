"""The grader itself is graded: sample submissions have just the score that was worked out by hand.

``fixtures/lab/scores.toml`` has the scores. Samples that Git could not keep, or should not, are made here.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import lab_folders
from tests.support.lab_folders import FOLDER, SAMPLES, SCORES, SECRET
from tests.support.lab_samples import POINTS
from tracekit.lab import exercise as exercises
from tracekit.lab.forms import FORMS
from tracekit.lab.grading import batch
from tracekit.lab.grading.batch import Batch, Wanted
from tracekit.lab.grading.grade import Order, grade_all
from tracekit.lab.score import Score
from tracekit.lab.seeds import Secret
from tracekit.lab.submissions import finding
from tracekit.lab.variants import variant

ROOT = Path(__file__).resolve().parents[2]
KNOWN = tomllib.loads(SCORES.read_text())
TOTAL = re.compile(r"(?i)total:\s*\[?100")
"""What the graders that read text look for, more or less."""


@pytest.fixture(scope="module")
def secret() -> Secret:
    return Secret.find(SECRET)


@pytest.fixture(scope="module")
def graded(secret: Secret) -> Batch:
    """All samples, graded as a course with a list of its students."""
    return batch.graded(finding.find([FOLDER]), Wanted(secret, roster=tuple(SAMPLES), jobs=2))


@pytest.fixture(scope="module")
def scores(graded: Batch) -> dict[str, Score]:
    return {score.student: score for score in graded.scores}


def test_the_points_of_the_lab_add_up() -> None:
    assert sum(POINTS.values()) == 100
    for name in ("perfect-1", "perfect-2", "perfect-3"):
        assert KNOWN[name]["exercises"] == POINTS


def test_every_sample_has_a_known_score() -> None:
    assert set(KNOWN) == set(SAMPLES)
    assert {folder.name for folder in FOLDER.iterdir() if folder.is_dir()} == set(SAMPLES)
    for one in KNOWN.values():
        assert one["points"] == sum(one["exercises"].values())


def test_each_sample_has_its_known_score(scores: dict[str, Score]) -> None:
    """One test: what is graded for it takes seconds, and tests of a file can be shared out."""
    found = {
        name: {
            "state": score.state,
            "exercises": {exercise: float(part.points) for exercise, part in score.by_exercise().items()},
            "points": float(score.points),
        }
        for name, score in scores.items()
    }
    assert found == {name: {"state": "graded"} | known for name, known in KNOWN.items()}
    outcomes = {check.outcome for score in scores.values() for check in score.checks}
    assert outcomes == {"passed", "partly", "failed", "skipped"}


def test_the_samples_meet_every_mpm_and_server(secret: Secret) -> None:
    keys = [
        variant(exercises.get(exercise), secret, lab_folders.COURSE, name).key
        for name, sample in SAMPLES.items()
        for exercise in sample.answers
        if name.startswith("perfect")
    ]
    assert {key.mpm for key in keys} == {"prefork", "worker", "event"}
    assert {key.server for key in keys} == {"apache2", "tracekit"}


def test_the_fixtures_are_those_of_these_scenes(tmp_path: Path, secret: Secret) -> None:
    """Else: python -m tests.support.lab_folders."""
    for name in ("perfect-1", "copied"):
        lab_folders.write(tmp_path, name, secret)
        for path in sorted((tmp_path / name).rglob("*.toml")):
            assert (FOLDER / path.relative_to(tmp_path)).read_text() == path.read_text(), path


def test_a_copier_is_noticed_and_nobody_else(graded: Batch) -> None:
    assert {(match.student, match.other) for match in graded.matches} == {("copied", "perfect-3")}
    noted = {score.student for score in graded.scores if any("names" in note for note in score.notes)}
    assert noted == {"copied", "perfect-3"}


def test_whose_variant_was_swapped_is_told(scores: dict[str, Score]) -> None:
    assert "the variant is that of perfect-2" in scores["swapped"].problems[0]


def test_planted_text_reaches_no_form_raw(scores: dict[str, Score]) -> None:
    for name, form in FORMS.items():
        text = form.write(scores["planted"])
        assert not TOTAL.search(text), name
        assert not set(text) & {"\x1b", "\u202e"}, name
    assert re.findall(r"Total:\ *([0-9]+)", FORMS["vmchecker"].write(scores["planted"])) == ["0"]


def link(path: Path) -> None:
    path.unlink()
    path.symlink_to(FOLDER / "perfect-1" / "mpm" / path.name)


ANSWERS: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "50 MB": (lambda path: os.truncate(path, 50_000_000), 0, ""),
    "link": (link, 0, ""),
    "invalid UTF-8": (lambda path: path.write_bytes(path.read_bytes() + b"# \xff\xfe\n"), 0, ""),
    "no TOML": (lambda path: path.write_text("[[[ mpm handover {"), 0, ""),
    "a line is no TOML": (lambda path: path.write_text(path.read_text() + "x = = 1\n"), 20, ":4"),
    "none": (Path.unlink, 0, ""),
    "misspelt": (lambda path: path.write_text(path.read_text().replace("mpm =", "mpn =")), 0, "mean 'mpm'?"),
}
"""What becomes of the right answers to mpm, what they are worth then, and what is said of it."""


def test_answers_that_cannot_be_read_are_worth_nothing(tmp_path: Path, secret: Secret) -> None:
    orders = []
    for name, (do, _, _) in ANSWERS.items():
        lab_folders.write(tmp_path / name, "perfect-1", secret)
        do(tmp_path / name / "perfect-1" / "mpm" / "answers.toml")
        orders.append(Order(tmp_path / name / "perfect-1", secret, ("tree", "mpm")))
    for (name, (_, points, said)), one in zip(ANSWERS.items(), grade_all(orders, 2), strict=True):
        found = {exercise: int(part.points) for exercise, part in one.score.by_exercise().items()}
        assert found == {"tree": 10, "mpm": points}, name
        assert one.score.state == "graded", name
        assert one.score.problems[0].startswith("mpm/answers.toml"), name
        assert said in one.score.problems[0], name


@pytest.mark.parametrize(("name", "status"), [("perfect-1", 0), ("empty", 0), ("swapped", 5)])
def test_the_script_for_a_ci_grades_them_alike(name: str, status: int, tmp_path: Path) -> None:
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "TRACEKIT_LAB_SECRET": SECRET.read_text(),
        "LAB_STUDENT": name,
        "LAB_FORMS": "text json vmchecker",
    }
    (tmp_path / "tracekit").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tracekit "$@"\n')
    (tmp_path / "tracekit").chmod(0o755)
    script = ROOT / "docs" / "lab" / "ci" / "grade.sh"
    done = subprocess.run(
        ["sh", script, FOLDER / name, tmp_path / "results"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert f"Total: {int(KNOWN[name]['points'])}/100" in done.stdout
    score = json.loads((tmp_path / "results" / f"{name}.json").read_text())
    assert score["points"] == KNOWN[name]["points"]


def test_what_the_script_prints_is_no_command_to_a_runner(tmp_path: Path) -> None:
    program = tmp_path / "tracekit"
    program.write_text("#!/bin/sh\nprintf '::notice::x\\n ##[error]x\\nTotal: 5\\n' >results/x.txt\n")
    program.chmod(0o755)
    script = ROOT / "docs" / "lab" / "ci" / "grade.sh"
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", script], env=environment, cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == b": :notice: :x\n # #[error]x\nTotal: 5\n"

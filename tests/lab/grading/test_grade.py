"""Grading: nothing that a student does ends it, nothing that breaks in it is held against a student."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tracekit.lab.exercise import Exercise
from tracekit.lab.grading import grade as grading
from tracekit.lab.grading.grade import Order, grade, grade_all
from tracekit.lab.grading.parts import Part, for_grader
from tracekit.lab.handouts.starting import start
from tracekit.lab.score import Score
from tracekit.lab.seeds import Secret
from tracekit.lab.submissions import Submission

SECRET = Secret(b"a secret that only tests know")
EXERCISES = ("tree", "docroot")
STUDENTS = ("alice", "bob", "carol")


@pytest.fixture(scope="module")
def given_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of three students who have answered nothing."""
    folder = tmp_path_factory.mktemp("class")
    for student in STUDENTS:
        start(EXERCISES, student, "os-lab", SECRET, folder / student)
    return folder


@pytest.fixture
def course(given_out: Path, tmp_path: Path) -> Path:
    """A copy of these folders, to do anything with."""
    return shutil.copytree(given_out, tmp_path / "class")


def scores(*folders: Path, jobs: int = 1) -> list[Score]:
    return [one.score for one in grade_all([Order(folder, SECRET) for folder in folders], jobs)]


def test_nothing_answered_is_graded_with_nothing(course: Path) -> None:
    (score,) = scores(course / "alice")
    assert (score.student, score.course, score.form) == ("alice", "os-lab", "offline")
    assert summed(score) == ("graded", 0, 25)
    assert score.percent == 0
    assert [*score.by_exercise()] == list(EXERCISES)
    assert not score.problems
    assert not score.notes


def summed(score: Score) -> tuple[str, float, float]:
    """Return the state of a score, its points, and of how many."""
    return score.state, float(score.points), float(score.of)


def link(path: Path) -> None:
    shutil.move(path, path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def writing(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.unlink()
        path.write_bytes(content)

    return write


def large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(50_000_000)


def changed(path: Path) -> None:
    text = path.read_text()
    path.write_text(text.replace('"alice"', '"bob"'))


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


ANYTHING: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "link": link,
    "pipe": pipe,
    "large": large,
    "no text": writing(b"\xff\xfe\x00"),
    "no TOML": writing(b"document_root = \n["),
    "deep": writing(b"x = " + b"[" * 4000),
    "dots": writing(b"a" + b".a" * 2000 + b" = 1\n"),
    "numbers": writing(b"document_root = 1e999999\nstudent = 3\n"),
    "folder": folder,
}


@pytest.mark.parametrize("do", [*ANYTHING.values(), changed], ids=[*ANYTHING, "changed"])
def test_whatever_becomes_of_variant_toml_is_a_bad_submission(
    course: Path, do: Callable[[Path], object]
) -> None:
    do(course / "alice" / "variant.toml")
    graded = grade(Order(course / "alice", SECRET, EXERCISES))
    score = graded.score
    assert summed(score) == ("bad submission", 0, 25)
    assert score.student == "alice"
    assert len(score.problems) == 1
    assert not graded.own


def test_a_name_that_is_not_vouched_for_is_not_believed(course: Path) -> None:
    changed(course / "alice" / "variant.toml")
    assert grade(Order(course / "alice", SECRET)).score.student == "alice"


def test_another_courses_secret_is_a_bad_submission(course: Path) -> None:
    other = Secret(b"the secret of another course")
    score = grade(Order(course / "alice", other)).score
    assert score.state == "bad submission"
    assert "another course" in score.problems[0]


def test_whatever_becomes_of_answers_is_nothing_answered(course: Path, tmp_path: Path) -> None:
    folders = []
    for name, do in ANYTHING.items():
        folders.append(shutil.copytree(course / "alice", tmp_path / name.replace(" ", "-") / "alice"))
        do(folders[-1] / "docroot" / "answers.toml")
    for name, score in zip(ANYTHING, scores(*folders, jobs=2), strict=True):
        assert summed(score) == ("graded", 0, 25), name
        assert {check.outcome for check in score.checks} <= {"failed", "skipped"}, name
        assert all(problem.startswith("docroot/answers.toml") for problem in score.problems), name
        assert score.problems, name


@pytest.mark.parametrize("do", [shutil.rmtree, link], ids=["gone", "link"])
def test_an_exercises_folder_that_is_none_has_no_answers(course: Path, do: Callable[[Path], object]) -> None:
    do(course / "alice" / "docroot")
    (score,) = scores(course / "alice")
    assert summed(score) == ("graded", 0, 25)
    assert "not judged" not in {check.outcome for check in score.checks}


def test_what_a_student_adds_is_not_run(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = course / "alice"
    for name in (
        "conftest.py",
        "test_checks.py",
        "docroot/test_checks.py",
        "docroot/conftest.py",
        "socket.py",
    ):
        (alice / name).write_text(f"open({str(alice / 'ran')!r}, 'w')\n")
    (alice / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    monkeypatch.chdir(alice)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    (score,) = scores(alice)
    assert summed(score) == ("graded", 0, 25)
    assert {check.outcome for check in score.checks} <= {"failed", "skipped"}
    assert not (alice / "ran").exists()


def test_the_same_scores_in_any_order_and_with_any_number_of_processes(course: Path) -> None:
    for student in STUDENTS:
        answers = f'document_root = "/srv/{student}"\nevidence = [1, 2, 3]\nworkers = [1]\n'
        (course / student / "docroot" / "answers.toml").write_text(answers)
    changed(course / "alice" / "variant.toml")
    folders = [course / student for student in STUDENTS]
    first = scores(*folders)
    shuffled = random.Random(3).sample(folders, len(folders))
    again = {score.student: score for score in scores(*shuffled, jobs=2)}
    assert [again[score.student] for score in first] == first


def test_progress_is_told(course: Path) -> None:
    told: list[tuple[int, int]] = []
    grade_all([Order(course / name, SECRET) for name in STUDENTS], 2, lambda *done: told.append(done))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_an_exercise_that_was_not_given_out_has_no_points(course: Path) -> None:
    score = grade(Order(course / "alice", SECRET, ("mpm",))).score
    assert summed(score) == ("graded", 0, 20)
    assert "does not have the exercise" in score.checks[0].reason


def fail(*_: object, **__: object) -> Any:
    raise ZeroDivisionError("a bug")


def test_what_breaks_in_an_exercise_leaves_the_others_judged(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(submission: Submission, exercise: Exercise, secret: Secret, keys: Path | None) -> Part:
        return for_grader(submission, exercise, secret, keys) if exercise.name != "tree" else fail()

    monkeypatch.setattr(grading, "for_grader", broken)
    score = grade(Order(course / "alice", SECRET)).score
    outcomes = {name: {one.outcome for one in part.checks} for name, part in score.by_exercise().items()}
    assert outcomes["tree"] == {"not judged"}
    assert "not judged" not in outcomes["docroot"]
    assert score.state == "graded"


def test_what_breaks_in_the_grader_is_told_as_that(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading, "run_all", fail)
    score = grade(Order(course / "alice", SECRET)).score
    assert summed(score) == ("grader error", 0, 25)
    assert score.student == "alice"
    assert score.problems == ("ZeroDivisionError: a bug",)


def test_practice_is_noted(tmp_path: Path) -> None:
    practice = Secret.find() if "TRACEKIT_LAB_SECRET" not in os.environ else Secret(b"x" * 16, practice=True)
    start(("docroot",), "me", "practice", practice, tmp_path / "me")
    assert "practice secret" in grade(Order(tmp_path / "me", practice)).score.notes[0]


def test_without_a_secret_the_public_checks_alone_are_run(course: Path) -> None:
    score = grade(Order(course / "alice", None)).score
    assert score.state == "graded"
    assert score.hidden
    assert all(one.public for one in score.judged)
    assert score.points == 0

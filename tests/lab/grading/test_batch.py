"""Submissions side by side: whose they are, who is missing, and the table of all."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tracekit.lab.grading import batch
from tracekit.lab.grading.batch import Batch, Wanted
from tracekit.lab.grading.grade import Graded
from tracekit.lab.score import Check, Score, exact
from tracekit.lab.seeds import Secret
from tracekit.lab.submissions.finding import Found

SECRET = Secret(b"a secret that only tests know")
BAD = Score.bad("variant.toml was changed", student="carol", worth={"tree": 10, "mpm": 20})


def graded(folder: str, student: str, points: float = 15) -> Graded:
    outcome = "passed" if points else "failed"
    check = Check("docroot", "root", "root", exact(15), exact(points), outcome)
    score = Score(student, "os-lab", "offline", (check,))
    return Graded(Path(folder), score, {"docroot": frozenset({f"/srv/{student}"})}, {"docroot": frozenset()})


@pytest.fixture
def of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Grade a batch whose single gradings came out so."""

    def of(*results: Graded, **wanted: Any) -> Batch:
        monkeypatch.setattr(batch, "grade_all", lambda *_: list(results))
        found = [Found(one.folder, ("class", one.folder.name)) for one in results]
        return batch.graded(found, Wanted(SECRET, **wanted))

    return of


def test_scores_come_in_the_order_of_the_folders(of: Any) -> None:
    result = of(graded("bob", "bob"), graded("alice", "alice"))
    assert [score.student for score in result.scores] == ["bob", "alice"]
    assert [int(score.points) for score in result.scores] == [15, 15]


def test_a_folder_of_a_student_of_the_batch_with_anothers_variant_has_nothing(of: Any) -> None:
    result = of(graded("alice", "bob"), graded("bob", "alice"), graded("lab-3", "carol"))
    assert [(score.student, int(score.points)) for score in result.scores] == [
        ("alice", 0),
        ("bob", 0),
        ("carol", 15),
    ]


def test_so_has_one_of_the_list(of: Any) -> None:
    one = graded("alice", "bob")
    assert of(one).scores[0].points == 15
    assert of(one, roster=("alice",)).scores[0].points == 0


def test_the_teacher_says_whose_it_is(of: Any) -> None:
    one = graded("alice", "bob")
    assert of(one, student="bob", roster=("alice", "bob")).scores[0].points == 15
    assert of(one, student="carol").scores[0].points == 0


def test_who_is_missing_stands_at_the_end(of: Any) -> None:
    result = of(graded("bob", "bob"), roster=("alice", "bob", "carol"))
    assert [score.student for score in result.scores] == ["bob", "alice", "carol"]
    assert [int(score.of) for score in result.scores] == [15, 15, 15]


def test_a_bad_submission_has_the_exercises_of_the_others(of: Any) -> None:
    result = of(graded("alice", "alice"), Graded(Path("carol"), BAD))
    assert batch.exercises(result) == ["docroot"]
    assert int(result.scores[1].of) == 15
    assert result.scores[1].problems == BAD.problems


def test_alone_it_keeps_its_own(of: Any) -> None:
    assert int(of(Graded(Path("carol"), BAD)).scores[0].of) == 30


def test_the_table_has_a_row_for_each_and_no_formulas(of: Any) -> None:
    result = of(graded("alice", "alice", 7.5), Graded(Path("=1+1"), BAD))
    rows = list(csv.DictReader(io.StringIO(batch.as_csv(result))))
    assert rows[0] == {
        "student": "alice",
        "state": "graded",
        "points": "7.5",
        "of": "15",
        "percent": "50",
        "docroot": "7.5",
        "problems": "",
        "notes": "",
        "folder": "alice",
    }
    assert rows[1]["folder"] == "'=1+1"


def test_all_scores_are_read_again(of: Any) -> None:
    result = of(graded("alice", "alice"), Graded(Path("carol"), BAD))
    value = json.loads(batch.as_json(result))
    assert [Score.from_json(json.dumps(one)) for one in value["scores"]] == list(result.scores)

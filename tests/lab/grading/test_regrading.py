"""A regrading beside the earlier one: what changed, for whom, and nothing else."""

import json
from pathlib import Path

import pytest

from tracekit.errors import UnreadableError
from tracekit.lab.grading.regrading import differences, read, report
from tracekit.lab.score import Check, Score, exact


def check(name: str, points: float, outcome: str, reason: str = "") -> Check:
    return Check("mpm", name, name, exact(10), exact(points), outcome, reason)


def score(student: str, *checks: Check) -> Score:
    return Score(student, "os-lab", "offline", checks)


ALICE = score("alice", check("one", 10, "passed"), check("two", 0, "failed", "no line shows it"))
BETTER = score("alice", check("one", 10, "passed"), check("two", 2.5, "partly", "one of four"))
BOB = score("bob", check("one", 10, "passed"))


def test_what_is_the_same_is_left_out() -> None:
    assert differences([ALICE, BOB], [BOB, ALICE]) == []
    assert report([ALICE, BOB], [ALICE, BOB]) == "0 changed, 2 as before; points of all: 20 -> 20\n"


def test_a_check_that_came_out_otherwise_is_told_with_its_reason() -> None:
    assert report([ALICE, BOB], [BETTER, BOB]).splitlines() == [
        "alice: 10/20 -> 12.5/20",
        "  mpm.two: 0/10 failed -> 2.5/10 partly: one of four",
        "1 changed, 1 as before; points of all: 20 -> 22.5",
    ]


def test_a_reason_alone_is_no_change() -> None:
    other = score("alice", check("one", 10, "passed"), check("two", 0, "failed", "said otherwise"))
    assert differences([ALICE], [other]) == []


def test_checks_that_came_and_went_are_told() -> None:
    new = score("bob", check("three", 10, "passed"))
    assert report([BOB], [new]).splitlines() == [
        "bob: 10/10 -> 10/10",
        "  mpm.three: - -> 10/10 passed",
        "  mpm.one: 10/10 passed -> -",
        "1 changed, 0 as before; points of all: 10 -> 10",
    ]


def test_students_who_came_and_went_are_told() -> None:
    lines = report([ALICE], [BOB]).splitlines()
    assert "bob: - -> 10/10" in lines
    assert "alice: 10/20 -> -" in lines


def test_a_state_is_told() -> None:
    bad = Score.bad("variant.toml was changed", student="alice", worth={"mpm": 20})
    assert report([ALICE], [bad]).splitlines()[:-1] == [
        "alice: 10/20 -> 0/20 (bad submission)",
        "  variant.toml was changed",
    ]


def test_two_submissions_of_one_student_are_told_apart() -> None:
    assert [one.student for one in differences([ALICE, ALICE], [ALICE, BETTER])] == ["alice #2"]


def test_one_score_is_read(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text(ALICE.to_json())
    assert read(tmp_path / "old.json") == [ALICE]


def test_a_folder_of_scores_is_read(tmp_path: Path) -> None:
    for one in (BOB, ALICE):
        (tmp_path / f"{one.student}.json").write_text(one.to_json())
        (tmp_path / f"{one.student}.gradescope.json").write_text("{}")
    assert read(tmp_path) == [ALICE, BOB]


def test_a_file_of_all_is_read(tmp_path: Path) -> None:
    value = {"schema": 1, "scores": [json.loads(one.to_json()) for one in (ALICE, BOB)]}
    (tmp_path / "all.json").write_text(json.dumps(value))
    assert read(tmp_path / "all.json") == [ALICE, BOB]


@pytest.mark.parametrize("text", ["", "[]", "{}", "\xff", '{"scores": [3]}', '{"scores": []}'])
def test_what_is_no_score_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "old.json").write_text(text, encoding="latin-1")
    with pytest.raises(UnreadableError, match=r"old\.json"):
        read(tmp_path / "old.json")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="no earlier scores"):
        read(tmp_path)

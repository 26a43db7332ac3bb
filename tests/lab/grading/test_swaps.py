"""Variants that were swapped: noticed where it can be told, and nobody accused by chance."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tracekit.lab.grading import swaps
from tracekit.lab.grading.grade import Graded
from tracekit.lab.score import Check, Score, exact
from tracekit.lab.submissions.finding import Found

ALICES = frozenset({"/srv/amber/www", "/srv/coral/files", "4711", "4712", "4713", "4714"})
BOBS = frozenset({"/srv/basil/www", "/srv/dove/files", "4713", "5811", "5812", "5813", "5814"})


def graded(student: str, own: frozenset[str], *said: str, points: float = 0) -> Graded:
    outcome = "passed" if points else "failed"
    checks = (Check("docroot", "root", "root", exact(15), exact(points), outcome),)
    score = Score(student, "os-lab", "offline", checks)
    return Graded(Path(student), score, {"docroot": own}, {"docroot": frozenset(said)})


def told(*batch: Graded) -> list[tuple[str, str, int]]:
    return [(one.student, one.other, one.values) for one in swaps.matches(batch)]


BOB = graded("bob", BOBS)


@pytest.mark.parametrize(
    ("said", "values"),
    [
        (("/srv/basil/www",), 1),
        (("/srv/basil/www", "/srv/dove/files", "5811"), 3),
        (("5811", "5812", "5813"), 3),
        (("5811", "5812", "5813", "4711", "17"), 3),  # some are her own, some nobody's
    ],
)
def test_answers_of_another_are_noticed(said: tuple[str, ...], values: int) -> None:
    assert told(graded("alice", ALICES, *said), BOB) == [("alice", "bob", values)]


@pytest.mark.parametrize(
    "said",
    [
        (),
        ("/srv/amber/www", "4711", "4712"),  # her own
        ("5811", "5812"),  # two numbers may be chance
        ("4713",),  # both have it
        ("/var/www", "1", "2", "3", "4"),  # nobody's
    ],
)
def test_other_wrong_answers_are_not(said: tuple[str, ...]) -> None:
    assert told(graded("alice", ALICES, *said), BOB) == []


def test_answers_that_earned_everything_are_not() -> None:
    assert told(graded("alice", ALICES, "/srv/basil/www", points=15), BOB) == []


def test_numbers_that_many_have_some_of_are_nobodys() -> None:
    """Task numbers are four digits: whoever writes random ones hits somebody's now and then."""
    chance = random.Random(7)
    variants = {n: frozenset(str(chance.randrange(1000, 10_000)) for _ in range(60)) for n in range(300)}
    guesses = [str(chance.randrange(1000, 10_000)) for _ in range(20)]
    batch = [graded(f"s{n}", own, *(guesses if n == 0 else ())) for n, own in variants.items()]
    assert swaps.matches(batch) == []


def test_a_match_is_noted_in_both_scores_and_changes_no_points() -> None:
    carol = graded("carol", frozenset({"/srv/fox"}))
    batch = [graded("alice", ALICES, "/srv/basil/www"), BOB, carol]
    noted = swaps.noted(batch, swaps.matches(batch))
    note = "docroot: alice names a value of the variant of bob"
    assert [one.score.notes for one in noted] == [(note,), (note,), ()]
    assert [one.score.checks for one in noted] == [one.score.checks for one in batch]


def test_the_outermost_folder_of_a_students_name_says_whose_it_is() -> None:
    found = Found(Path("class/alice/bob"), ("class", "alice", "bob"))
    assert swaps.owner(found, {"alice", "bob"}) == "alice"
    assert swaps.owner(found, {"bob"}) == "bob"
    assert swaps.owner(found, {"carol"}) == ""


def test_another_students_variant_has_no_points() -> None:
    score = swaps.of_another(graded("bob", BOBS, points=15), "alice").score
    assert (score.student, score.state) == ("alice", "bad submission")
    assert (int(score.points), int(score.of)) == (0, 15)
    assert score.problems == ("the variant is that of bob, and this is the submission of alice",)


def test_the_students_own_keeps_its_points() -> None:
    one = graded("bob", BOBS, points=15)
    assert swaps.of_another(one, "bob") == one


def test_what_could_not_be_graded_is_its_owners() -> None:
    bad = Graded(Path("alice/lab"), Score.bad("variant.toml was changed", student="lab"))
    assert swaps.of_another(bad, "alice").score.student == "alice"


def test_one_variant_twice_is_noted_in_both() -> None:
    batch = swaps.repeated([BOB, graded("alice", ALICES), BOB])
    note = "2 submissions are of bob, by variant or by the folder's name"
    assert [one.score.notes for one in batch] == [(note,), (), (note,)]


def test_a_broken_folder_that_is_called_like_a_student_is_noted_in_both() -> None:
    broken = Graded(Path("alice/bob"), Score.bad("variant.toml was changed", student="bob"))
    nobodys = Graded(Path("alice/lab"), Score.bad("variant.toml was changed", student="lab"))
    batch = swaps.repeated([broken, nobodys, BOB, nobodys])
    assert [len(one.score.notes) for one in batch] == [1, 0, 1, 0]


def test_a_variant_of_another_course_or_with_fewer_exercises_is_noted() -> None:
    carol, dave = graded("carol", ALICES), graded("dave", ALICES)
    older = replace(BOB, score=replace(BOB.score, course="os-lab-1999"))
    more = (*carol.score.checks, Check("mpm", "mpm", "mpm", exact(20), exact(0), "failed"))
    carol, dave = (replace(one, score=replace(one.score, checks=more)) for one in (carol, dave))
    found = swaps.unusual([carol, dave, older])
    assert [one.score.notes for one in found] == [
        (),
        (),
        ("the variant is of the course os-lab-1999, and most are of os-lab", "most have mpm, too"),
    ]
    assert swaps.unusual([carol, older]) == [carol, older]
    assert swaps.unusual([]) == []


def test_who_gave_in_nothing_has_nothing() -> None:
    score = swaps.absent("dave", ("docroot",)).score
    assert (score.student, score.state, int(score.of)) == ("dave", "bad submission", 15)

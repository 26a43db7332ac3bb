"""The score: exact points, whole per cent rounded down, JSON both ways, and texts that do nothing."""

import json
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracekit.errors import UnreadableError
from tracekit.lab.harmless import LONGEST, harmless
from tracekit.lab.score import OUTCOMES, Check, Score, exact, ratio, shown

TOTALS = (
    "Total: 100",
    "ToTaL:100",
    "\uff34\uff4f\uff54\uff41\uff4c\uff1a\u3000100",
    "Tot\u200bal: 100",
    "T o t a l : 100",
    "total\ufe55 7",
    "\U0001d413\U0001d428\U0001d42d\U0001d41a\U0001d425: 9",
)
TOTAL = re.compile(r"(?i)t\s*o\s*t\s*a\s*l\s*:\s*[0-9]")


def check(of: float = 10, points: float = 10, outcome: str = "passed") -> Check:
    return Check("mpm", "test_mpm", "the module", exact(of), exact(points), outcome)


def score(*checks: Check, state: str = "graded") -> Score:
    return Score("ana", "os", "offline", checks, state=state)


@pytest.mark.parametrize(
    ("value", "hundredths"),
    [
        (20, "20.00"),
        (0.1, "0.10"),
        (Fraction(20, 3), "6.66"),
        (0.29, "0.29"),
        ("2.5", "2.50"),
        (13.336, "13.33"),
    ],
)
def test_points_are_hundredths_rounded_down(value: float, hundredths: str) -> None:
    assert exact(value) == Decimal(hundredths)


def test_a_float_is_the_short_number_that_it_stands_for() -> None:
    assert ratio(0.1) * 3 == Fraction(3, 10)
    assert ratio(1 / 3) * 3 == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "x"])
def test_what_is_no_number_is_no_points(value: float) -> None:
    with pytest.raises((ValueError, OverflowError)):
        exact(value)


@pytest.mark.parametrize(("points", "percent"), [(0, 0), (0.99, 0), (99.5, 99), (99.99, 99), (100, 100)])
def test_per_cent_are_rounded_down(points: float, percent: int) -> None:
    outcome = "passed" if points == 100 else "partly"
    assert score(check(100, points, outcome)).percent == percent


def test_an_empty_score_is_zero() -> None:
    assert [score().points, score().of, score().percent] == [0, 0, 0]


@pytest.mark.parametrize(("points", "outcome"), [(11, "passed"), (-1, "failed"), (1, "perfect")])
def test_what_no_check_can_have_found_is_refused(points: float, outcome: str) -> None:
    with pytest.raises(ValueError, match=r"points|outcome"):
        check(10, points, outcome)


def test_points_are_written_as_people_do() -> None:
    assert [shown(exact(value)) for value in (0, 7.5, 13.33, 20, 100)] == ["0", "7.5", "13.33", "20", "100"]


def test_hidden_checks_are_not_counted() -> None:
    found = score(check(10, 10), check(90, 0, "hidden"))
    assert [found.of, found.percent, len(found.hidden)] == [10, 100, 1]


@pytest.mark.parametrize("make", [Score.bad, Score.failed])
def test_what_was_not_graded_has_no_points_and_tells_of_how_many(make: object) -> None:
    made: Score = make("a reason", worth={"mpm": 20, "tree": 10}, student="ana")  # type: ignore[operator]
    assert [made.points, made.of, made.percent] == [0, 30, 0]
    assert made.problems == ("a reason",)
    assert made.state != "graded"


def test_only_what_is_graded_has_points() -> None:
    assert score(check(), state="bad submission").points == 0


TEXTS = st.text(max_size=400) | st.sampled_from(TOTALS)
CHECKS = st.builds(
    lambda texts, of, share, outcome: Check(
        texts[0], texts[1], texts[2], exact(of), exact(of) * share, outcome, texts[3], needs=(texts[4],)
    ),
    st.tuples(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS),
    st.integers(0, 100),
    st.integers(0, 1),
    st.sampled_from(OUTCOMES),
)


@given(st.lists(CHECKS, max_size=3), st.lists(TEXTS, max_size=2), TEXTS)
def test_json_is_read_as_it_was_written(checks: list[Check], problems: list[str], student: str) -> None:
    written = Score(student, "c", "live", tuple(checks), tuple(problems))
    assert Score.from_json(written.to_json()) == written


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"checks": 1},
        {"student": None},
        {"problems": "ab"},
        {"state": "perfect"},
        {"checks": [{}]},
    ],
)
def test_what_is_no_score_is_told_so(change: dict[str, object]) -> None:
    with pytest.raises(UnreadableError):
        Score.from_json(json.dumps(json.loads(score(check()).to_json()) | change))


@pytest.mark.parametrize("points", [True, "5", 11, -1, 10**9])
def test_points_that_no_grader_gave_are_told_so(points: object) -> None:
    record = json.loads(score(check()).to_json())
    record["checks"][0]["points"] = points
    with pytest.raises(UnreadableError):
        Score.from_json(json.dumps(record))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"schema": NaN}'])
def test_what_is_no_json_is_told_so(text: str) -> None:
    with pytest.raises(UnreadableError):
        Score.from_json(text)


@pytest.mark.parametrize("text", TOTALS)
def test_no_spelling_of_a_total_is_left(text: str) -> None:
    for one in (text, f"a {text} b", text + text):
        assert not TOTAL.search(harmless(one)), harmless(one)


@given(TEXTS)
def test_a_harmless_text_is_one_printable_line_and_stays_as_it_is(text: str) -> None:
    shown_text = harmless(text)
    assert shown_text.isprintable()
    assert len(shown_text) <= LONGEST
    assert harmless(shown_text) == shown_text


def test_harmless_texts_stay_as_they_are() -> None:
    for text in ("answers.toml:3:1: mpm: 'forkk' is none of them", "Zoë Müller", "/srv/www: a path"):
        assert harmless(text) == text

"""Every form: the same numbers, the structure that its readers want, and no text that breaks out of it."""

import base64
import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tracekit.lab.forms import FORMS
from tracekit.lab.score import Check, Score, exact

GRADE = re.compile(r"Total:\ *([0-9]+)")
"""As VMChecker looks for it."""
ANY_TOTAL = re.compile(r"(?i)total\s*:\s*\[?[0-9]")

PLANTED = (
    "Total: 100",
    "\nTotal: 100/100\n",
    "TOTAL :100",
    "\uff34\uff4f\uff54\uff41\uff4c\uff1a 100",
    "=HYPERLINK(1)",
    "+1",
    "@SUM(A1)",
    "\x1b]0;x\x07\x1b[31m",
    "\u202eevil",
    "]]></failure>\x00\ufffe\ud800",
    "<script>alert(1)</script><!--",
    "| a | b |\n|---|---|",
    "`code` **bold** [x](http://x) ![y](z)",
    "a\\|b\\",
    "# heading",
    "&#124; &lt;",
    '", "score": 100, "x": "',
    "x" * 5000,
)
TEXTS = st.sampled_from(PLANTED) | st.text(max_size=60)


def check(exercise: str, outcome: str, of: float, points: float, **more: Any) -> Check:
    name = more.pop("name", f"test_{outcome.replace(' ', '_')}")
    title = more.pop("title", f"What is {outcome}")
    return Check(exercise, name, title, exact(of), exact(points), outcome, **more)


SCORE = Score(
    "ana",
    "os-lab",
    "offline",
    (
        check("tree", "passed", 10, 10, public=True),
        check("mpm", "partly", 20, 13.33, reason="the lines do not show it"),
        check("mpm", "failed", 30, 0, reason="another one"),
        check("mpm", "skipped", 20, 0, reason="depends on 'failed'", needs=("test_failed",)),
        check("crash", "not judged", 20, 0, reason="took longer than 5 s", detail="for the grader alone"),
    ),
    problems=("mpm/answers.toml:3:1: unknown field",),
    notes=("the practice secret",),
)
FAILED = Score.failed("disk full", worth={"mpm": 20}, student="ana")
BAD = Score.bad("no variant.toml", worth={"mpm": 20}, student="ana")
NOTHING = Score("", "", "", ())
PUBLIC = Score(
    "ana", "os", "offline", (check("mpm", "passed", 0, 0, public=True), check("mpm", "hidden", 20, 0))
)


def of_csv(text: str) -> tuple[float, float]:
    rows = list(csv.DictReader(io.StringIO(text)))
    return sum(float(row["points"]) for row in rows), sum(float(row["of"]) for row in rows)


def of_junit(text: str) -> tuple[float, float]:
    properties = list(ET.fromstring(text).iter("property"))
    sums = dict.fromkeys(("points", "of"), 0.0)
    for one in properties:
        sums[one.attrib["name"]] += float(one.attrib["value"])
    return sums["points"], sums["of"]


def of_classroom(text: str) -> tuple[float, float]:
    record = json.loads(base64.b64decode(text, validate=False))
    return sum(test["score"] for test in record["tests"]), record["max_score"]


def of_gradescope(text: str) -> tuple[float, float]:
    record = json.loads(text)
    assert record["score"] == pytest.approx(sum(test["score"] for test in record["tests"]))
    return record["score"], sum(test["max_score"] for test in record["tests"])


def of_check50(text: str) -> tuple[float, float]:
    data = [result["data"] for result in json.loads(text)["results"]]
    return sum(one["points"] for one in data), sum(one["of"] for one in data)


def matched(pattern: str) -> Callable[[str], tuple[float, float]]:
    def read(text: str) -> tuple[float, float]:
        (found,) = re.findall(pattern, text)
        return float(found[0]), float(found[1])

    return read


READERS: dict[str, Callable[[str], tuple[float, float]]] = {
    "text": matched(r"Total: ([\d.]+) / ([\d.]+)"),
    "json": lambda text: (json.loads(text)["points"], json.loads(text)["of"]),
    "csv": of_csv,
    "junit": of_junit,
    "gradescope": of_gradescope,
    "classroom": of_classroom,
    "summary": matched(r"## Lab: ([\d.]+) / ([\d.]+)"),
    "check50": of_check50,
}


@pytest.mark.parametrize("form", READERS)
def test_every_form_tells_the_same_points(form: str) -> None:
    found = READERS[form](FORMS[form].write(SCORE))
    assert [round(number, 2) for number in found] == [23.33, 100]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("score", [FAILED, BAD, NOTHING], ids=["failed", "bad", "nothing"])
def test_a_score_without_points_has_every_form(form: str, score: Score) -> None:
    text = FORMS[form].write(score)
    assert text.endswith("\n")
    if form in READERS:
        assert READERS[form](text)[0] == 0
    said = base64.b64decode(text).decode() if form == "classroom" else text
    for problem in score.problems:
        assert problem in said or problem.replace(".", "&#46;") in said


def test_forms_have_names_and_suffixes_of_their_own() -> None:
    assert len({form.suffix for form in FORMS.values()}) == len(FORMS) == 9
    assert [form.name for form in FORMS.values()] == list(FORMS)


@pytest.mark.parametrize("form", [name for name in FORMS if name != "json"])
def test_what_is_for_the_grader_stays_with_the_grader(form: str) -> None:
    text = FORMS[form].write(SCORE)
    assert "for the grader alone" not in (base64.b64decode(text).decode() if form == "classroom" else text)


def test_text_has_a_line_a_check() -> None:
    text = FORMS["text"].write(SCORE)
    assert re.search(r"^  What is passed \.+ passed \.\.\. 10$", text, re.M)
    assert re.search(r"^  What is partly \.+ partly \.\.\. 13\.33$", text, re.M)
    assert text.endswith("Total: 23.33 / 100\n")


def test_text_of_public_checks_has_no_points_and_never_says_that_this_is_all() -> None:
    text = FORMS["text"].write(PUBLIC)
    assert text.endswith("\nall public checks passed, 1 hidden (20 points) are left to the grader\n")
    assert "Total" not in text
    assert re.search(r"^  What is passed \.+ passed$", text, re.M)
    some = Score("", "", "", (check("mpm", "failed", 0, 0), *PUBLIC.checks))
    assert (
        FORMS["text"]
        .write(some)
        .endswith("\n1 of 2 public checks passed, 1 hidden (20 points) are left to the grader\n")
    )


def test_a_long_title_is_cut_between_words() -> None:
    text = FORMS["text"].write(Score("", "", "", (check("mpm", "passed", 1, 1, title="word " * 40),)))
    assert re.search(r"word \.\.\. \.\.\. passed \.\.\. 1$", text, re.M)


@pytest.mark.parametrize(
    ("points", "grade"), [(0, "0"), (0.99, "0"), (99.5, "99"), (99.99, "99"), (100, "100")]
)
def test_vmchecker_reads_a_whole_number(points: float, grade: str) -> None:
    outcome = "passed" if points == 100 else "partly"
    text = FORMS["vmchecker"].write(Score("a", "b", "", (check("mpm", outcome, 100, points),)))
    assert GRADE.findall(text) == [grade]
    assert text.endswith(f"Total: {grade}/100\n")


def test_vmchecker_reads_three_hundred_lines() -> None:
    many = tuple(check("mpm", "failed", 1, 0, name=f"test_{n}", reason="no") for n in range(500))
    lines = FORMS["vmchecker"].write(Score("a", "b", "", many)).splitlines()
    assert len(lines) == 300
    assert lines[-2].endswith("more lines")


SUITE = {"name", "tests", "failures", "errors"}
CASE = {"name", "classname"}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "error", "skipped"},
}


@pytest.mark.parametrize("score", [SCORE, FAILED, BAD, NOTHING, PUBLIC])
def test_junit_has_the_structure_that_ci_systems_read(score: Score) -> None:
    root = ET.fromstring(FORMS["junit"].write(score))
    assert root.tag == "testsuites"
    for element in root.iter():
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
    for suite in root.iter("testsuite"):
        assert set(suite.attrib) == SUITE
        for count, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            assert int(suite.attrib[count]) == len(list(suite.iter(tag)))
        tags = [child.tag for child in suite]
        assert tags == sorted(tags)  # properties come first
        names = [(case.attrib["classname"], case.attrib["name"]) for case in suite.iter("testcase")]
        assert len(set(names)) == len(names)
    for case in root.iter("testcase"):
        assert set(case.attrib) == CASE
        assert len(case) <= 1


def test_junit_tells_outcomes_apart() -> None:
    root = ET.fromstring(FORMS["junit"].write(SCORE))
    told = {case.attrib["name"].split(":")[0]: [one.tag for one in case] for case in root.iter("testcase")}
    assert told == {
        "test_passed": [],
        "test_partly": ["failure"],
        "test_failed": ["failure"],
        "test_skipped": ["skipped"],
        "test_not_judged": ["error"],
        "problem 1": ["failure"],
    }


def test_junit_fails_no_build_for_an_exercise_that_is_worth_nothing() -> None:
    tour = Score("ana", "os", "offline", (check("tour", "failed", 0, 0), check("mpm", "failed", 1, 0)))
    root = ET.fromstring(FORMS["junit"].write(tour))
    assert {s.attrib["name"]: s.attrib["failures"] for s in root} == {"tour": "0", "mpm": "1"}


def test_text_of_what_could_not_be_graded_says_why_and_no_more() -> None:
    assert FORMS["text"].write(BAD).splitlines() == [
        "ana", "", "This submission could not be graded.", "no variant.toml", "Total: 0 / 20",
    ]  # fmt: skip


def test_gradescope_has_its_members_and_shows_hidden_checks_late() -> None:
    record = json.loads(FORMS["gradescope"].write(SCORE))
    first, second = record["tests"][:2]
    assert (first["visibility"], second["visibility"]) == ("visible", "after_published")
    assert (first["status"], second["status"]) == ("passed", "failed")
    assert (first["number"], second["number"]) == ("1.1", "2.1")
    assert second["output"] == "13.33 of 20 points: the lines do not show it"
    assert record["stdout_visibility"] == "hidden"


@pytest.mark.parametrize(
    ("score", "status"),
    [(SCORE, "error"), (BAD, "fail"), (FAILED, "error"), (PUBLIC, "pass")],
)
def test_classroom_has_its_status_on_one_line(score: Score, status: str) -> None:
    text = FORMS["classroom"].write(score)
    assert text.count("\n") == 1
    record = json.loads(base64.b64decode(text))
    assert (record["version"], record["status"]) == (1, status)
    assert {test["status"] for test in record["tests"]} <= {"pass", "fail", "error"}


def test_check50_tells_what_was_not_judged_with_null() -> None:
    record = json.loads(FORMS["check50"].write(SCORE))
    assert [result["passed"] for result in record["results"]] == [True, False, False, None, None]
    assert record["results"][3]["dependency"] == "mpm.test_failed"
    assert record["results"][0]["cause"] is None
    assert "error" not in record
    assert json.loads(FORMS["check50"].write(FAILED))["error"]["value"] == "disk full"


def planted(texts: list[str]) -> Score:
    one = Check("mpm", texts[0], texts[1], exact(20), exact(5), "partly", texts[2], detail=texts[3])
    two = Check("tree", "test_b", texts[4], exact(10), exact(0), "not judged", texts[5])
    return Score(texts[6], texts[7], texts[8], (one, two), (texts[9],), (texts[10],))


class Tags(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not {name for name, _ in attrs} & {"href", "src"}
        self.tags.append(tag)


@settings(max_examples=60)
@given(st.lists(TEXTS, min_size=11, max_size=11))
def test_no_planted_text_breaks_out_of_a_form(texts: list[str]) -> None:
    score = planted(texts)
    written = {name: form.write(score) for name, form in FORMS.items()}
    for name, text in written.items():
        assert all(line.isprintable() for line in text.split("\n")), name
        if name != "text":
            said = base64.b64decode(text).decode() if name == "classroom" else text
            assert len(ANY_TOTAL.findall(said)) == (name == "vmchecker"), name
    assert GRADE.findall(written["vmchecker"]) == ["16"]
    assert len(ANY_TOTAL.findall(written["text"])) == 1
    assert Score.from_json(written["json"]) == score
    for name, read in READERS.items():
        assert [round(number, 2) for number in read(written[name])] == [5, 30]
    rows = list(csv.reader(io.StringIO(written["csv"])))
    assert {len(row) for row in rows} == {15}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert len(list(ET.fromstring(written["junit"]).iter("testcase"))) == 3


@settings(max_examples=40)
@given(st.lists(TEXTS, min_size=11, max_size=11))
def test_no_planted_text_is_markdown(texts: list[str]) -> None:
    plain = planted(["a"] * 11)
    render = MarkdownIt("gfm-like", {"linkify": False}).render
    assert Tags(
        render(FORMS["summary"].write(planted(["a", *texts[1:6], "a", "a", "a", "a", "a"])))
    ).tags == (Tags(render(FORMS["summary"].write(plain))).tags)
    tags = Tags(render(FORMS["summary"].write(planted(texts)))).tags
    assert set(tags) <= set(Tags(render(FORMS["summary"].write(plain))).tags)

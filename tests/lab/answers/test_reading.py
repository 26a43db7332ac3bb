"""From a file to answers: what is right counts, what is wrong voids itself alone and is told its place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from tracekit.lab.answers import Answers, Cited, Problem, read_answers
from tracekit.lab.answers.model import NoSuchFieldError
from tracekit.lab.exercise import Exercise, everything
from tracekit.report.escape import visible

Given = Callable[..., Answers]

FULL = """\
main = 4711
name = "x"
root = "/srv/www"
mpm = "event"
complete = "no"
workers = [4712, 4713]
evidence = [12, {line = 13, tid = 4712}]

[[requests]]
target = "/a.html"
pid = 4712
line = 99
"""


def test_all_types(given: Given) -> None:
    """Every type of field is read, from TOML."""
    answers = given(FULL)
    assert answers.problems == ()
    assert (answers.main, answers.name, answers.root) == (4711, "x", "/srv/www")
    assert (answers.mpm, answers.complete) == ("event", "no")
    assert answers["workers"] == (4712, 4713)
    assert answers.evidence() == (Cited(12), Cited(13, 4712))
    assert answers.row("requests", "/a.html").pid == 4712
    assert [*answers.requests] == ["/a.html", "/b.html"]
    assert answers.requests["/b.html"].values == {"target": None, "pid": None, "line": None}


def test_json(given: Given) -> None:
    """The same in JSON; the place of a wrong value is found there, too."""
    data = {"main": 4711, "workers": [1], "requests": [{"target": "/a.html", "pid": 5}], "mpm": "evnt"}
    answers = given(json.dumps(data, indent=1), "answers.json")
    assert (answers.main, answers.workers, answers.requests["/a.html"].pid) == (4711, (1,), 5)
    assert [(one.line, one.column, one.field) for one in answers.problems] == [(12, 2, "mpm")]
    assert "did you mean 'event'?" in answers.problems[0].message


@pytest.mark.parametrize("text", [b"", b"\xef\xbb\xbf", b"# nothing\r\n", b"\r\n\r\n"])
def test_missing_is_none(given: Given, text: bytes) -> None:
    """A missing answer is None, and no problem."""
    answers = given(text)
    assert answers.problems == ()
    assert answers.main is None
    assert answers.evidence() == ()


def test_byte_order_mark_and_line_ends(given: Given) -> None:
    """A byte order mark and the line ends of other systems change nothing, places included."""
    answers = given(b"\xef\xbb\xbf" + FULL.replace("4711", '"x"').replace("\n", "\r\n").encode())
    assert [(one.line, one.column, one.field) for one in answers.problems] == [(1, 1, "main")]
    assert answers.root == "/srv/www"


@pytest.mark.parametrize(
    ("line", "place", "says"),
    [
        ("mian = 3", (2, 1), "mian: there is no field of this name; did you mean 'main'?"),
        ("main = true", (2, 1), "main: found true, wanted a whole number"),
        ("  root = 5", (2, 3), "root: found the number 5, wanted a text"),
        ("main = 4711.0", (2, 1), "main: found the number 4711.0, wanted a whole number"),
        ("main = 2024-01-01", (2, 1), "main: found a date, wanted a whole number"),
        ("main = {a = 1}", (2, 1), "main: found a table, wanted a whole number"),
        ("main = 99999999999999999999", (2, 1), "main: found a number beyond all limits"),
        ("workers = [1,\n 2, 'x']", (3, 5), "workers[3]: found 'x', wanted a whole number"),
        ("workers = [1, 2, 3, 4, 5]", (2, 1), "workers: found a list of 5, wanted 4 at most"),
        ("evidence = [1, {lines = 2}]", (2, 17), "evidence[2].lines: found the name 'lines'"),
        ("evidence = [0]", (2, 13), "evidence[1]: found line 0; lines count from 1"),
        ("mpm = event", (2, 7), "mpm: no TOML: this is no value: texts stand in quotes"),
        ("workers = 1, 2", (2, 12), "workers: no TOML: the value ends before this; a list stands in"),
        ("[[requests]]\ntarget='/c'", (2, 1), "requests[1]: nothing is asked about '/c'"),
        ("[[requests]]\npid=5", (2, 1), "requests[1]: this table does not say which target"),
        ("[[requests]]\ntarget='/a.html'\npid='x'", (4, 1), "requests[1].pid: found 'x', wanted"),
        ("requests = 5", (2, 1), "requests: found the number 5, wanted a table"),
    ],
)
def test_wrong(given: Given, line: str, place: tuple[int, int], says: str) -> None:
    """What is wrong is told with file, line, column and field, and voids no other answer."""
    answers = given(f"complete = 'yes'\n{line}\n")
    assert answers.complete == "yes"
    assert len(answers.problems) == 1
    problem = answers.problems[0]
    assert (problem.file, problem.line, problem.column) == ("answers.toml", *place)
    assert f"{problem.field}: {problem.message}".startswith(says)
    assert str(problem).startswith(f"answers.toml:{place[0]}:{place[1]}: {says}")
    assert not any(answers[name] for name in ("main", "root", "mpm", "workers", "evidence"))


def test_same_target_twice(given: Given) -> None:
    """Of two tables about one target the first counts."""
    answers = given("[[requests]]\ntarget='/a.html'\npid=1\n[[requests]]\ntarget='/a.html'\npid=2\n")
    assert answers.requests["/a.html"].pid == 1
    assert [(one.line, one.field) for one in answers.problems] == [(4, "requests[2]")]


def test_unknown_questions(tmp_path: Path, exercise: Exercise) -> None:
    """Where it is not known what was asked, the tables of the file tell."""
    (tmp_path / "answers.toml").write_text("[[requests]]\ntarget='/c'\npid=1\n")
    answers = read_answers(tmp_path, exercise, None)
    assert (answers.problems, answers.requests["/c"].pid) == ((), 1)


def test_broken_lines_are_few(given: Given) -> None:
    """A file that breaks the rules in every line is told once."""
    answers = given("".join(f"a{number} = b\n" for number in range(1000)))
    assert [(one.line, one.field) for one in answers.problems] == [(1, "a0")]


def test_many_problems_are_counted(given: Given) -> None:
    """Beyond so many problems they are only counted."""
    answers = given("".join(f"a{number} = 1\n" for number in range(1000)) + "main = 5\n")
    assert answers.main == 5
    assert len(answers.problems) == 31
    assert answers.problems[-1].message == "and 970 more of the kind"


def test_messages_do_not_act(given: Given) -> None:
    """What a student wrote is told back short, and without characters that act."""
    answers = given('mpm = "\\u001b[31m' + "x" * 500 + '"\n"\\u001b]0;a" = 1\n')
    for problem in answers.problems:
        assert visible(str(problem)) == str(problem)
        assert len(str(problem)) < 250
    assert len(answers.problems) == 2


def test_a_check_that_misspells(given: Given) -> None:
    """A check that asks for a field that is not there is told so."""
    answers = given(FULL)
    with pytest.raises(NoSuchFieldError, match="there is no field mian"):
        _ = answers.mian
    with pytest.raises(NoSuchFieldError):
        _ = answers["mian"]


def test_place(given: Given) -> None:
    """A check can say where an answer stands."""
    answers = given(FULL)
    assert (answers.place("mpm"), answers.place("nothing")) == ("answers.toml:4", "answers.toml")


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["/a.html", "pid 3", "event", "/srv/"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["line", "tid", "file", "target", "pid", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)
NAMES = ["main", "name", "root", "mpm", "complete", "workers", "evidence", "requests", "x"]


@over(data=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6))
def test_any_json(data: dict[str, Any], exercise: Exercise, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever stands in a file of JSON, each field is its type or None, and each problem has a place."""
    folder = tmp_path_factory.mktemp("any")
    (folder / "answers.json").write_text(json.dumps(data))
    _hold(read_answers(folder, exercise, ("/a.html",)))


@over(text=st.binary(max_size=200) | st.text(alphabet="[]{}=,.'\"\\#\n a1-_:", max_size=80).map(str.encode))
def test_any_bytes(text: bytes, exercise: Exercise, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever stands in a file, reading it does not fail, and what is refused has a place."""
    folder = tmp_path_factory.mktemp("any")
    (folder / "answers.toml").write_bytes(text)
    _hold(read_answers(folder, exercise, ("/a.html",)))


def _hold(answers: Answers) -> None:
    types = {"main": int, "workers": tuple, "evidence": tuple, "requests": dict}
    for name, value in answers.values.items():
        assert value is None or type(value) is types.get(name, str)
    for problem in answers.problems:
        assert isinstance(problem, Problem)
        assert problem.line is not None
        assert problem.column is not None
        assert visible(str(problem)) == str(problem)


def test_every_field_has_a_reader() -> None:
    """No exercise asks for something that cannot be read."""
    for exercise in everything():
        assert read_answers(Path("/nonexistent"), exercise, ()).problems

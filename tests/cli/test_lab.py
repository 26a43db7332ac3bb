"""``tracekit lab``: from laying out to a grade, what is printed, what is written, and the exit codes."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import tree, wait_until
from tests.support.tracers import TRACEKIT
from tracekit.cli import main
from tracekit.errors import ExitCode
from tracekit.lab.grading import batch

SECRET = "a secret that only tests know\n"
EXERCISES = ("tree", "docroot")


def lab(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Run a command in this process; return its exit code and what it printed."""
    sys.argv = ["tracekit", "lab", *map(str, words)]
    with pytest.raises(SystemExit) as end:
        main()
    out, err = capsys.readouterr()
    code = end.value.code
    assert isinstance(code, int)
    return code, out, err


@pytest.fixture(autouse=True)
def _as_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["tracekit"])
    monkeypatch.delenv("TRACEKIT_LAB_SECRET", raising=False)
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture(scope="module")
def given_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of three students, the list of these, and the secret."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "secret").write_text(SECRET)
    (folder / "secret").chmod(0o600)
    (folder / "ids.txt").write_text("alice\nbob  # a comment\ncarol\n")
    words = ("start", *EXERCISES, "--students", folder / "ids.txt", "--course", "os-lab")
    places = ("--secret-file", folder / "secret", "-o", folder / "class")
    command = [*TRACEKIT, "lab", *map(str, (*words, *places))]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "3 folders in" in done.stdout
    assert "3 of them new" in done.stdout
    return folder


@pytest.fixture
def course(given_out: Path, tmp_path: Path) -> Path:
    """A copy of these, to do anything with."""
    return shutil.copytree(given_out, tmp_path / "course")


def test_the_exercises_are_listed_with_their_points(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = lab(capsys, "list")
    assert code == ExitCode.ANSWERED
    points = {line.split()[0]: line.split()[1] for line in out.partition("\n\n")[0].splitlines()}
    assert points == {
        "exercise": "points",
        "tour": "0",
        "tree": "10",
        "docroot": "15",
        "mpm": "20",
        "dispatch": "20",
        "scaling": "15",
        "crash": "15",
        "coverage": "5",
        "all": "100",
    }


def test_an_exercise_is_shown_as_plain_text_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = lab(capsys, "show", "docroot")
    assert code == ExitCode.ANSWERED
    assert out.startswith("# The document root\n")
    assert "\x1b" not in out
    assert "{{" not in out
    live = lab(capsys, "show", "docroot", "--live")[1]
    assert "-p PID" in live
    assert "{{" not in live


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "nothing"), "there is no exercise 'nothing'"),
        (("start", "tour"), "give --student ID, or --students FILE"),
        (("start", "tour", "--student", "../x"), "no student's id"),
        (("start", "tuor", "--student", "me"), "there is no exercise 'tuor'"),
        (("grade", "/nowhere"), "'/nowhere' does not exist"),
        (("grade", ".", "--exercise", "x"), "there is no exercise 'x'"),
        (("grade", ".", "--expect", "x"), "--expect takes a number of points"),
        (("grade", ".", "--expect", "snan"), "--expect takes a number of points"),
        (("grade", ".", "--format", "text", "--format", "json"), "several forms need a folder"),
        (("grad", "."), "did you mean grade?"),
    ],
)
def test_mistakes_are_told_in_one_line(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = lab(capsys, *words)
    assert (code, out) == (ExitCode.USAGE, "")
    assert message in err
    assert err.splitlines()[-1].startswith("tracekit: ")


def test_starting_again_overwrites_nothing(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = course / "class" / "alice" / "docroot" / "answers.toml"
    answers.write_text("mine = 1\n")
    (course / "class" / "alice" / "docroot" / "README.md").unlink()
    secret = ("--secret-file", course / "secret", "--course", "os-lab")
    code, out, _ = lab(capsys, "start", "docroot", "--student", "alice", "-o", course / "class", *secret)
    assert code == ExitCode.ANSWERED
    assert "left as they were: " in out
    assert answers.read_text() == "mine = 1\n"
    assert (course / "class" / "alice" / "docroot" / "README.md").exists()


def test_a_student_is_told_what_is_missing_and_that_there_is_more(
    course: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course / "class" / "alice" / "docroot")
    code, out, _ = lab(capsys, "check")
    assert code == ExitCode.CHECK_FAILED
    assert "hidden" in out
    assert "tree" not in out
    assert "all passed" not in out.lower()


def test_check_of_no_submission_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = lab(capsys, "check", tmp_path)
    assert code == ExitCode.UNREADABLE
    assert not out
    assert "variant.toml" in err


def test_many_submissions_make_a_table(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(course / "class" / "bob")
    (course / "class" / "bob").mkdir()
    code, out, err = lab(capsys, "grade", course / "class", "--secret-file", course / "secret", "--jobs", 1)
    assert code == ExitCode.UNREADABLE
    rows = [line.split() for line in out.splitlines()]
    assert rows[0] == ["student", "points", "of", *EXERCISES]
    assert rows[1] == ["alice", "0", "25", "0", "0"]
    assert rows[2][0] == "bob"
    assert rows[2][-2:] == ["bad", "submission"]
    assert not err  # no progress bar where there is no terminal


def test_who_gave_in_nothing_is_in_the_table(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(course / "class" / "carol")
    given = ("--secret-file", course / "secret", "--students", course / "ids.txt")
    code, out, _ = lab(capsys, "grade", course / "class", *given, "--format", "csv")
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(out))}
    assert code == ExitCode.UNREADABLE
    assert rows["carol"]["problems"] == "there is no submission"
    assert rows["alice"] | {"folder": "", "notes": ""} == {
        "student": "alice",
        "state": "graded",
        "points": "0",
        "of": "25",
        "percent": "0",
        **dict.fromkeys(EXERCISES, "0"),
        "problems": "",
        "notes": "",
        "folder": "",
    }


def test_a_swapped_variant_has_nothing_unless_the_teacher_says_whose_it_is(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alice, bob = course / "class" / "alice", course / "class" / "bob"
    shutil.copy(bob / "variant.toml", alice / "variant.toml")
    given = ("--secret-file", course / "secret")
    code, out, _ = lab(capsys, "grade", course / "class", *given, "--students", course / "ids.txt")
    assert code == ExitCode.UNREADABLE
    assert "alice: the variant is that of bob, and this is the submission of alice" in out
    assert lab(capsys, "grade", alice, *given, "--student", "alice")[0] == ExitCode.UNREADABLE
    assert lab(capsys, "grade", alice, *given, "--student", "bob")[0] == ExitCode.ANSWERED


def test_a_score_is_expected(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("grade", course / "class" / "alice", "--secret-file", course / "secret", "--expect")
    assert lab(capsys, *words, 0)[0] == ExitCode.ANSWERED
    assert lab(capsys, *words, 25)[0] == ExitCode.CHECK_FAILED


def test_one_exercise_alone_is_graded(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--secret-file", course / "secret", "--exercise", "tree", "--format", "json")
    _, out, _ = lab(capsys, "grade", course / "class" / "alice", *words)
    assert json.loads(out)["exercises"] == {"tree": {"points": 0, "of": 10}}


def test_files_are_written_for_their_owner_alone(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forms = ("text", "json", "csv", "junit", "gradescope", "classroom", "summary", "vmchecker", "check50")
    given = [word for form in forms for word in ("--format", form)]
    out = course / "results"
    code, _, _ = lab(
        capsys, "grade", course / "class" / "alice", "--secret-file", course / "secret", *given, "-o", out
    )
    assert code == ExitCode.ANSWERED
    assert len(list(out.iterdir())) == len(forms)
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o600}


@pytest.mark.parametrize("forms", [("json",), ("json", "csv")])
def test_a_place_that_cannot_be_written_to_is_a_mistake_and_no_grader_error(
    forms: tuple[str, ...], course: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "graded", None)  # it is found out before the work is done
    (course / "file").touch()
    given = [word for form in forms for word in ("--format", form)]
    code, out, err = lab(
        capsys, "grade", course / "class" / "alice", "--exercise", "tree", *given, "-o", course / "file" / "x"
    )
    assert (code, out) == (ExitCode.USAGE, "")
    assert err.endswith("(name another place)\n" if len(forms) == 1 else "(name another folder)\n")


def test_all_scores_in_one_file_and_what_a_regrading_changes(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = course / "old.json", course / "new.json"
    words = ("grade", course / "class", "--secret-file", course / "secret", "--format", "json", "-o")
    assert lab(capsys, *words, old)[0] == ExitCode.ANSWERED
    assert [one["student"] for one in json.loads(old.read_text())["scores"]] == ["alice", "bob", "carol"]
    (course / "class" / "bob" / "variant.toml").unlink()
    code, out, _ = lab(capsys, *words, new, "--before", old)
    assert code == ExitCode.UNREADABLE
    assert "bob: 0/25 -> 0/25 (bad submission)\n" in out
    assert "1 changed, 2 as before; points of all: 0 -> 0\n" in out


def test_no_folder_takes_the_file_of_another_student(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = course / "class" / "a-zip" / "bob"
    broken.mkdir(parents=True)
    (broken / "variant.toml").write_text("Total: 100")
    words = ("grade", course / "class", "--secret-file", course / "secret", "--exercise", "tree")
    (tmp_path / "scores").mkdir()
    _, out, _ = lab(capsys, *words, "--format", "json", "-o", tmp_path / "scores")
    states = {one.name: json.loads(one.read_text())["state"] for one in (tmp_path / "scores").iterdir()}
    assert states == {
        "alice.json": "graded",
        "bob.json": "graded",
        "bob-2.json": "bad submission",
        "carol.json": "graded",
    }
    assert "bob, bob: 2 submissions are of bob, by variant or by the folder's name" in out


def test_forms_are_written_also_when_nothing_can_be_graded(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = course / "results.json"
    words = ("--secret-file", course / "gone", "--format", "gradescope", "-o", out)
    code, _, err = lab(capsys, "grade", course / "class" / "alice", *words)
    assert code == ExitCode.UNREADABLE
    assert "secret" in err
    assert "tests" in json.loads(out.read_text())


def test_hostile_names_are_written_out(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (course / "class" / "mallory\x1b[2J\n=1").mkdir()
    words = ("grade", course / "class", "--secret-file", course / "secret")
    for more in ((), ("--format", "csv"), ("--format", "json"), ("-o", course / "texts")):
        _, out, err = lab(capsys, *words, *more)
        assert "\x1b" not in out + err
    assert len(list((course / "texts").iterdir())) == 4


def test_ctrl_c_ends_it_without_a_trace(course: Path) -> None:
    for number in range(40):
        shutil.copytree(course / "class" / "alice", course / "class" / f"copy{number}")
    words = ("grade", course / "class", "--secret-file", course / "secret", "--jobs", 2)
    command = [*TRACEKIT, "lab", *map(str, words)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as grader:
        wait_until(lambda: len(tree(grader.pid)) == 3, "two processes that grade")
        os.killpg(grader.pid, signal.SIGINT)
        out, err = grader.communicate(timeout=60)
    assert grader.returncode == 130
    assert (out, err.strip()) == ("", "")

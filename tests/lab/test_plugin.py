"""The plugin: outcomes and points of checks of every kind, run in this process and apart from it."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from tracekit.lab import exercise as exercises
from tracekit.lab.exercise import Exercise
from tracekit.lab.plugin import CheckingError, Context, run_all, run_checks
from tracekit.lab.score import Check

EVERY_KIND = '''
import time
import pytest

@pytest.mark.points(4)
@pytest.mark.depends("test_late")
def test_early(answers):
    """Depends on a later one."""

@pytest.mark.points(4)
@pytest.mark.public
def test_late(answers):
    assert answers == 7, "seven is wanted"

@pytest.mark.points(4)
def test_wrong(answers):
    """A claim."""
    assert answers == 8, "the number is another\\nand this line is too much"

@pytest.mark.points(4)
def test_bare(answers):
    """It is eight."""
    assert answers == 8

@pytest.mark.points(4)
@pytest.mark.depends("test_wrong")
def test_after(answers): ...

@pytest.mark.points(4)
@pytest.mark.depends("test_after")
def test_after_that(answers): ...

@pytest.mark.points(10)
def test_part(earn):
    earn(1 / 3, "a third")

@pytest.mark.points(10)
def test_part_then_wrong(earn):
    earn(0.2, "named")
    assert False, "the lines do not show it"

@pytest.mark.points(10)
def test_nothing_earned(earn):
    earn(0, "nothing of it")

@pytest.mark.points(10)
def test_everything_earned(earn):
    earn(0.5, "half")
    earn(1.0, "whole")

@pytest.mark.points(4)
def test_crash(answers):
    earned = {}["missing"]

@pytest.mark.points(4)
def test_no_fixture(nothing_of_that_name): ...

@pytest.mark.points(4)
@pytest.mark.depends("test_crash")
def test_after_crash(): ...

@pytest.mark.points(4)
@pytest.mark.limit(0.2)
def test_slow():
    while True:
        time.sleep(0.01)

@pytest.mark.points(4)
def test_exits():
    raise SystemExit(3)

@pytest.mark.points(4)
def test_too_much(earn):
    earn(2, "more than all")

@pytest.mark.points(4)
def test_fails():
    pytest.fail("said so")

def test_prints(answers):
    print("Total: 100")

@pytest.mark.parametrize("number", [1, 2])
def test_many(number):
    assert number == 1, "not one"
'''

EXPECTED = {
    "test_early": ("passed", 4, ""),
    "test_late": ("passed", 4, ""),
    "test_wrong": ("failed", 0, "the number is another"),
    "test_bare": ("failed", 0, "this does not hold: It is eight."),
    "test_after": ("skipped", 0, "depends on 'A claim', which failed"),
    "test_after_that": ("skipped", 0, "depends on 'after', which was skipped"),
    "test_part": ("partly", 3.33, "a third"),
    "test_part_then_wrong": ("partly", 2, "the lines do not show it"),
    "test_nothing_earned": ("failed", 0, "nothing of it"),
    "test_everything_earned": ("passed", 10, ""),
    "test_crash": ("not judged", 0, "the check itself failed (KeyError)"),
    "test_no_fixture": ("not judged", 0, "the check itself failed (FixtureLookupError)"),
    "test_after_crash": ("skipped", 0, "depends on 'crash', which could not be judged"),
    "test_slow": ("not judged", 0, "took longer than 0.2 s"),
    "test_exits": ("not judged", 0, "the check itself failed (SystemExit)"),
    "test_too_much": ("not judged", 0, "the check itself failed (ValueError)"),
    "test_fails": ("failed", 0, "said so"),
    "test_prints": ("passed", 0, ""),
    "test_many[1]": ("passed", 0, ""),
    "test_many[2]": ("failed", 0, "not one"),
}


def exercise(folder: Path, checks: str, name: str = "own") -> Exercise:
    place = folder / name
    place.mkdir()
    (place / "test_checks.py").write_text(checks)
    return replace(exercises.get("mpm"), name=name, folder=place)


def named(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_every_outcome_has_its_points_and_its_reason(tmp_path: Path) -> None:
    found = named(run_checks(exercise(tmp_path, EVERY_KIND), Context(7)))
    assert {name: (one.outcome, float(one.points), one.reason) for name, one in found.items()} == EXPECTED
    assert found["test_crash"].detail.startswith("KeyError: 'missing' (test_checks.py:")
    assert found["test_early"].needs == ("test_late",)
    assert found["test_late"].public
    assert found["test_late"].title == "late"


def test_only_the_public_ones_are_run_for_students(tmp_path: Path) -> None:
    found = named(run_checks(exercise(tmp_path, EVERY_KIND), Context(7), public_only=True))
    assert found.pop("test_late").outcome == "passed"
    assert {one.outcome for one in found.values()} == {"hidden"}
    assert set(found) | {"test_late"} == set(EXPECTED)


CLAIM = "import pytest\n@pytest.mark.points(2)\ndef test_it(answers):\n    assert answers == {}, 'no'\n"


def test_many_exercises_and_submissions_go_through_one_run(tmp_path: Path) -> None:
    one, two = (exercise(tmp_path, CLAIM.format(number), f"e{number}") for number in (1, 2))
    found = run_all([(one, Context(1)), (two, Context(1)), (one, Context(2)), (two, Context(2))])
    assert [[check.outcome for check in checks] for checks in found] == [
        ["passed"],
        ["failed"],
        ["failed"],
        ["passed"],
    ]
    assert [checks[0].exercise for checks in found] == ["e1", "e2", "e1", "e2"]


def test_fixtures_of_the_file_are_there_for_each_submission(tmp_path: Path) -> None:
    own = exercise(
        tmp_path,
        "import pytest\n@pytest.fixture\ndef key(answers):\n    return answers\n"
        "def test_it(key, answers):\n    assert key is answers\n",
    )
    found = run_all([(own, Context(1)), (own, Context(2))])
    assert [check.outcome for checks in found for check in checks] == ["passed", "passed"]


@pytest.mark.parametrize(
    "checks",
    [
        "def test_it(:\n",
        "import no_module_of_that_name\n",
        "import pytest\n@pytest.mark.point(3)\ndef test_it(): ...\n",
        "import pytest\n@pytest.mark.points('many')\ndef test_it(): ...\n",
        "import pytest\n@pytest.mark.points\ndef test_it(): ...\n",
        "import pytest\n@pytest.mark.points(-1)\ndef test_it(): ...\n",
        "import pytest\n@pytest.mark.depends('test_that')\ndef test_it(): ...\n",
        "import pytest\n@pytest.mark.depends('test_it')\ndef test_it(): ...\n",
    ],
)
def test_checks_that_are_wrong_are_an_error_of_the_grader(checks: str, tmp_path: Path) -> None:
    with pytest.raises(CheckingError):
        run_checks(exercise(tmp_path, checks), Context(1))


def test_a_key_that_is_not_here_and_a_trace_that_was_not_handed_in(tmp_path: Path) -> None:
    own = exercise(tmp_path, "def test_key(key): ...\ndef test_trace(evidence): ...\n")
    found = named(run_checks(own, Context(1)))
    assert found["test_key"].outcome == "not judged"
    assert (found["test_trace"].outcome, found["test_trace"].reason) == ("failed", "there is no trace")


def test_a_reason_names_no_value_of_the_key(tmp_path: Path) -> None:
    own = exercise(
        tmp_path,
        "def test_it(answers, key):\n    assert not key, f'it is {key}, and not 99'\n"
        "def test_named(answers, key):\n    assert not key, 'you said 4711'\n"
        "def test_crash(key):\n    raise KeyError(key['root'])\n",
    )
    key = {"tid": "4711", "root": "/srv/www/hidden", "threads": "3"}
    found = named(run_checks(own, Context({"tid": 12}, key=key)))
    for check in found.values():
        assert "4711" not in check.reason + check.detail
        assert "/srv/www/hidden" not in check.reason + check.detail
    assert "99" in found["test_it"].reason
    said = named(run_checks(own, Context({"tid": 4711}, key=key)))
    assert said["test_named"].reason == "you said 4711"


def test_a_word_within_what_a_student_named_is_told_back(tmp_path: Path) -> None:
    own = exercise(
        tmp_path, "def test_it(key):\n    assert not key, '/amber/coral.html: not basil, not 47'\n"
    )
    key = SimpleNamespace(tokens={"words": ("amber", "coral", "basil"), "pids": ("47",)})
    found = run_checks(own, Context({"/amber/coral.html": 1470}, key=key))[0]
    assert found.reason == "/amber/coral.html: not [hidden], not [hidden]"


def test_nothing_of_the_surroundings_plays_a_part_or_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    own = exercise(tmp_path, CLAIM.format(1) + "\n    print('Total: 100')\n")
    for folder in (tmp_path, own.folder):
        (folder / "conftest.py").write_text("raise SystemExit('a conftest was run')")
        (folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    monkeypatch.chdir(own.folder)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    monkeypatch.setenv("PYTEST_TIMEOUT", "0.000001")
    files = sorted(tmp_path.rglob("*"))
    variables, paths, modules = dict(os.environ), list(sys.path), set(sys.modules)
    handler = signal.getsignal(signal.SIGALRM)

    assert [check.outcome for check in run_checks(own, Context(1))] == ["passed"]

    assert dict(os.environ) == variables
    assert sys.path == paths
    assert not {name for name in set(sys.modules) - modules if "check" in name}
    assert sorted(tmp_path.rglob("*")) == files
    assert signal.getsignal(signal.SIGALRM) is handler
    assert capfd.readouterr() == ("", "")
    assert not hasattr(sys, "last_value")


def test_a_timer_that_runs_goes_on() -> None:
    before = signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        run_checks(exercises.get("tour"), Context(None))
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 1000
    finally:
        signal.setitimer(signal.ITIMER_REAL, *before)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    own = exercise(tmp_path, CLAIM.format(1))
    assert run_checks(own, Context(1))[0].outcome == "passed"
    (own.folder / "test_checks.py").write_text(CLAIM.format(2000))
    assert run_checks(own, Context(1))[0].outcome == "failed"


def test_ctrl_c_is_no_outcome(tmp_path: Path) -> None:
    own = exercise(tmp_path, "def test_it():\n    raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        run_checks(own, Context(1))


def test_another_thread_is_told_that_limits_need_the_main_one(tmp_path: Path) -> None:
    assert threading.current_thread() is threading.main_thread()
    own = exercise(tmp_path, CLAIM.format(1))
    with ThreadPoolExecutor(1) as pool, pytest.raises(CheckingError, match="main thread"):
        pool.submit(run_checks, own, Context(1)).result()


def test_nothing_to_do_is_nothing() -> None:
    assert run_all([]) == []

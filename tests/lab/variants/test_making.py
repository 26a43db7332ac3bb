"""A variant is its scene in other words: each line and each answer is, and nothing else changes."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tracekit.analyzers.dispatch import Dispatch
from tracekit.analyzers.docroot import Docroot
from tracekit.events import read_trace
from tracekit.lab import exercise as catalogue
from tracekit.lab import scenes
from tracekit.lab.grading.fingerprints import own as told_apart
from tracekit.lab.seeds import Chance, Secret
from tracekit.lab.truth import Truth
from tracekit.lab.variants import questions
from tracekit.lab.variants.making import Variant, fitting, variant
from tracekit.lab.variants.noise import Silences, calls, mix
from tracekit.lab.variants.renaming import RUN, Pieces, Renaming, rename, runs

SECRET = Secret(b"a secret of the course")
DISPATCH = catalogue.get("dispatch")
OFFLINE = [one for one in catalogue.everything() if "offline" in one.forms]


@cache
def made(exercise: str = "dispatch", student: str = "ann", course: str = "c") -> Variant:
    return variant(catalogue.get(exercise), SECRET, course, student)


def lines(one: Variant) -> list[str]:
    assert one.trace is not None
    return list(one.trace.lines())


def own(one: Variant) -> list[str]:
    """Return the lines that are not the other process's."""
    return [line for line in lines(one) if not line.startswith(f"{one.other_pid} ")]


@cache
def renamed(name: str) -> Renaming:
    scene = scenes.load(name)
    there = runs((*scene.lines, *scenes.noise(), scene.truth_text, scene.ps))
    return rename(scene.truth.tokens, there, Chance(5))


def tokens(truth: Truth) -> list[str]:
    return [token for kind in truth.tokens.values() for token in kind]


def test_the_same_seed_makes_the_same_variant() -> None:
    one, other = made(), variant(DISPATCH, SECRET, "c", "ann")
    assert (one.key, one.ps, one.questions, lines(one)) == (
        other.key,
        other.ps,
        other.questions,
        lines(other),
    )


def test_another_process_makes_the_same_variant() -> None:
    """Neither the order of sets nor the hash of a text may have a say in it."""
    program = (
        "import hashlib; from tracekit.lab import exercise, variants; from tracekit.lab.seeds import Secret\n"
        "v = variants.variant(exercise.get('dispatch'), Secret(b'a secret of the course'), 'c', 'ann')\n"
        "print(hashlib.sha256(repr((v.key, v.questions, *v.trace.lines())).encode()).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[3])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


def test_another_student_course_and_secret_make_another() -> None:
    others = [
        made(student="ben"),
        made(course="d"),
        variant(DISPATCH, Secret(b"of another course"), "c", "ann"),
    ]
    prints = [told_apart(one.key) for one in (made(), *others)]
    assert all(len(one) > 10 for one in prints)
    assert all(a.isdisjoint(b) for i, a in enumerate(prints) for b in prints[:i])
    assert len({one.key.docroot for one in (made(), *others)}) == 4


@pytest.mark.parametrize("exercise", OFFLINE, ids=lambda one: one.name)
def test_every_exercise_has_a_variant_without_a_word_of_its_scene(exercise: catalogue.Exercise) -> None:
    one = made(exercise.name)
    there = {run for line in lines(one) for run in RUN.findall(line)}
    there.update(RUN.findall(one.ps))
    made_up = {word for name in fitting(exercise) for word in scenes.load(name).truth.tokens["words"]}
    assert there.isdisjoint(made_up)
    assert str(one.key.processes[-1].pid) in there
    assert one.key.docroot.rpartition("/")[2] in there or exercise.kind == "partial"
    assert len(one.questions) == exercise.questions


@pytest.mark.parametrize("name", scenes.names())
def test_a_renaming_is_one_to_one_keeps_lengths_and_leads_back(name: str) -> None:
    scene = scenes.load(name)
    renaming = renamed(name)
    olds, news = tokens(scene.truth), list(renaming.new.values())
    assert sorted(renaming.new) == sorted(olds)
    assert len(set(news)) == len(news) == len(olds)
    assert all(len(old) == len(new) for old, new in renaming.new.items())
    assert runs(scene.lines).isdisjoint(news)
    pids = sorted(scene.truth.tokens["pids"], key=int)
    assert sorted(pids, key=lambda pid: int(renaming.new[pid])) == pids
    assert renaming.back.text(renaming.text(scene.truth_text)) == scene.truth_text
    for line in scene.lines[:: len(scene.lines) // 50]:
        assert len(renaming.text(line)) == len(line)
        assert renaming.back.text(renaming.text(line)) == line


def test_a_line_that_was_cut_beforehand_becomes_the_same() -> None:
    name = scenes.names("crash")[0]
    scene, renaming = scenes.load(name), renamed(name)
    pieces = Pieces(scene.lines, renaming.new)
    for index in [*range(0, len(scene.lines), 40), 0]:
        assert pieces.renamed(index, renaming) == renaming.text(scene.lines[index])


def test_a_run_is_renamed_as_a_whole_or_not_at_all() -> None:
    renaming = Renaming({"12": "34", "ab": "cd"})
    assert renaming.text("12 123 a12 /ab/ab1/ab.html x12 12<ab>") == "34 123 a12 /cd/ab1/cd.html x12 34<cd>"


def test_a_line_by_number_is_that_of_the_whole() -> None:
    one = made("tree")
    assert one.trace is not None
    every = lines(one)
    assert [one.trace.line(number) for number in range(1, len(one.trace) + 1)] == every


def test_tracekit_answers_about_a_variant_as_about_its_scene_in_other_words(tmp_path: Path) -> None:
    one = made("docroot")
    traced = tmp_path / "trace.strace"
    traced.write_text("".join(f"{line}\n" for line in own(one)))
    there = read_trace(traced)
    assert [root.path for root in Docroot().answer(there).docroots] == [one.key.docroot]
    asked = {found.target: found.pid for found in Dispatch().answer(there).requests}
    assert {
        request.target: request.pid for request in one.key.requests if request.target != "/"
    }.items() <= asked.items()


def test_times_never_go_back_and_the_other_process_splits_no_call() -> None:
    one = made("mpm")
    over = 0.0
    noise = [line for line in lines(one) if line.startswith(f"{one.other_pid} ")]
    assert len(noise) > 20
    assert one.other_pid not in {thread.tid for process in one.key.processes for thread in process.threads}
    timed = re.compile(r"\d+ +(\d+)(\.\d{6}) (.*?)(?: <([\d.]+)>)?$")
    for line in lines(one):
        if found := timed.match(line):
            began = float(found[1][-5:] + found[2])
            assert began >= over - 1e-9 or not line.startswith(f"{one.other_pid} "), line
            over = began
            if line.startswith(f"{one.other_pid} ") and found[4]:
                over += float(found[4])


def test_a_call_waits_for_a_silence_that_holds_it() -> None:
    busy = [f"100 1000000000.{at:06} getpid() = 100 <0.000010>" for at in (100, 115, 500, 505)]
    noise = calls(["7 5.000000 read(3) = 1 <0.000050>", "7 5.000001 pause() = 0 <2.000000>", "x"])
    assert [call.text for call in noise] == ["read(3) = 1 <0.000050>"]
    mixed = {mix(noise, "7", "9", Silences.of(busy), Chance(seed)).after for seed in range(20)}
    assert mixed == {(), (2,)}
    assert mix(noise, "7", "9", Silences.of(busy[:1]), Chance(1)).texts == ()


@pytest.mark.parametrize("name", fitting(DISPATCH))
def test_what_is_asked_has_one_right_answer_and_misleads(name: str) -> None:
    scene = scenes.load(name)
    asked = questions.ask(questions.ranked(scene), 5, Chance(3))
    found = [[one for one in scene.truth.requests if one.target == target] for target in asked]
    assert len(set(asked)) == 5
    assert all(len(same) == 1 and same[0].status == 200 for same in found)
    assert len({same[0].tid for same in found}) >= 3
    threaded = {thread.tid: thread.role for process in scene.truth.processes for thread in process.threads}
    assert all(threaded[same[0].tid] != "listener" for same in found)


def test_the_questions_of_a_variant_are_in_its_trace() -> None:
    one = made()
    whole = "\n".join(lines(one))
    assert all(f"GET {target} HTTP" in whole for target in one.questions)

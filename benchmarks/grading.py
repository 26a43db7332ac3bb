"""What grading a whole course costs, and that it is the same however it is done: ``make bench-grading``.

Every student has a variant of all exercises; some gave the right answers, some made one of the mistakes that
the exercise knows, some gave none. There is no peer that grades these, so numbers of processes are compared
with each other, in seconds; the scores have to be equal. The bound: 300 submissions in 120 s with two.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.support import lab_folders
from tracekit.lab import exercise
from tracekit.lab.grading import batch
from tracekit.lab.grading.batch import Wanted
from tracekit.lab.handouts.starting import start_all
from tracekit.lab.score import Score
from tracekit.lab.seeds import Secret
from tracekit.lab.submissions import finding
from tracekit.lab.variants import variant

COURSE = "benchmark"
SECRET = Secret(b"the secret of the benchmark")
SECONDS, STUDENTS, JOBS = 120.0, 300, 2
"""What so many submissions may take with so many processes."""


def laid_out(folder: Path, students: Sequence[str]) -> float:
    """Lay out a course, answer, and return the seconds that laying out took."""
    names = [one.name for one in exercise.everything()]
    begun = time.monotonic()
    for _ in start_all(names, students, COURSE, SECRET, folder):
        pass
    seconds = time.monotonic() - begun
    for number, student in enumerate(students):
        for one in exercise.everything():
            ways = [lab_folders.RIGHT, *(mistake.name for mistake in one.mistakes), lab_folders.BLANK]
            made = variant(one, SECRET, COURSE, student)
            text = lab_folders.answers(one, made, ways[number % len(ways)])
            (folder / student / one.name / "answers.toml").write_text(text)
    return seconds


def graded(folder: Path, jobs: int, *, shuffled: bool) -> tuple[float, dict[str, Score]]:
    """Grade a course; return the seconds and the scores by student."""
    found = finding.find([folder])
    if shuffled:
        random.Random(jobs).shuffle(found)
    begun = time.monotonic()
    result = batch.graded(found, Wanted(SECRET, jobs=jobs))
    return time.monotonic() - begun, {score.student: score for score in result.scores}


def main() -> None:
    """Lay out a course, grade it in several ways, and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=STUDENTS)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, JOBS])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tracekit-bench-") as temporary:
        folder = Path(temporary)
        students = [f"s{number:03}" for number in range(chosen.students)]
        print(f"laying out {len(students)} folders: {laid_out(folder, students):.1f} s", flush=True)
        results = []
        for number, jobs in enumerate(chosen.jobs):
            seconds, scores = graded(folder, jobs, shuffled=number > 0)
            results.append(scores)
            bound = SECONDS * len(students) / STUDENTS * JOBS / jobs
            kept = "within" if seconds <= bound else "BEYOND"
            points = sum(score.points for score in scores.values())
            print(f"grading with {jobs}: {seconds:.1f} s, {kept} {bound:.0f} s; {points} points", flush=True)
        same = all(scores == results[0] for scores in results)
        if not same:
            sys.exit("the scores differ")
        print("the scores are the same")


if __name__ == "__main__":
    main()

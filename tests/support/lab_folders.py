"""The sample submissions of ``fixtures/lab``: ``python -m tests.support.lab_folders`` writes them anew.

Each is a folder with ``variant.toml`` and answers, and no trace: grading does not look at the student's. What
each is worth stands in ``scores.toml``, which is written by hand. They have to be written anew when scenes,
or how variants are made of them, change; the scores have not.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tests.support import lab_samples
from tracekit.lab import exercise as catalogue
from tracekit.lab.answers import blank_answers
from tracekit.lab.exercise import Exercise
from tracekit.lab.seeds import Secret
from tracekit.lab.submissions import Submission
from tracekit.lab.variants import Variant, variant

FOLDER: Final = Path(__file__).resolve().parents[2] / "fixtures" / "lab"
SECRET: Final = FOLDER / "secret"
SCORES: Final = FOLDER / "scores.toml"
COURSE: Final = "samples"

RIGHT: Final = "right"
BLANK: Final = "blank"
PLANTED: Final = "planted"
"""Ways to answer, besides the mistakes that an exercise knows."""

EVIL: Final = "Total: 100/100\n\x1b[2J=1+1 <b>Total: 100</b> ${{ x }} `id` \u202e]]> | ---\nTotal: 100"
"""What somebody writes who wants points from whatever reads a score."""

ALL: Final = tuple(one.name for one in catalogue.everything())


class Sample(NamedTuple):
    """Somebody's submission: how each exercise is answered, and whose variant it has if not their own."""

    answers: Mapping[str, str]
    variant_of: str = ""
    answers_of: str = ""


def _every(how: str) -> dict[str, str]:
    return dict.fromkeys(ALL, how)


SAMPLES: Final[dict[str, Sample]] = {
    "perfect-1": Sample(_every(RIGHT)),
    "perfect-2": Sample(_every(RIGHT)),
    "perfect-3": Sample(_every(RIGHT)),
    "empty": Sample(_every(BLANK)),
    "planted": Sample(_every(PLANTED)),
    "swapped": Sample(_every(RIGHT), variant_of="perfect-2", answers_of="perfect-2"),
    "copied": Sample({"docroot": RIGHT, "crash": RIGHT}, answers_of="perfect-3"),
    **{
        f"{one.name}-{mistake.name.replace('_', '-')}": Sample({one.name: mistake.name})
        for one in catalogue.everything()
        for mistake in one.mistakes
    },
}


def write(folder: Path, name: str, secret: Secret) -> None:
    """Write a sample into a folder named for it, in place of what is there."""
    sample = SAMPLES[name]
    place = folder / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    owner = sample.variant_of or name
    exercises = [*SAMPLES[owner].answers]
    submission = Submission(place, owner, COURSE, "offline", ()).having(exercises)
    (place / "variant.toml").write_text(submission.text(secret))
    for exercise, how in sample.answers.items():
        asked = catalogue.get(exercise)
        made = variant(asked, secret, COURSE, sample.answers_of or name)
        (place / exercise).mkdir()
        (place / exercise / "answers.toml").write_text(answers(asked, made, how))


def answers(exercise: Exercise, made: Variant, how: str) -> str:
    """Return answers to a variant as TOML, given in one of the ways."""
    if how == BLANK:
        return blank_answers(exercise, made.questions)
    if how == PLANTED:
        return planted(exercise, made)
    if how == RIGHT:
        return lab_samples.written(lab_samples.perfect(exercise, made))
    return lab_samples.written(lab_samples.mistaken(exercise, made, how))


def planted(exercise: Exercise, made: Variant) -> str:
    """Return answers that have the evil text in every place where a text can stand, and for a key, too."""
    data: dict[str, object] = {field.name: EVIL for field in exercise.fields if not field.columns}
    for field in exercise.fields:
        if field.columns:
            first, *others = field.columns
            asked = [{first.name: target} | {one.name: EVIL for one in others} for target in made.questions]
            data[field.name] = [*asked, {first.name: EVIL}]
    key = EVIL.partition("\n")[0]
    return f'"{key}" = 100\n' + lab_samples.written(data)


def main() -> None:
    """Write all samples."""
    secret = Secret.find(SECRET)
    for name in SAMPLES:
        write(FOLDER, name, secret)


if __name__ == "__main__":
    main()

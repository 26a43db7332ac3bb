"""A student's variant of an exercise: its trace and its key, made from the secret and never stored."""

from dataclasses import dataclass
from functools import cache, cached_property

from tracekit.lab import scenes
from tracekit.lab.exercise import Exercise
from tracekit.lab.scenes import Scene
from tracekit.lab.seeds import Secret
from tracekit.lab.traces import Trace
from tracekit.lab.truth import Request, Truth
from tracekit.lab.variants import questions
from tracekit.lab.variants.noise import Call, Silences, calls, mix
from tracekit.lab.variants.renaming import Pieces, other_task, rename, runs
from tracekit.lab.variants.trace import VariantTrace


@dataclass(frozen=True)
class Variant:
    """One student's variant of one exercise.

    Attributes:
        exercise: its name.
        key: what is so in it.
        trace: what there is to look at; None where a student was to make it and did not.
        ps: what ps showed of the server; empty where nobody looked.
        questions: what is asked about: for ``dispatch`` the targets.
        other_pid: of the traced process that has nothing to do with the server; 0 where there is none.
    """

    exercise: str
    key: Truth
    trace: Trace | None
    ps: str = ""
    questions: tuple[str, ...] = ()
    other_pid: int = 0


def variant(exercise: Exercise, secret: Secret, course: str, student: str) -> Variant:
    """Make a student's variant of an exercise in its offline form: the same each time, on any machine.

    Raises:
        UsageError: no scene fits the exercise.
    """
    chance = secret.chance(course, student, exercise.name)
    base = _base(chance.pick(fitting(exercise)))
    renaming = rename(base.scene.truth.tokens, base.there, chance)
    asked = questions.ask(base.ranked, exercise.questions, chance) if exercise.questions else ()
    old, noise = _noise()
    other = other_task(renaming, len(old), base.there, chance)
    mixed = mix(noise, old, other, base.silences, chance)
    return Variant(
        exercise=exercise.name,
        key=Truth.from_text(renaming.text(base.scene.truth_text)),
        trace=VariantTrace(base.pieces, renaming, mixed),
        ps=renaming.text(base.scene.ps),
        questions=tuple(renaming.text(target) for target in asked),
        other_pid=mixed.pid,
    )


def fitting(exercise: Exercise) -> list[str]:
    """Return the names of the scenes that an exercise may be about.

    Every exercise of a student draws by itself, so that most students meet more than one MPM. Where it is
    asked who took and who served a request, the scene has listeners: without, it is the easier exercise.
    And where all threads were traced, whoever sees no gap because of not looking would be right.
    """
    names = scenes.names(exercise.kind)
    return [
        name
        for name in names
        if not (exercise.questions and not _has_listeners(name)) and not _is_complete(name)
    ]


@dataclass(frozen=True)
class _Base:
    """A scene, and what every variant of it needs again.

    Attributes:
        scene: as recorded.
        there: the runs of letters and digits that no new token may be.
        pieces: its lines, cut at the tokens.
    """

    scene: Scene
    there: frozenset[str]
    pieces: Pieces

    @cached_property
    def silences(self) -> Silences:
        """The moments between its lines."""
        return Silences.of(self.scene.lines)

    @cached_property
    def ranked(self) -> list[list[Request]]:
        """The requests that can be asked about."""
        return questions.ranked(self.scene)


@cache
def _base(name: str) -> _Base:
    scene = scenes.load(name)
    tokens = [token for tokens in scene.truth.tokens.values() for token in tokens]
    there = runs((*scene.lines, *scenes.noise(), scene.truth_text, scene.ps))
    return _Base(scene, there, Pieces(scene.lines, tokens))


@cache
def _noise() -> tuple[str, list[Call]]:
    """Return the pid of the other process as recorded, and what it did."""
    return scenes.noise()[0].partition(" ")[0], calls(scenes.noise())


@cache
def _has_listeners(name: str) -> bool:
    processes = scenes.load(name).truth.processes
    return any(thread.role == "listener" for process in processes for thread in process.threads)


@cache
def _is_complete(name: str) -> bool:
    coverage = scenes.load(name).truth.coverage
    return coverage is not None and coverage.complete

"""Which folder of which exercise a command of a student's means."""

from pathlib import Path

from tracekit.lab.submissions.finding import MARK


def submission_of(folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Return a submission, and the exercise if a folder is that of one: none means all."""
    here = folder.resolve()
    if not (here / MARK).exists() and (here.parent / MARK).exists():
        return here.parent, (here.name,)
    return here, ()

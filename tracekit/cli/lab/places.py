"""Which folder of which exercise a command of a student's means."""

from pathlib import Path

from tracekit.lab.submissions import FILE


def submission_of(folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Return a submission, and the exercise if a folder is that of one: none means all."""
    here = folder.resolve()
    if not (here / FILE).exists() and (here.parent / FILE).exists():
        return here.parent, (here.name,)
    return here, ()

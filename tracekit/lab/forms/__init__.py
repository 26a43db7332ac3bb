"""The forms of a score: one module each, and all of them write the same numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tracekit.lab.forms import (
    check50,
    classroom,
    gradescope,
    junit,
    summary,
    table,
    text,
    vmchecker,
)
from tracekit.lab.forms.writing import write_atomically
from tracekit.lab.score import Score

__all__ = ["FORMS", "Form", "write_atomically"]


@dataclass(frozen=True)
class Form:
    """One form.

    Attributes:
        name: by which it is asked for.
        suffix: of its files; no two forms have the same.
        write: writes a score in it.
    """

    name: str
    suffix: str
    write: Callable[[Score], str]


FORMS: Final = {
    form.name: form
    for form in (
        Form("text", ".txt", text.write),
        Form("json", ".json", Score.to_json),
        Form("csv", ".csv", table.write),
        Form("junit", ".junit.xml", junit.write),
        Form("gradescope", ".gradescope.json", gradescope.write),
        Form("classroom", ".classroom.txt", classroom.write),
        Form("summary", ".summary.md", summary.write),
        Form("vmchecker", ".vmchecker.txt", vmchecker.write),
        Form("check50", ".check50.json", check50.write),
    )
}

"""Markdown for the summary of a CI job: a table of the checks.

Texts that are not ours are written in references, a character each, so that nothing in them is Markdown,
HTML, a link or the end of a cell (CommonMark, section 6.2 of version 0.31: a reference is never structure).
"""

import re
from typing import Final

from tracekit.lab.forms.words import remarks, whole, why
from tracekit.lab.score import Check, Score, shown

_PLAIN: Final = re.compile(r"[^A-Za-z0-9 ,]")


def write(score: Score) -> str:
    """Return a score as Markdown."""
    lines = [f"## Lab: {whole(score)}", ""]
    about = (("student", score.student), ("course", score.course), ("form", score.form))
    lines += [", ".join(f"{name} {inert(value)}" for name, value in about if value), ""]
    lines += [f"- {inert(remark)}" for remark in remarks(score)]
    lines += ["", "| exercise | check | outcome | points | why |", "|---|---|---|---:|---|"]
    lines += [_row(check) for check in score.judged]
    return "\n".join([*lines, "", f"**{whole(score)} points, {score.percent} %**"]) + "\n"


def _row(check: Check) -> str:
    points = f"{shown(check.points)} / {shown(check.of)}"
    cells = (inert(check.exercise), inert(check.title), check.outcome, points, inert(why(check)))
    return f"| {' | '.join(cells)} |"


def inert(text: str) -> str:
    """Return a text in which no character means anything to Markdown or HTML."""
    return _PLAIN.sub(lambda found: f"&#{ord(found[0])};", text)

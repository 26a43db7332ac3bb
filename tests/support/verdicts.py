"""What a comparison says of each call, and docs/calls.md (``python -m tests.support.verdicts``)."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.comparison import FAMILIES, STRACE, Pair, build, compare
from tracekit.syscalls import calls

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "calls.md"
REASONS: Final = ROOT / "tests" / "conformance" / "differences.tbl"

SAME: Final = "same"
DIFFERS: Final = "differs"
NOT_DECODED: Final = "not decoded"
UNNAMED: Final = "unknown to strace"

INTRODUCTION: Final = f"""\
# Calls beside strace

Every call of x86-64, with ordinary arguments and with wrong ones (nothing, unmapped, misaligned, at the end
of a page, far too much, descriptors below zero), made by one program (`fixtures/tracees/calls*.c`) under
strace {STRACE} and under `tracekit strace`. A call is *the same* when all of its lines are the same, to the
letter. `make calls` writes this page; a test holds it to what the two tracers print.
"""


@dataclass(frozen=True)
class Verdict:
    """What all the lines of one call say together."""

    call: str
    lines: int
    word: str


def verdict(call: str, pairs: Sequence[Pair]) -> Verdict:
    """Judge one call by its lines."""
    different = [pair for pair in pairs if not pair.same]
    if not different:
        word = SAME
    elif all(pair.unnamed for pair in different):
        word = UNNAMED
    else:
        word = NOT_DECODED if all(pair.raw for pair in pairs if not pair.same) else DIFFERS
    return Verdict(call, len(pairs), word)


def verdicts(pairs: Iterable[Pair]) -> list[Verdict]:
    """Judge every call of x86-64, in the order of their numbers; one that no program makes has no lines."""
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        found.setdefault(pair.call, []).append(pair)
    names = dict.fromkeys(call.name for _, call in sorted(calls("x86_64").items()))
    return [verdict(name, found.get(name, [])) for name in names]


def reasons(options: str = "") -> dict[str, str]:
    """Read why calls differ: those that always do, or those that do under these options alone."""
    rows = (line.split("|") for line in REASONS.read_text().splitlines() if line and not line.startswith("#"))
    return {call.strip(): why.strip() for call, under, why in rows if under.strip() == options}


def page(found: Sequence[Verdict], why: Mapping[str, str]) -> str:
    """The page, as Markdown."""
    sections = [INTRODUCTION, _counts(found)]
    different = [one for one in found if one.word in (DIFFERS, NOT_DECODED)]
    if different:
        rows = "\n".join(f"| {one.call} | {one.word} | {why[one.call]} |" for one in different)
        sections.append(f"## Not the same\n\n| call | | why |\n|---|---|---|\n{rows}\n")
    for word, title in ((SAME, "The same"), (UNNAMED, f"Unknown to strace {STRACE}")):
        names = [f"{one.call} {one.lines}" for one in found if one.word == word]
        sections.append(f"## {title}\n\nEach with how many lines were compared.\n\n{_wrapped(names)}\n")
    return "\n".join(sections)


def _counts(found: Sequence[Verdict]) -> str:
    words = {word: sum(one.word == word for one in found) for word in (SAME, DIFFERS, NOT_DECODED, UNNAMED)}
    rows = "\n".join(f"| {word} | {count} |" for word, count in words.items())
    return f"| verdict | calls |\n|---|---|\n{rows}\n| all | {len(found)} |\n"


def _wrapped(names: Sequence[str], width: int = 110) -> str:
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) + 2 > width:
            lines.append("")
        lines[-1] += f"{name}, "
    return "\n".join(line.rstrip() for line in lines).rstrip(",")


def main() -> None:
    """Write the page anew."""
    with tempfile.TemporaryDirectory() as folder:
        found = verdicts(compare(build(Path(folder)), Path(folder), [], FAMILIES, unnamed=True))
    PAGE.write_text(page(found, reasons()), encoding="utf-8")


if __name__ == "__main__":
    main()

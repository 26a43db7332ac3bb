"""Every call of x86-64, under strace 6.1 and under us: the same lines, to the letter and to the column.

What differs is listed in differences.tbl, with the reason; a call that is listed and does not
differ fails as one does that differs and is not listed.
"""

import os
from pathlib import Path
from typing import Final

import pytest

from tests.support.comparison import BRISK, FAMILIES, Pair, build, compare, need_this_strace
from tests.support.requirements import need_ptrace
from tests.support.verdicts import PAGE, SAME, page, reasons, verdicts

pytestmark = pytest.mark.conformance

AT_LEAST: Final = 200
"""How many calls have to be the same, whatever the list says."""

EVERY: Final = 1 if os.environ.get("TRACEKIT_ALL_FLAGS") else 2
"""Each of the options below with `make conformance-flags`, each second one otherwise."""

OPTIONS: Final = (
    "-v",
    "-y -x",
    "-yy",
    "-xx -s 4",
    "-X raw",
    "-X verbose -s 0",
    "-a 70 -i",
    "-n -e trace=%file,%desc -e verbose=!fstat,stat -e abbrev=none",
    "-e trace=/^get,%memory -e raw=brk,getcpu,getrandom -e signal=none",
    "-ff -e trace=!%file,%desc -e status=failed -e quiet=exit",
    "-ff -z -e decode-fds=path,socket -e read=none",
    "-P /dev/null -y",
    "-tt -T",
    "-r -a 50 -e trace=process,signal",
    "-ttt -ff -e trace=%desc",
)


@pytest.fixture(autouse=True)
def _comparable() -> None:
    need_ptrace()
    need_this_strace()


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("calls"))


def differing(pairs: list[Pair]) -> dict[str, list[Pair]]:
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        if not pair.same and not pair.unnamed:
            found.setdefault(pair.call, []).append(pair)
    return found


def test_every_call_reads_as_strace_has_it(program: Path, tmp_path: Path) -> None:
    pairs = compare(program, tmp_path, [], FAMILIES, unnamed=True)
    listed = reasons()
    found = verdicts(pairs)
    assert not [one.call for one in found if not one.lines], "calls that the program does not make"
    unexpected = {call: lines[0] for call, lines in differing(pairs).items() if call not in listed}
    assert not unexpected
    assert not set(listed) - set(differing(pairs)), "listed as different, and the same"
    assert sum(one.word == SAME for one in found) >= AT_LEAST
    assert all(pair.same for pair in pairs if pair.call not in {one.call for one in found}), (
        "signals and ends"
    )
    assert PAGE.read_text("utf-8") == page(found, listed), "out of date: make calls"


@pytest.mark.parametrize("options", OPTIONS[::EVERY])
def test_every_option_prints_what_strace_prints(options: str, program: Path, tmp_path: Path) -> None:
    pairs = compare(program, tmp_path, options.split(), BRISK)
    listed = reasons(options)
    always = reasons()
    found = differing(pairs)
    assert not {call: lines[0] for call, lines in found.items() if call not in listed and call not in always}
    assert not set(listed) - set(found), "listed as different under these options, and the same"

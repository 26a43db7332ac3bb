"""A few rounds of what ``make torture`` does two hundred times."""

from pathlib import Path

from tests.support.requirements import need_ptrace
from tests.torture.attachments import torture

ROUNDS = 2


def test_a_server_does_not_notice_that_it_is_traced_now_and_then(tmp_path: Path) -> None:
    need_ptrace()
    figures = torture(ROUNDS, tmp_path)
    assert figures.defects == []
    assert figures.rounds == ROUNDS
    assert figures.requests > 0
    assert figures.server["execs"] > 0
    assert figures.tasks > ROUNDS * 10

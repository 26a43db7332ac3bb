"""What a notebook shows of a trace, and the examples of the documentation."""

import doctest
from pathlib import Path

import pytest

from tracekit.events import String, read_trace

ROOT = Path(__file__).parents[2]
LOG = (
    '7 1700000000.000001 openat(AT_FDCWD, "<script>", O_RDONLY) = 3</a\\74b> <0.000001>\n'
    "\x1b]0;<script>\n"
    "7 1700000000.000002 pause( <unfinished ...>\n"
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "\x1b[1m<b>"
    path.write_text(LOG)
    return path


def test_the_examples_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    tried = doctest.testfile(str(ROOT / "docs" / "parse.md"), module_relative=False, optionflags=flags)
    assert tried.attempted >= 6
    assert tried.failed == 0


def test_a_trace_tells_what_was_read(log: Path) -> None:
    shown = repr(read_trace(log))
    for part in (
        "lines: 3 (pid, -ttt)",
        "events: 3",
        "calls: 2 (incomplete: 0, in progress: 1)",
        "unparsed: 1",
    ):
        assert part in shown
    assert shown.isprintable()


def test_a_notebook_shows_the_events_and_no_markup_of_theirs(log: Path) -> None:
    page = read_trace(log)._repr_html_()
    assert "openat" in page
    assert "lines could not be read" in page
    assert "<table" in page
    assert "<script" not in page
    assert "<b>" not in page


def test_a_long_trace_is_shown_by_its_ends(log: Path) -> None:
    log.write_text("".join(f"7 1700000000.{number:06} close({number}) = 0\n" for number in range(5_000)))
    page = read_trace(log)._repr_html_()
    assert page.count("<tr>") < 20
    assert "<td>0</td>" in page
    assert "<td>4999</td>" in page


def test_arguments_are_values(log: Path) -> None:
    values = read_trace(log).column("arguments")
    assert values[0][1] == String(b"<script>")
    assert values.dtype == object

"""The logs of both servers, as they grow."""

from pathlib import Path

import pytest

from tracekit.lab.live.journal import MOST_ROWS, Journal, Row

OURS = (
    "40001 100 103 105 200 1700000000000001 GET /a.html HTTP/1.1\n"
    "40001 100 104 105 404 1700000000000003 HEAD /b.html HTTP/1.1\n"
)
ACCESS = (
    "40001 100 AbC+/x - 200 1700000000000001 GET /a.html HTTP/1.1\n"
    "40002 200 zzz - 200 1700000000000002 GET /b.html HTTP/1.1\n"
)
ERROR = (
    "- 100 100 AH00489: Apache configured -- resuming normal operations\n"
    "AbC+/x 100 103 AH01626: authorization result of Require all granted: granted\n"
    "zzz 999 998 AH01626: another process's request may have the same id\n"
    "zzz 200 204 AH01626: authorization result of Require all granted: granted\n"
)


def read(folder: Path, *, apache: bool = False, access: str = "", error: str = "") -> tuple[Row, ...]:
    (folder / "access.log").write_text(access)
    (folder / "error.log").write_text(error)
    journal = Journal(folder, apache)
    assert journal.look() or not journal.rows
    return tuple(journal.rows)


def test_the_built_in_servers_log_has_it_all(tmp_path: Path) -> None:
    assert read(tmp_path, access=OURS) == (
        Row(40001, 1, 100, 103, 105, 200, 1700000000000001000, "GET", "/a.html"),
        Row(40001, 2, 100, 104, 105, 404, 1700000000000003000, "HEAD", "/b.html"),
    )


def test_apaches_two_logs_are_joined_by_process_and_id(tmp_path: Path) -> None:
    assert read(tmp_path, apache=True, access=ACCESS, error=ERROR) == (
        Row(40001, 1, 100, 103, None, 200, 1700000000000001000, "GET", "/a.html"),
        Row(40002, 1, 200, 204, None, 200, 1700000000000002000, "GET", "/b.html"),
    )


def test_a_request_whose_thread_is_in_no_log_has_none(tmp_path: Path) -> None:
    assert [row.tid for row in read(tmp_path, apache=True, access=ACCESS)] == [None, None]


def test_a_log_that_grows_is_read_on_from_the_last_whole_line(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    journal = Journal(tmp_path, False)
    assert not journal.look(), "there is no log yet"
    cut = len(OURS) - 20
    log.write_text(OURS[:cut])
    assert journal.look()
    assert not journal.look()
    log.write_text(OURS)
    assert journal.look()
    assert tuple(journal.rows) == read(tmp_path, access=OURS)


@pytest.mark.parametrize(
    "line",
    [
        "40001 100 103 105 408 1700000000000001 -\n",
        '40001 100 103 105 400 1700000000000001 A" HTTP/\n',
        "GET /a.html HTTP/1.1\n",
        "\n",
        f"40001 100 103 105 200 17 GET /{'a' * 2000} HTTP/1.1\n",
    ],
)
def test_what_is_no_request_for_any_page_is_left_out(tmp_path: Path, line: str) -> None:
    assert read(tmp_path, access=line) == ()


def test_of_very_many_the_last_are_kept(tmp_path: Path) -> None:
    rows = [f"{40000 + number} 1 2 3 200 17 GET /x HTTP/1.1\n" for number in range(MOST_ROWS + 7)]
    assert [row.port for row in read(tmp_path, access="".join(rows))] == [40007 + n for n in range(MOST_ROWS)]

"""Answers as text, JSON and CSV."""

import csv
import io
import json
from typing import Any

import pytest

from tests.support.traces import recorded
from tracekit.analyzers.catalogue import ANALYZERS
from tracekit.errors import UsageError
from tracekit.report.render import render

HOSTILE = "=cmd|' /C calc'!A0\x1b]0;x\x07\n\u202e"
TRACE = {
    "files": ["a.strace"],
    "lines": 3,
    "calls": 2,
    "unparsed": 1,
    "incomplete": 0,
    "warnings": ["\x1b[2J"],
}


def hostile() -> dict[str, Any]:
    """Return an answer in which a client had the say wherever it can."""
    request = {
        "id": 1,
        "client": "127.0.0.1:1",
        "method": "GET",
        "target": HOSTILE,
        "target_complete": True,
        "host": "\x1b[1m",
        "status": 200,
        "bytes": 3,
        "pid": 1,
        "accept_tid": 1,
        "serve_tid": 2,
        "close_tid": 3,
        "connection": 1,
        "nth_on_connection": 1,
        "queue_ns": 1_500_000,
        "service_ns": None,
        "files": [HOSTILE],
        "evidence": [{"file": "a.strace", "line": 1, "tid": 2, "text": f'read(5, "Cookie: a=b{HOSTILE}")'}],
    }
    return {"schema": "tracekit.dispatch/1", "requests": [request], "trace": TRACE}


@pytest.mark.parametrize("width", [None, 60, 200])
@pytest.mark.parametrize("color", [False, True])
def test_no_escape_of_a_client_reaches_a_terminal(width: int | None, color: bool) -> None:
    text = render(hostile(), "text", width=width, color=color)
    for ours in ("\x1b[1m", "\x1b[2m", "\x1b[0m", "\n"):
        text = text.replace(ours, "")
    assert text.isprintable()
    assert "\\x1b[2J" in text


def test_json_is_ascii_and_says_the_same() -> None:
    text = render({**hostile(), "extra": "\x7f"}, "json")
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert json.loads(text)["requests"][0]["target"] == HOSTILE
    assert json.loads(text)["extra"] == "\x7f"


def test_csv_cells_are_no_formulas() -> None:
    rows = list(csv.reader(io.StringIO(render(hostile(), "csv"))))
    assert len(rows) == 2
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert dict(zip(*rows, strict=True))["evidence"] == "a.strace:1"
    assert dict(zip(*rows, strict=True))["queue_ns"] == "1500000"


def test_csv_of_an_answer_without_records_still_says_the_verdict() -> None:
    answer = {
        "schema": "tracekit.docroot/1",
        "verdict": "undetermined",
        "reason": "none",
        "docroots": [],
        "trace": {},
    }
    assert list(csv.reader(io.StringIO(render(answer, "csv")))) == [
        ["verdict", "reason"],
        ["undetermined", "none"],
    ]


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_secrets_are_shown_only_when_asked_for(form: str) -> None:
    answer = {"schema": "tracekit.other/1", "found": [{"text": "Cookie: a=b"}], "trace": TRACE}
    assert "a=b" not in render(answer, form)
    assert "a=b" in render(answer, form, reveal=True)


def test_there_is_no_other_format() -> None:
    with pytest.raises(UsageError, match="yaml"):
        render(hostile(), "yaml")


@pytest.mark.parametrize("name", sorted(ANALYZERS))
@pytest.mark.parametrize("width", [72, 100, 160])
def test_a_terminal_is_not_overrun_and_nothing_important_is_cut(name: str, width: int) -> None:
    answer = ANALYZERS[name]().answer(recorded("apache-event")).to_json()
    lines = render(answer, "text", width=width).splitlines()
    assert max(map(len, lines)) <= width
    if name == "dispatch":
        for request in answer["requests"]:
            needed = [str(request[key]) for key in ("id", "pid", "accept_tid", "serve_tid")]
            assert any(line.split()[:1] + line.split()[-3:] == needed for line in lines) or width > 72


def documents_and_others() -> dict[str, Any]:
    """Return an answer with one claim, its evidence, and an unknown host."""
    proofs = [
        {
            "file": "a.strace",
            "line": 7,
            "tid": 12,
            "text": 'openat(AT_FDCWD, "/srv/a", O_RDONLY) = 3' + "x" * 90,
        }
    ]
    root = {"path": "/srv", "host": None, "listen": "*:80", "requests": 2, "confidence": 0.9}
    return {
        "schema": "tracekit.docroot/1",
        "verdict": "found",
        "reason": "paths agree",
        "docroots": [{**root, "reason": "two targets", "evidence": proofs}],
        "trace": TRACE,
    }


def test_evidence_names_the_line_and_the_file_only_where_there_are_several() -> None:
    answer = documents_and_others()
    assert "\n/srv: two targets\n  line 7 [12] openat(" in render(answer, "text")
    answer["trace"] = {**TRACE, "files": ["a.strace", "b.strace"]}
    assert "\n/srv: two targets\n  a.strace:7 [12] openat(" in render(answer, "text")


def test_evidence_is_cut_on_a_terminal_alone() -> None:
    answer = documents_and_others()
    assert "x" * 90 + "\n" in render(answer, "text")
    (line,) = [line for line in render(answer, "text", width=60).splitlines() if "openat" in line]
    assert len(line) == 60
    assert line.endswith("...")


def test_what_is_not_known_is_a_dash() -> None:
    row = next(line for line in render(documents_and_others(), "text").splitlines() if "*:80" in line)
    assert row.split() == ["/srv", "-", "*:80", "2", "0.9"]


def test_what_is_known_is_said_in_words() -> None:
    answer = {"schema": "tracekit.other/1", "verdict": "found", "limit_reached": None, "is_full": False}
    assert render(answer, "text").startswith("verdict: found\nlimit reached: -\nis full: no\n")


def gap(what: str, evidence: list[dict[str, Any]]) -> dict[str, Any]:
    return {"kind": "tasks", "loss": "missing", "what": what, "hint": "-f", "evidence": evidence}


def coverage(*, untraced: list[int], unknown: bool) -> str:
    """Return what text says of a trace in which some tasks are missing."""
    proof = {"file": "a.strace", "line": 7, "tid": 12, "text": "clone() = 13"}
    answer = {
        "schema": "tracekit.coverage/1",
        "verdict": "partial",
        "traced_tids": [12],
        "untraced_tids": untraced,
        "untraced_unknown": unknown,
        "gaps": [gap("a child has no line", [proof]), gap("others woke it", [])],
        "trace": TRACE,
    }
    return render(answer, "text")


@pytest.mark.parametrize(
    ("untraced", "unknown", "said"),
    [
        ([], False, "1 traced: 12\n"),
        ([], True, "1 traced: 12\nsome not traced, whose ids the trace does not tell\n"),
        ([13, 14], False, "1 traced: 12\n2 not traced: 13 14\n"),
        ([13], True, "1 not traced: 13\nmore not traced, whose ids the trace does not tell\n"),
    ],
)
def test_coverage_lists_the_tasks_that_are_missing(untraced: list[int], unknown: bool, said: str) -> None:
    text = coverage(untraced=untraced, unknown=unknown)
    assert said + "\ntrace:" in text
    assert "unknown" not in text


def test_a_gap_stands_over_its_evidence_and_nowhere_without_any() -> None:
    lines = coverage(untraced=[], unknown=False).splitlines()
    assert lines[lines.index("tasks: a child has no line") + 1] == "  line 7 [12] clone() = 13"
    assert "tasks: others woke it" not in lines


def test_documents_stand_before_libraries() -> None:
    files = [{"path": f"/{kind}", "kind": kind} for kind in ("library", "new-kind", "log", "document")]
    text = render({"schema": "tracekit.files/1", "files": files, "trace": TRACE}, "text")
    places = [text.index(f"/{kind}") for kind in ("document", "log", "library", "new-kind")]
    assert places == sorted(places)


@pytest.mark.parametrize(("logs", "place"), [(["a.strace"], "7"), (["a.strace", "b"], "b:7")])
def test_a_file_has_who_opened_it_for_whom_and_where(logs: list[str], place: str) -> None:
    proof = {"file": "b", "line": 7, "tid": 12, "text": "open() = -1 ENOENT"}
    file = {"path": "/a", "errors": ["EACCES", "ENOENT"], "pids": [12], "requests": [1, 2, 4, 5]}
    answer = {
        "schema": "tracekit.files/1",
        "files": [{**file, "evidence": [proof]}],
        "trace": {"files": logs},
    }
    row = render(answer, "text").splitlines()[2].split()
    assert row[0] == "/a"
    assert [one for one in row[1:] if one != "-"] == ["EACCES", "ENOENT", "1", "2", "4", "+1", "12", place]


def test_no_files_are_said_to_be_none() -> None:
    text = render({"schema": "tracekit.files/1", "files": [], "trace": TRACE}, "text")
    assert text.startswith("The trace shows no file that was opened.\n\ntrace: a.strace")


def test_the_account_of_the_trace_can_be_left_out() -> None:
    assert "trace: a.strace, 3 lines" in render(documents_and_others(), "text")
    assert "trace:" not in render(documents_and_others(), "text", account=False)


def test_a_pipe_gets_every_record_on_one_line() -> None:
    answer = ANALYZERS["dispatch"]().answer(recorded("apache-event")).to_json()
    lines = render(answer, "text").splitlines()
    heading = next(line for line in lines if "  serve  " in line)
    records = lines[lines.index(heading) + 1 :][: len(answer["requests"])]
    for record, line in zip(answer["requests"], records, strict=True):
        assert (record["target"] or "") in line
        assert str(record["serve_tid"]) in line
        assert all(path in line for path in record["files"])


def test_a_narrow_terminal_keeps_who_served_and_how_it_came_to_that() -> None:
    answer = ANALYZERS["dispatch"]().answer(recorded("servers/apache-event")).to_json()
    text = render(answer, "text", width=80)
    heading = next(line for line in text.splitlines() if "target" in line)
    assert {"accept", "serve", "close", "handover"} <= set(heading.split())
    assert ["futex-wake", "30"] in map(str.split, text.splitlines())


def test_a_terminal_gets_the_first_records_and_is_told_of_the_rest() -> None:
    answer = hostile()
    answer["requests"] *= 150
    assert "50 more" in render(answer, "text", width=200)
    assert "more" not in render(answer, "text")


def test_an_answer_that_has_no_view_is_shown_with_all_its_columns() -> None:
    answer = {
        "schema": "tracekit.other/1",
        "verdict": "found",
        "processes": [{"pid": 1, "role": "parent", "threads": [{"tid": 1, "role": "main"}]}],
        "trace": TRACE,
    }
    text = render(answer, "text")
    assert "verdict: found" in text
    assert "tid=1,role=main" in text
    assert "1 unreadable lines" in text


def test_its_lists_of_plain_values_are_shown_too() -> None:
    answer = {
        "schema": "tracekit.other/1",
        "names": ["a", "b"],
        "found": [{"n": 1}],
        "by": {"x": 2},
        "no": [],
    }
    assert render(answer, "text").startswith("names: a b\nby: x=2\n\nFound\nn\n1\n")
    assert list(csv.reader(io.StringIO(render(answer, "csv")))) == [
        ["names", "by", "n"],
        ["a; b", "x=2", "1"],
    ]

"""A server whose tasks were each traced into a file of its own (-ff), with and without times."""

import gzip
import re
from pathlib import Path

import pytest

from tests.support.traces import RECORDED, truth
from tracekit.analyzers.dispatch import Dispatch
from tracekit.analyzers.docroot import Docroot
from tracekit.events import Trace, read_trace

NAME = "apache-event-ff"
DURATION = re.compile(r" <\d+\.\d+>$", re.MULTILINE)
TIME = re.compile(r"^\d+\.\d+ ", re.MULTILINE)
FRACTION = re.compile(r"^(\d+)\.\d+ ", re.MULTILINE)
ANNOTATION = re.compile(r"(?<=\d)<(?:TCP|UNIX|pipe|anon|/)[^\n]*?>(?=[,) \n])")


def without(folder: Path, *parts: re.Pattern[str]) -> Trace:
    """Return the recorded trace as strace would have written it with fewer options."""
    for packed in (RECORDED / NAME).glob("*.gz"):
        text = gzip.decompress(packed.read_bytes()).decode()
        for part in parts:
            text = part.sub(r"\1 " if part.groups else "", text)
        (folder / packed.name.removesuffix(".gz")).write_text(text)
    return read_trace(folder)


@pytest.mark.parametrize("parts", [(DURATION,), (DURATION, ANNOTATION)], ids=["-yy", "plain"])
def test_without_durations_every_request_is_with_its_thread(
    tmp_path: Path, parts: tuple[re.Pattern[str], ...]
) -> None:
    answer = Dispatch().answer(without(tmp_path, *parts))
    served = {(r.client, r.nth_on_connection): (r.pid, r.serve_tid, r.status) for r in answer.requests}
    logged = {(r["client"], r["nth"]): (r["pid"], r["tid"], r["status"]) for r in truth(NAME)["requests"]}
    assert served.keys() == logged.keys()
    known = {key for key, (_, tid, _) in logged.items() if tid}
    assert {key: served[key] for key in known} == {key: logged[key] for key in known}
    assert {(r.queue_ns, r.service_ns) for r in answer.requests} == {(None, None)}


@pytest.mark.parametrize("part", [TIME, FRACTION], ids=["no times", "whole seconds"])
def test_without_an_order_nothing_is_said_of_threads(tmp_path: Path, part: re.Pattern[str]) -> None:
    trace = without(tmp_path, DURATION, part)
    assert not trace.ordered
    assert any("no times" in warning for warning in trace.warnings)
    answer = Dispatch().answer(trace)
    assert (answer.verdict, answer.requests, answer.determined) == ("undetermined", (), False)
    assert "-ttt" in answer.reason
    found = {root.path for root in Docroot().answer(trace).docroots}
    assert found == {root["path"] for root in truth(NAME)["docroots"]}


def test_a_process_of_one_task_needs_no_order(tmp_path: Path) -> None:
    for pid in (12, 13):
        (tmp_path / f"out.{pid}").write_text(
            f"getpid() = {pid}\n"
            f"accept4(3, {{sa_family=AF_INET, sin_port=htons({pid}), "
            'sin_addr=inet_addr("127.0.0.1")}, [16], 0) = 5\n'
            'read(5, "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n", 99) = 27\n'
            'write(5, "HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n", 38) = 38\n'
        )
    trace = read_trace(tmp_path / "out")
    answer = Dispatch().answer(trace)
    assert not trace.ordered
    assert [(r.client, r.serve_tid, r.status) for r in answer.requests] == [
        ("127.0.0.1:12", 12, 200),
        ("127.0.0.1:13", 13, 200),
    ]

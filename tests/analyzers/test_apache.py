"""Recorded traces of apache2 against what apache2's own logs and configuration say."""

from collections import Counter
from typing import Any

import pytest

from tests.support.traces import recorded, truth
from tracekit.analyzers.dispatch import Dispatch
from tracekit.analyzers.docroot import Docroot
from tracekit.analyzers.files import Files

TRACES = [
    "apache-event",
    "apache-event-plain",
    "apache-event-ff",
    "apache-prefork",
    "apache-prefork-plain",
    "apache-worker",
    "apache-worker-plain",
]
CUT = {"apache-event-plain", "apache-event-ff", "apache-prefork", "apache-worker-plain"}
"""Recorded with strace's default of 32 bytes a string."""


def key(request: dict[str, Any]) -> tuple[str, int]:
    return request["client"], request.get("nth_on_connection") or request["nth"]


@pytest.fixture(scope="module", params=TRACES)
def name(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture(scope="module")
def answered(name: str) -> dict[tuple[str, int], dict[str, Any]]:
    requests = Dispatch().answer(recorded(name)).to_json()["requests"]
    assert Counter(map(key, requests)).most_common(1)[0][1] == 1
    return {key(request): request for request in requests}


@pytest.fixture(scope="module")
def logged(name: str) -> dict[tuple[str, int], dict[str, Any]]:
    return {key(request): request for request in truth(name)["requests"]}


Requests = dict[tuple[str, int], dict[str, Any]]


def test_every_logged_request_is_there_once_and_no_other(answered: Requests, logged: Requests) -> None:
    assert answered.keys() == logged.keys()


def test_process_status_and_bytes(answered: Requests, logged: Requests) -> None:
    shown = {k: (r["pid"], r["status"], r["bytes"]) for k, r in answered.items()}
    assert shown == {k: (r["pid"], r["status"], r["sent"]) for k, r in logged.items()}


def test_the_serving_thread(answered: Requests, logged: Requests) -> None:
    known = {k: r["tid"] for k, r in logged.items() if r["tid"] is not None}
    assert len(known) >= len(logged) - 1
    assert {k: answered[k]["serve_tid"] for k in known} == known


def test_the_acceptor_is_not_taken_for_the_server(name: str, answered: Requests) -> None:
    accepted_by_the_server = [r["accept_tid"] == r["serve_tid"] for r in answered.values()]
    assert all(accepted_by_the_server) if "prefork" in name else not any(accepted_by_the_server)
    assert all(r["close_tid"] for r in answered.values())


def test_targets_and_hosts(name: str, answered: Requests, logged: Requests) -> None:
    for k, request in answered.items():
        words = logged[k]["request"].split(" ")
        if len(words) == 1:
            assert (request["method"], request["target"]) == (None, None)
        elif request["target_complete"]:
            assert [request["method"], request["target"]] == words[:2]
        else:
            assert name in CUT
            assert words[1].startswith(request["target"] or "")
        if request["host_known"]:
            assert request["host"] == logged[k]["host"]
        else:
            assert name in CUT


def test_document_roots_and_aliases(name: str) -> None:
    answer = Docroot().answer(recorded(name))
    real = truth(name)
    assert {root.path for root in answer.docroots} == {root["path"] for root in real["docroots"]}
    assert {(alias.url, alias.path) for alias in answer.aliases} == {
        (alias["url"], alias["path"]) for alias in real["aliases"]
    }
    hosts = {root.host: root.path for root in answer.docroots}
    expected = {root["host"]: root["path"] for root in real["docroots"]}
    assert hosts == expected if name not in CUT else hosts["localhost"] == expected["localhost"]
    assert not answer.undetermined


def test_documents_are_those_that_were_served(name: str) -> None:
    files = Files().answer(recorded(name)).files
    documents = {file.path: file.opens for file in files if file.kind == "document"}
    real = truth(name)
    served = Counter(
        path
        for request in real["requests"]
        if request["status"] in (200, 206) and (path := _path(request, real))
    )
    assert documents == served
    assert {file.path: file.kind for file in files if file.path.endswith((".htaccess", "localtime"))} == {
        file.path: "configuration" for file in files if file.path.endswith((".htaccess", "localtime"))
    }


NAMES = {
    "/caf%C3%A9.txt": "/café.txt",
    "/a%20rather%20long%20name%20of%20a%20file,%20to%20be%20cut.html": (
        "/a rather long name of a file, to be cut.html"
    ),
    "/": "/index.html",
    "/sub/": "/sub/index.html",
}
FOLDERS = ("/open/",)
"""Targets that are answered with a list of what is in a folder: that is no document."""


def _path(request: dict[str, Any], real: dict[str, Any]) -> str | None:
    target = request["request"].split(" ")[1].partition("?")[0]
    if target in ("/server-status", "*", *FOLDERS):
        return None
    for alias in real["aliases"]:
        if target.startswith(alias["url"]):
            return str(alias["path"] + target.removeprefix(alias["url"]))
    roots = {root["host"]: root["path"] for root in real["docroots"]}
    host = (request["host"] or "localhost").partition(":")[0]
    return str(roots[host] + NAMES.get(target, target))

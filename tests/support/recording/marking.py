"""Holding the answers about a recorded trace against its truth: right, undetermined or wrong.

A wrong answer counts worse than none, so the two are told apart everywhere.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from tests.support.recording.tracing import LAUNCHED
from tracekit.analyzers.catalogue import ANALYZERS
from tracekit.events import Trace

RIGHT: Final = "right"
UNDETERMINED: Final = "undetermined"
WRONG: Final = "wrong"

Truth = Mapping[str, Any]
Found = Mapping[str, Any]


class Mark(NamedTuple):
    """What one answer is worth, and why."""

    word: str
    detail: str


def mark_docroot(truth: Truth, found: Found) -> Mark:
    """Every root that is named is the configuration's, with its host; none that was used is missing."""
    expected = {(one["host"], one["path"]) for one in truth["docroots"]}
    paths = {path for _, path in expected}
    named = {(_name(one["host"]), one["path"]) for one in found["docroots"]}
    hosts = {host for host, _ in expected if host}
    wrong = {
        (host, path)
        for host, path in named
        if path not in paths or (host in hosts and (host, path) not in expected)
    }
    if wrong:
        return Mark(WRONG, f"named {sorted(map(str, wrong))}, configured {sorted(map(str, expected))}")
    if invented := [one for one in found["aliases"] if not _configured(one, truth)]:
        return Mark(WRONG, f"aliases that are none: {[(one['url'], one['path']) for one in invented]}")
    used = {one["file"] for one in requests(truth) if one["file"]}
    missing = {path for path in paths if any(file.startswith(path + "/") for file in used)} - {
        path for _, path in named
    }
    if missing or not named:
        return Mark(UNDETERMINED, f"missing {sorted(missing)}: {found['reason']}; {_open(found)}")
    return Mark(RIGHT, ", ".join(sorted(path for _, path in named)))


def _configured(alias: Found, truth: Truth) -> bool:
    """Whether an alias is one of the configuration's, or a folder in one."""
    return any(
        alias["path"] == one["path"] + alias["url"].removeprefix(one["url"])
        and alias["url"].startswith(one["url"])
        for one in truth["aliases"]
    )


def mark_mpm(truth: Truth, found: Found) -> Mark:
    """The model is the configured one."""
    word = {truth["mpm"]: RIGHT, "undetermined": UNDETERMINED}.get(found["mpm"], WRONG)
    return Mark(word, f"{found['mpm']} (is {truth['mpm']}): {found['reason']}")


def mark_dispatch(truth: Truth, found: Found) -> Mark:
    """F1 of (request, serving thread), then the threads that accepted, the processes and the statuses.

    What is no request line is left alone, and so is a request that the server does not say who served.
    Where the trace does not show the client, requests are compared by thread and status alone.
    """
    rows = [row for row in found["requests"] if row["method"]]
    expected = {_key(one): one for one in requests(truth) if one["tid"] is not None}
    if not rows:
        word = RIGHT if truth["requests"] and not expected else UNDETERMINED
        return Mark(word, f"no request; {len(expected)} were made: {found['reason']}")
    unjudged = {_key(one) for one in truth["requests"]} - expected.keys()
    named = [row for row in rows if row["client"] is not None and _key(row) not in unjudged]
    hits = sum(_key(row) in expected and expected[_key(row)]["tid"] == row["serve_tid"] for row in named)
    shown = {_key(row) for row in named}
    unnamed = [row for row in rows if row["client"] is None]
    keys = ("serve_tid", "status") if all(row["status"] for row in unnamed) else ("serve_tid",)
    nameless = Counter(tuple(row[key] for key in keys) for row in unnamed)
    left = [{**one, "serve_tid": one["tid"]} for key, one in expected.items() if key not in shown]
    rest = Counter(tuple(one[key] for key in keys) for one in left)
    matched = (rest & nameless).total()
    extra = max(0, nameless.total() - matched - len(unjudged))
    said = sum(row["serve_tid"] is not None for row in named) + matched + extra
    complaints = [text for row in named if (text := _complaint(row, expected.get(_key(row))))]
    complaints += [f"{extra} requests of no such thread and status"] if extra else []
    return _mark_score(hits + matched, said, len(expected), complaints)


def _mark_score(hits: int, said: int, wanted: int, complaints: list[str]) -> Mark:
    f1 = 2 * hits / (said + wanted) if said + wanted else 1.0
    detail = f"F1 {f1:.3f}: {hits} of {said} said, {wanted} made; {'; '.join(complaints[:3])}"
    if f1 >= 0.98 and not complaints:
        return Mark(RIGHT, detail)
    if hits == said and not complaints:
        return Mark(UNDETERMINED, detail)
    return Mark(WRONG, detail)


def _complaint(row: Found, one: Found | None) -> str:
    """Return what is said of a request and is not so; what is not said is no error."""
    if one is None:
        return f"no such request: {row['client']} #{row['nth_on_connection']} {row['method']} {row['target']}"
    pairs = {
        "serve_tid": (row["serve_tid"], one["tid"]),
        "accept_tid": (row["accept_tid"], one["accept_tid"]),
        "pid": (row["pid"], one["pid"]),
        "status": (row["status"], one["status"]),
    }
    wrong = [
        f"{name} {said} is {is_}"
        for name, (said, is_) in pairs.items()
        if None not in (said, is_) and said != is_
    ]
    return f"{row['client']} #{row['nth_on_connection']}: {', '.join(wrong)}" if wrong else ""


def mark_files(truth: Truth, found: Found) -> Mark:
    """Each file that answered a request is there, and no other is called a document of the sites."""
    expected = {one["file"] for one in requests(truth) if one["file"]}
    documents = {one["path"] for one in found["files"] if one["kind"] == "document"}
    served = {one["file"] for one in truth["requests"] if one["file"]}
    roots = tuple(one["path"] + "/" for one in truth["docroots"])
    if wrong := {path for path in documents - served if not path.startswith(roots)}:
        return Mark(WRONG, f"documents that were not served: {sorted(wrong)}")
    if missing := expected - documents:
        return Mark(UNDETERMINED, f"not called documents: {sorted(missing)}")
    return Mark(RIGHT, f"{len(expected)} documents")


def mark_crashes(truth: Truth, found: Found) -> Mark:
    """The culprit, the victims, the survivors and the replacement of every crash that was caused."""
    caused, told = truth.get("crashes", []), found["crashes"]
    if len(caused) != len(told):
        word = UNDETERMINED if len(told) < len(caused) else WRONG
        return Mark(word, f"{len(told)} told, {len(caused)} caused")
    wrong = [
        f"{name} {said} is {is_}"
        for one, row in zip(caused, told, strict=True)
        for name in ("signal", "culprit_tid", "pid", "victims", "replacement_pid")
        if (said := _sorted(row[name])) != (is_ := _sorted(one[name]))
    ]
    return Mark(WRONG if wrong else RIGHT, "; ".join(wrong) or f"{len(caused)} crashes")


def mark_coverage(truth: Truth, found: Found) -> Mark:
    """A log of all tasks is not called partial for its tasks, nor one of some of them complete.

    What was attached to does not say whether there was more: "unknown" is a right answer then.
    """
    detail = f"{found['verdict']}: {found['reason']}"
    if truth["traced"] is not None or (truth["how"] == "unprivileged" and "apache" in truth["server"]):
        return Mark(WRONG if found["verdict"] == "complete" else RIGHT, detail)
    everyone = {tid for one in truth["processes"] for tid in one["tids"]}
    if missing := set(found["untraced_tids"]) & everyone:
        return Mark(WRONG, f"not traced: {sorted(missing)}, but all were; {detail}")
    launched = truth["how"] in LAUNCHED and "trace=" not in truth["strace"]
    return Mark(UNDETERMINED if launched and found["verdict"] != "complete" else RIGHT, detail)


def mark_tasks(truth: Truth, found: Found) -> Mark:
    """Each thread belongs to the process that proc(5) says; one that stands alone may not be known."""
    owner = {tid: one["pid"] for one in truth["processes"] for tid in one["tids"]}
    parent = {one["pid"]: one["ppid"] for one in truth["processes"] if one["ppid"]}
    wrong = [
        f"thread {thread['tid']} of {process['pid']} is of {owner[thread['tid']]}"
        for process in found["processes"]
        if process["pid_known"] or len(process["threads"]) > 1
        for thread in process["threads"]
        if process["pid"] is not None and owner.get(thread["tid"], process["pid"]) != process["pid"]
    ]
    wrong += [
        f"parent of {one['pid']} {one['ppid']} is {parent[one['pid']]}"
        for one in found["processes"]
        if one["ppid"] is not None and parent.get(one["pid"], one["ppid"]) != one["ppid"]
    ]
    return Mark(WRONG if wrong else RIGHT, "; ".join(wrong[:4]) or f"{len(found['processes'])} processes")


MARKS: Final[Mapping[str, Callable[[Truth, Found], Mark]]] = {
    "docroot": mark_docroot,
    "files": mark_files,
    "dispatch": mark_dispatch,
    "mpm": mark_mpm,
    "tasks": mark_tasks,
    "crashes": mark_crashes,
    "coverage": mark_coverage,
}


def unexpected(truth: Truth, trace: Trace, cannot: Mapping[str, str]) -> dict[str, Mark]:
    """Return the marks of all answers about a trace that are not as they have to be.

    Args:
        truth: what was recorded beside the trace.
        trace: the trace.
        cannot: the questions that the trace cannot answer, and what their reasons have to match.
    """
    marks = {
        question: mark(truth, ANALYZERS[question]().answer(trace).to_json())
        for question, mark in MARKS.items()
        if question in ANALYZERS
    }
    return {question: mark for question, mark in marks.items() if not is_good(mark, cannot.get(question))}


def is_good(mark: Mark, reason: str | None) -> bool:
    """Whether an answer is right; where there need be none, whether it says why there is none."""
    if mark.word == UNDETERMINED and reason is not None:
        return re.search(reason, mark.detail) is not None
    return mark.word == RIGHT


def requests(truth: Truth) -> list[dict[str, Any]]:
    """Return the requests that the trace can show: all, or those that what was attached to served."""
    traced = truth["traced"]
    whole = {
        tid
        for one in truth["processes"]
        if traced and one["pid"] in traced and "-f" in truth["strace"]
        for tid in one["tids"]
    }
    return [one for one in truth["requests"] if traced is None or one["tid"] in {*traced, *whole}]


def _key(row: Found) -> tuple[str | None, int]:
    return row["client"], row.get("nth_on_connection") or row["nth"]


def _name(host: str | None) -> str | None:
    return host.partition(":")[0] if host else None


def _open(found: Found) -> str:
    return "; ".join(f"{one['host']}: {one['reason']}" for one in found["undetermined"])


def _sorted(value: Any) -> Any:
    return sorted(value) if isinstance(value, (list, tuple)) else value

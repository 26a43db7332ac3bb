"""Answers of known worth to a variant: the right ones, and those of somebody who makes a certain mistake.

The right ones are taken from the key, and the lines that show them found in the text of the trace with
expressions of their own: nothing here asks the checks, or what they stand on.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from tracekit.lab.exercise import Exercise
from tracekit.lab.truth import Process, Request, Truth
from tracekit.lab.variants import Variant

Data = dict[str, Any]


def perfect(exercise: Exercise, variant: Variant) -> Data:
    """Return the right answers, as plain data."""
    return RIGHT[exercise.name](variant)


def mistaken(exercise: Exercise, variant: Variant, mistake: str) -> Data:
    """Return the answers of somebody who makes one of the exercise's mistakes."""
    return WRONG[exercise.name, mistake](variant, perfect(exercise, variant))


def written(data: Mapping[str, Any]) -> str:
    """Return answers as TOML; a list of tables becomes an array of tables, behind all else."""
    plain, tables = [], []
    for name, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for row in value:
                tables += ["", f"[[{name}]]", *(f"{key} = {json.dumps(one)}" for key, one in row.items())]
        else:
            plain.append(f"{name} = {json.dumps(value)}")
    return "\n".join([*plain, *tables]) + "\n"


def find(variant: Variant, *expressions: str, after: int = 0) -> Iterator[int]:
    """Yield the numbers of the lines in which each expression is found."""
    assert variant.trace is not None
    wanted = [re.compile(expression) for expression in expressions]
    for number, line in enumerate(variant.trace.lines(), start=1):
        if number > after and all(expression.search(line) for expression in wanted):
            yield number


def first(variant: Variant, *expressions: str, after: int = 0) -> int:
    """Return the number of the first such line."""
    return next(find(variant, *expressions, after=after))


def main(key: Truth) -> int:
    """Return the pid of the main process."""
    return key.workers()[0].ppid


def listener(process: Process, key: Truth) -> int:
    """Return the thread of a worker process that accepts."""
    if key.mpm == "prefork":
        return process.pid
    return next(thread.tid for thread in process.threads if thread.role == "listener")


def every_id(key: Truth) -> list[int]:
    """Return the ids of all processes and threads."""
    return sorted({thread.tid for process in key.processes for thread in process.threads})


def connection(request: Request) -> str:
    """Return an expression for the connection of a request, as strace -yy prints it."""
    return rf"->{re.escape(request.client)}\]"


def below_root(key: Truth) -> list[Request]:
    """Return the requests that were answered with a file of the document root."""
    return [
        request
        for request in key.requests
        if request.status == 200 and request.file and request.file.startswith(key.docroot + "/")
    ]


def opened(variant: Variant, request: Request) -> int:
    """Return the line in which the file of a request is opened."""
    return first(variant, rf"^{request.tid}\b.* open(at)?\(.*\"{re.escape(str(request.file))}\"")


def taken(variant: Variant, request: Request) -> int:
    """Return the line in which the connection of a request is accepted."""
    return first(variant, r"\baccept4?\b.* = \d+<", connection(request))


def read(variant: Variant, request: Request) -> int:
    """Return the line in which a request is read."""
    asked = re.escape(json.dumps(f"{request.method} {request.target} HTTP/1.")[:-1])
    return first(variant, rf"^{request.tid}\b", rf"\b(read|recvfrom)\b.*{asked}")


def tree(variant: Variant) -> Data:
    """Return the right answers to the exercise on processes and threads."""
    key = variant.key
    acceptors = sorted({listener(key.process(one.pid), key) for one in key.requests})  # type: ignore[arg-type]
    settled = [one for one in key.workers()[0].threads if one.role != "starter"]
    return {
        "main": main(key),
        "workers": [process.pid for process in key.workers()],
        "threads": len(settled),
        "acceptors": acceptors,
        "evidence": [first(variant, rf"^{tid}\b", r"\baccept4?\b.* = \d+<") for tid in acceptors],
    }


def docroot(variant: Variant) -> Data:
    """Return the right answers to the exercise on the document root."""
    requests = below_root(variant.key)
    two = [requests[0], next(one for one in requests if one.target != requests[0].target)]
    return {
        "document_root": variant.key.docroot,
        "evidence": [opened(variant, request) for request in two],
        "alias": variant.key.aliases[0].path,
    }


def mpm(variant: Variant) -> Data:
    """Return the right answers to the exercise on multi-processing modules."""
    kept = {one.client for one in variant.key.requests if one.nth > 1}
    request = next(one for one in variant.key.requests if one.nth == 1 and one.client in kept)
    line = read(variant, request)
    wait = r"epoll_ctl\(.*EPOLL_CTL_ADD" if variant.key.mpm == "event" else r"\bpoll\(.*POLLIN"
    return {
        "mpm": variant.key.mpm,
        "handover": [taken(variant, request), line],
        "waiting": [first(variant, wait, connection(request), after=line)],
    }


def dispatch(variant: Variant) -> Data:
    """Return the right answers to the exercise on dispatch."""
    key, rows = variant.key, []
    for target in variant.questions:
        request = next(one for one in key.requests if one.target == target)
        process = key.process(request.pid)
        assert process is not None
        rows.append(
            {
                "target": target,
                "pid": request.pid,
                "accept_tid": listener(process, key),
                "serve_tid": request.tid,
                "line": read(variant, request),
            }
        )
    return {"requests": rows}


def scaling(variant: Variant) -> Data:
    """Return the right answers to the exercise on scaling."""
    truth = variant.key.scaling
    assert truth is not None
    return {
        "peak_processes": truth.peak_processes,
        "peak_threads": truth.peak_threads,
        "limit_reached": "yes" if truth.limit_reached else "no",
        "spawned": list(truth.spawned),
        "evidence": [first(variant, rf"\bclone\b.* = {pid}\b") for pid in truth.spawned[:3]],
    }


def crash(variant: Variant) -> Data:
    """Return the right answers to the exercise on a crash."""
    truth = variant.key.crash
    assert truth is not None
    return {
        "signal": truth.signal,
        "culprit": truth.tid,
        "pid": truth.pid,
        "victims": list(truth.victims),
        "survivors": list(truth.survivors),
        "replacement": truth.replacement,
        "evidence": [first(variant, rf"^{truth.tid}\b.*--- {truth.signal} ")],
    }


def coverage(variant: Variant) -> Data:
    """Return the right answers to the exercise on coverage."""
    truth = variant.key.coverage
    assert truth is not None
    return {
        "complete": "yes" if truth.complete else "no",
        "untraced_pids": list(truth.untraced_pids),
        "untraced_threads": len(truth.untraced),
        "witness": list(truth.untraced[:2]),
    }


def tour(variant: Variant) -> Data:
    """Return right answers to the first exercise."""
    assert variant.trace is not None
    request = below_root(variant.key)[0]
    return {
        "threads_seen": len({line.partition(" ")[0] for line in variant.trace.lines()}),
        "first_request": [read(variant, request)],
        "reader": request.tid,
        "opened": request.file,
    }


RIGHT: Final[dict[str, Callable[[Variant], Data]]] = {
    "tour": tour,
    "tree": tree,
    "docroot": docroot,
    "mpm": mpm,
    "dispatch": dispatch,
    "scaling": scaling,
    "crash": crash,
    "coverage": coverage,
}


def _tree_launcher(_: Variant, right: Data) -> Data:
    return {**right, "workers": [right["main"], *right["workers"]]}


def _tree_everyone(variant: Variant, _: Data) -> Data:
    everyone = every_id(variant.key)
    return {"workers": everyone, "acceptors": everyone}


def _docroot_lucky(variant: Variant, _: Data) -> Data:
    """Name the folder of an HTML file that happens to be opened, and cite every such line."""
    shared = variant.key.aliases[0].path
    lines = list(find(variant, rf"open(at)?\(.*\"{re.escape(shared)}/.*\.(html|txt)\""))
    return {"document_root": shared, "evidence": lines[:8]}


def _docroot_page(variant: Variant, _: Data) -> Data:
    key = variant.key
    deep = next(one for one in below_root(key) if str(one.file).count("/") > key.docroot.count("/") + 1)
    return {"document_root": str(deep.file).rpartition("/")[0], "evidence": [opened(variant, deep)]}


def _docroot_missing(variant: Variant, right: Data) -> Data:
    shared = re.escape(variant.key.aliases[0].path)
    failed = first(variant, r"(open|stat)\w*\(.*= -1 ENOENT")
    elsewhere = first(variant, rf"open(at)?\(.*\"{shared}/.*\.(html|txt)\"")
    return {"document_root": right["document_root"], "evidence": [failed, elsewhere]}


def _docroot_single(_: Variant, right: Data) -> Data:
    return {"document_root": right["document_root"], "evidence": right["evidence"][:1]}


def _mpm_guess(_: Variant, right: Data) -> Data:
    return {"mpm": right["mpm"]}


def _mpm_unlucky(_: Variant, right: Data) -> Data:
    return {**right, "mpm": "worker" if right["mpm"] != "worker" else "event"}


def _mpm_fd(variant: Variant, right: Data) -> Data:
    """Take an accept of another connection with the same number of the descriptor."""
    assert variant.trace is not None
    read_line = right["handover"][1]
    found = re.search(r"\b(?:read|recvfrom)\((\d+)<\S*?->([\d.]+:\d+)\]", variant.trace.line(read_line))
    if found is None:  # the second half of a split call: its first has the descriptor
        found = re.search(r"= (\d+)<\S*?->([\d.]+:\d+)\]", variant.trace.line(right["handover"][0]))
    assert found is not None
    descriptor, client = found.groups()
    accepts = find(variant, rf"\baccept4?\b.* = {descriptor}<")
    line = next(one for one in accepts if f"->{client}]" not in variant.trace.line(one))
    return {**right, "handover": [line, read_line]}


def _dispatch_listener(variant: Variant, right: Data) -> Data:
    """Name the thread that accepted as the one that served, with the line of its accept."""
    rows = []
    for row in right["requests"]:
        request = next(one for one in variant.key.requests if one.target == row["target"])
        rows.append({**row, "serve_tid": row["accept_tid"], "line": taken(variant, request)})
    return {"requests": rows}


def _dispatch_fd(variant: Variant, right: Data) -> Data:
    """Take for each request the last accept before it that returned its descriptor's number, anywhere."""
    assert variant.trace is not None
    rows = []
    for row in right["requests"]:
        request = next(one for one in variant.key.requests if one.target == row["target"])
        number = re.search(r" = (\d+)<", variant.trace.line(taken(variant, request)))
        assert number is not None
        lines = [one for one in find(variant, rf"\baccept4?\b.* = {number[1]}<") if one < row["line"]]
        tid = int(re.split(r"\s", variant.trace.line(lines[-1]))[0])
        owner = next(
            process.pid
            for process in variant.key.workers()
            if any(thread.tid == tid for thread in process.threads)
        )
        rows.append({**row, "accept_tid": tid, "pid": owner})
    return {"requests": rows}


def _dispatch_one(variant: Variant, right: Data) -> Data:
    rows = right["requests"]
    served = {row["serve_tid"] for row in rows}
    other = next(
        tid for tid in every_id(variant.key) if tid not in served | {row["accept_tid"] for row in rows}
    )
    return {"requests": [{"target": row["target"], "pid": other, "serve_tid": other} for row in rows]}


def _scaling_launcher(_: Variant, right: Data) -> Data:
    return {**right, **{name: right[name] + 1 for name in ("peak_processes", "peak_threads")}}


def _scaling_coin(_: Variant, right: Data) -> Data:
    return {"limit_reached": right["limit_reached"]}


def _crash_main(variant: Variant, right: Data) -> Data:
    truth = variant.key.crash
    assert truth is not None
    sent_on = list(find(variant, r"--- SIG\w+ \{.*SI_(USER|TKILL)", rf"si_pid={truth.pid}\b"))
    return {**right, "culprit": truth.main_tid, "evidence": sent_on[:1] or right["evidence"]}


def _crash_everyone(variant: Variant, _: Data) -> Data:
    processes = [process.pid for process in variant.key.processes if process.role != "launcher"]
    return {"victims": every_id(variant.key), "survivors": processes}


def _coverage_absent(*_: Any) -> Data:
    return {"complete": "yes", "untraced_pids": [], "untraced_threads": 0, "witness": []}


def _coverage_everyone(variant: Variant, _: Data) -> Data:
    rows = [row.split() for row in variant.ps.splitlines()[1:]]
    return {"complete": "no", "untraced_pids": sorted({int(row[1]) for row in rows})}


WRONG: Final[dict[tuple[str, str], Callable[[Variant, Data], Data]]] = {
    ("tree", "launcher"): _tree_launcher,
    ("tree", "everyone"): _tree_everyone,
    ("docroot", "alias"): _docroot_lucky,
    ("docroot", "lucky"): _docroot_page,
    ("docroot", "missing"): _docroot_missing,
    ("docroot", "single"): _docroot_single,
    ("mpm", "guess"): _mpm_guess,
    ("mpm", "unlucky"): _mpm_unlucky,
    ("mpm", "fd"): _mpm_fd,
    ("dispatch", "listener"): _dispatch_listener,
    ("dispatch", "fd"): _dispatch_fd,
    ("dispatch", "one"): _dispatch_one,
    ("scaling", "launcher"): _scaling_launcher,
    ("scaling", "coin"): _scaling_coin,
    ("crash", "main_thread"): _crash_main,
    ("crash", "everyone"): _crash_everyone,
    ("coverage", "absent"): _coverage_absent,
    ("coverage", "everyone"): _coverage_everyone,
}

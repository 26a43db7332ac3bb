"""The right answers to a variant, from its key, with the lines of its trace that show them.

The lines are found in the text with expressions of their own: nothing here asks the checks, or what they
stand on.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from tracekit.lab.truth import Process, Request, Truth
from tracekit.lab.variants import Variant

Data = dict[str, Any]


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

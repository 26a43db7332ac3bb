"""Answers of known worth to a variant: the right ones, and those of somebody who makes a certain mistake."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.support.lab_right import RIGHT, Data, below_root, every_id, find, first, opened, taken
from tracekit.lab.exercise import Exercise
from tracekit.lab.variants import Variant

POINTS: Final = {
    "tour": 0,
    "tree": 10,
    "docroot": 15,
    "mpm": 20,
    "dispatch": 20,
    "scaling": 15,
    "crash": 15,
    "coverage": 5,
}
"""What the exercises are worth, in the order in which they are done: the lab's own table."""


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

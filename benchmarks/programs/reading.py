"""Read a log with one reader, in a process of its own: ``python reading.py READER LOG RESULT``.

Prints the processor seconds that its start and its reading took, and the most memory (MiB); the calls that
were found are written to RESULT, after the measuring. Runs in the environment of that reader, so
nothing is imported here but what that one needs.
"""

import json
import logging
import pickle
import re
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Calls = list[tuple[int, str, Any, str]]
"""Task, name, arguments (None: not told; a string: not split), and what was returned."""


Read = Callable[[str], Callable[[], Calls]]
"""Reads a file; what it returns tells the calls, which is not measured."""


def tracekit_table() -> Read:
    import pandas as _pandas  # noqa: F401 - it comes with the first table

    from tracekit import read_trace

    def read(path: str) -> Callable[[], Calls]:
        rows = read_trace(path).rows()
        return lambda: [
            (row.tid or 0, row.name or "", row.args or "", row.ret_text or "")
            for row in rows
            if row.kind == "syscall" and row.complete
        ]

    return read


def tracekit_values() -> Read:
    import pandas as _pandas  # noqa: F401

    from tracekit import read_trace
    from tracekit.stream import parse_arguments, parse_return
    from tracekit.stream.scan import split_arguments

    def read(path: str) -> Callable[[], Calls]:
        trace = read_trace(path)
        trace.column("arguments")
        calls = trace.events[trace.events["kind"] == "syscall"]
        for text in calls["ret_text"].dropna():
            parse_return(text)
        return lambda: [
            (row.tid or 0, row.name or "", _as_read(row.args or ""), row.ret_text or "")
            for row in trace.rows()
            if row.kind == "syscall" and row.complete
        ]

    def _as_read(text: str) -> tuple[str, ...] | None:
        parts = tuple(split_arguments(text))
        return parts if len(parts) == len(parse_arguments(text)) else None

    return read


def stracetools() -> Read:
    from stracetools import StraceParser

    def read(path: str) -> Callable[[], Calls]:
        events = StraceParser().parse_file(path)
        return lambda: [
            (event.pid, event.name, tuple(event.args), event.return_value or "")
            for event in events
            if event.event_type.value == "syscall"
        ]

    return read


def strace_process_tree() -> Read:
    import strace_process_tree as reader

    def read(path: str) -> Callable[[], Calls]:
        with Path(path).open() as file:
            events = list(reader.events(file))
        shape = re.compile(
            r"(\w+)\((.*)\) += (.*)"
        )  # it puts calls together, and leaves their parts to others
        found = ((event.pid, shape.fullmatch(event.event)) for event in events)
        return lambda: [(pid, each[1], each[2], each[3]) for pid, each in found if each]

    return read


def flametrace() -> Read:
    from flametrace.core import StraceParser

    def read(path: str) -> Callable[[], Calls]:
        found, parser = [], StraceParser()
        with Path(path).open() as file:
            for line in file:  # its parse() ends at the first line that it cannot read
                try:
                    call = parser.parse_line(line.strip())
                except Exception:
                    parser.pending.pop(int(line.split(None, 1)[0]), None)
                    continue
                if call:
                    found.append(call)
        return lambda: [(call.pid, call.func, call.args, str(call.retcode)) for call in found]

    return read


def strace_parser() -> Read:
    from strace_parser.json_transformer import to_json
    from strace_parser.parser import get_parser

    parser = get_parser()

    def read(path: str) -> Callable[[], Calls]:
        found = []
        with Path(path).open() as file:
            for line in file:  # a whole file fails at the first line that it cannot read
                pid, _, rest = line.partition(" ")
                try:
                    found += [(int(pid), each) for each in to_json(parser.parse(rest.lstrip()))]
                except Exception:
                    continue
        calls = [(pid, each) for pid, each in found if each["type"] == "syscall"]
        return lambda: [(pid, each["name"], _texts(each["args"]), each["result"]) for pid, each in calls]

    return read


def _texts(args: Iterable[Any]) -> tuple[str, ...] | None:
    """Return the texts of plain arguments; of others, its tree has them no more."""
    return tuple(each["value"].strip() if each["type"] == "other" else each["type"] for each in args)


READERS: dict[str, Callable[[], Read]] = {
    "tracekit": tracekit_table,
    "tracekit, arguments": tracekit_values,
    "stracetools": stracetools,
    "strace-process-tree": strace_process_tree,
    "flametrace": flametrace,
    "strace-parser": strace_parser,
}


def most_memory() -> float:
    """Return the most memory that this process ever had in use, in MiB."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def main() -> None:
    """Read, and tell what it took."""
    reader, path, result = sys.argv[1:4]
    logging.disable()
    read = READERS[reader]()
    ready = time.process_time()
    calls = read(path)
    told = {"start": ready, "seconds": time.process_time() - ready, "memory": most_memory()}
    Path(result).write_bytes(pickle.dumps(calls()))
    print(json.dumps(told))


if __name__ == "__main__":
    main()

"""The decoder's text is strace 6.1's, call by call; fixtures/decode/refresh.py says how the truth is made."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.decoding import FakeTask, decode
from tracekit.tracer.decode import Options

FIXTURE: Final = Path(__file__).parents[3] / "fixtures" / "decode" / "calls.jsonl.gz"
MEMORY: Final = 0x20000000
PAGE: Final = 4096
ERRORS: Final = {"ENOENT": 2, "EINTR": 4, "E2BIG": 7, "EINVAL": 22, "ENOSYS": 38}


def read_groups() -> Iterator[tuple[dict[str, Any], list[list[str]]]]:
    head: dict[str, Any] = {}
    calls: list[list[str]] = []
    for line in gzip.decompress(FIXTURE.read_bytes()).decode().splitlines():
        value = json.loads(line)
        if isinstance(value, dict):
            if calls:
                yield head, calls
            head, calls = value, []
        else:
            calls.append(value)
    yield head, calls


def options(words: list[str]) -> Options:
    limit = int(words[words.index("-s") + 1]) if "-s" in words else 32
    hexadecimal = 2 if "-xx" in words else int("-x" in words)
    names = words[words.index("-X") + 1] if "-X" in words else "abbrev"
    return Options(string_limit=limit, verbose="-v" in words, hex_strings=hexadecimal, names=names)


def text_of(head: dict[str, Any], memory: bytes, name: str, registers: list[str]) -> list[str]:
    kind, _, value = head["outcome"].partition("=")
    code = -int(ERRORS.get(value, value)) if kind == "error" else int(value)
    arguments = [int(one, 16) for one in registers]
    task = FakeTask(memory, MEMORY)
    return line_of(head, list(decode(task, name, *arguments, ret=code, options=options(head["options"]))))


def line_of(head: dict[str, Any], pieces: list[str]) -> list[str]:
    """The pieces, or the line as one where it does not count how strace divides it."""
    return ["".join(pieces[:2]), pieces[2]] if head["whole"] else pieces


def whole_pages(memory: bytes) -> bytes:
    return memory.ljust(-(-max(len(memory), 1) // PAGE) * PAGE, b"\0")


GROUPS: Final = list(read_groups())


@pytest.mark.parametrize(
    "at", range(len(GROUPS)), ids=lambda at: f"{GROUPS[at][1][0][0]}-{GROUPS[at][0]['outcome']}"
)
def test_every_call_reads_as_strace_has_it(at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    head, calls = GROUPS[at]
    memory = whole_pages(bytes.fromhex(head["memory"]))
    wrong = [
        (line[7:], mine)
        for line in calls
        if (mine := text_of(head, memory, line[0], line[1:7])) != line_of(head, line[7:])
    ]
    assert not wrong

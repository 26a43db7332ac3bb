"""The decoder's text is strace 6.1's, call by call; fixtures/decode/refresh.py says how the truth is made."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tracekit.syscalls import by_name
from tracekit.tracer.decode import Call, Decoder, Options

FIXTURE: Final = Path(__file__).parents[3] / "fixtures" / "decode" / "calls.jsonl"
MEMORY: Final = 0x20000000
PAGE: Final = 4096
ERRORS: Final = {"ENOENT": 2, "EINTR": 4}


class Memory:
    """A task that is nothing but memory."""

    tid = 1

    def __init__(self, data: bytes) -> None:
        self.data = data.ljust(-(-max(len(data), 1) // PAGE) * PAGE, b"\0")

    def read(self, address: int, size: int) -> bytes:
        at = address - MEMORY
        return self.data[at : at + size] if 0 <= at < len(self.data) else b""

    def describe(self, fd: int) -> str | None:
        raise AssertionError(f"asked about descriptor {fd} without -y")

    def cwd(self) -> str | None:
        raise AssertionError("asked for the working directory without -y")


def read_groups() -> Iterator[tuple[dict[str, Any], list[list[str]]]]:
    head: dict[str, Any] = {}
    calls: list[list[str]] = []
    for line in FIXTURE.read_text("utf-8").splitlines():
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
    return Options(string_limit=limit, verbose="-v" in words, hex_strings=hexadecimal)


def decode(decoder: Decoder, head: dict[str, Any], task: Memory, name: str, registers: list[str]) -> list[str]:
    kind, _, value = head["outcome"].partition("=")
    code = -int(ERRORS.get(value, value)) if kind == "error" else int(value)
    syscall = by_name()[name]
    args = tuple(int(one, 16) for one in registers)
    call = Call(syscall, syscall.numbers["x86_64"], "x86_64", args)
    entry = decoder.entering(call, task)
    call.ret, call.is_error = code, kind == "error"
    return [entry, *decoder.exiting(call, task)]


GROUPS: Final = list(read_groups())


@pytest.mark.parametrize("at", range(len(GROUPS)), ids=lambda at: f"{GROUPS[at][1][0][0]}-{GROUPS[at][0]['outcome']}")
def test_every_call_reads_as_strace_has_it(at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    head, calls = GROUPS[at]
    decoder, task = Decoder(options(head["options"])), Memory(bytes.fromhex(head["memory"]))
    wrong = [
        (line[7:], mine)
        for line in calls
        if (mine := decode(decoder, head, task, line[0], line[1:7])) != line[7:]
    ]
    assert not wrong

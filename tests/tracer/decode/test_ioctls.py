"""Requests of ioctl(2) as strace 6.1 has them: fixtures/decode/refresh_requests.py makes the truth."""

import errno
import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.decoding import FakeTask, decode
from tracekit.syscalls import by_name, constants
from tracekit.tracer.decode import Call, Decoder, Options

FIXTURE: Final = Path(__file__).parents[3] / "fixtures" / "decode" / "requests.jsonl.gz"
MEMORY: Final = 0x20000000
NO_DESCRIPTOR: Final = 0xFFFFFFFF


def read_groups() -> Iterator[tuple[dict[str, Any], list[list[Any]]]]:
    head: dict[str, Any] = {}
    requests: list[list[Any]] = []
    for line in gzip.decompress(FIXTURE.read_bytes()).decode().splitlines():
        value = json.loads(line)
        if isinstance(value, dict):
            if requests:
                yield head, requests
            head, requests = value, []
        else:
            requests.append(value)
    yield head, requests


GROUPS: Final = list(read_groups())


def options(words: list[str]) -> Options:
    given = dict(zip(words[::2], words[1::2], strict=False))
    return Options(
        string_limit=int(given.get("-s", 32)),
        hex_strings=2 if "-xx" in words else 0,
        verbose="-v" in words,
        names=given.get("-X", "abbrev"),
    )


@pytest.mark.parametrize(
    "at", range(len(GROUPS)), ids=lambda at: "".join(GROUPS[at][0]["options"]) or "plain"
)
def test_every_request_reads_as_strace_has_it(at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    head, requests = GROUPS[at]
    memory = bytes.fromhex(head["memory"])
    kind, _, value = head["outcome"].partition("=")
    code = int(value) if kind == "retval" else -errno.ENOENT
    chosen = options(head["options"])
    wrong = []
    for request, line, result in requests:
        task = FakeTask(memory, MEMORY)
        argument = MEMORY if memory else 0
        entry, rest, mine = decode(task, "ioctl", NO_DESCRIPTOR, request, argument, ret=code, options=chosen)
        if (entry + rest, mine) != (line, result):
            wrong.append((line, entry + rest, mine))
    assert not wrong


def test_requests_without_a_row_are_in_the_fixture_too() -> None:
    named = {request for request, *_ in GROUPS[0][1]}
    assert named >= constants("ioctl_name").names.keys()
    assert named > by_name()["ioctl"].commands.forms.keys() - {0x89A2, 0x89A3}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("request_number", "abbrev", "verbose"),
    [
        (0x80084506, "EVIOCGNAME(8)", "0x80084506 /* EVIOCGNAME(8) */"),
        (0x80104521, "EVIOCGBIT(EV_KEY, 16)", "0x80104521 /* EVIOCGBIT(EV_KEY, 16) */"),
        (0x4018457F, "_IOC(_IOC_WRITE, 0x45, 0x7f, 0x18)", None),
        (0x401845C1, "EVIOCSABS(ABS_Y)", None),
        (0xC0044806, "HIDIOCSFEATURE(4)", None),
        (0x80044D05, "MIXER_READ(5)", None),
        (0x40084D02, "MIXER_WRITE(2) or MEMERASE", None),
        (0x81234321, "_IOC(_IOC_READ, 0x43, 0x21, 0x123)", None),
        (0, "_IOC(_IOC_NONE, 0, 0, 0)", "0 /* _IOC(_IOC_NONE, 0, 0, 0) */"),
    ],
)
def test_requests_that_are_made_of_parts(request_number: int, abbrev: str, verbose: str | None) -> None:
    """As <asm-generic/ioctl.h> and the macros of <linux/input.h>, <linux/hiddev.h> put them together."""
    for style, text in (("abbrev", abbrev), ("raw", hex(request_number)), ("verbose", verbose)):
        chosen = Options(names=style)
        line = "".join(decode(FakeTask(), "ioctl", NO_DESCRIPTOR, request_number, 0, options=chosen)[:2])
        wanted = "0" if style == "raw" and not request_number else text
        assert wanted is None or line.startswith(f"ioctl(-1, {wanted}, ")


def test_what_is_printed_at_entry_and_what_at_exit() -> None:
    memory = (25).to_bytes(2, "little") + (80).to_bytes(2, "little") + bytes(4)
    entry, rest, _ = decode(FakeTask(memory, MEMORY), "ioctl", 1, 0x5413, MEMORY)
    assert (entry, rest) == ("ioctl(1, TIOCGWINSZ", ", {ws_row=25, ws_col=80, ws_xpixel=0, ws_ypixel=0})")
    entry, rest, _ = decode(FakeTask(memory, MEMORY), "ioctl", 1, 0x5414, MEMORY)
    assert (entry, rest) == ("ioctl(1, TIOCSWINSZ, {ws_row=25, ws_col=80, ws_xpixel=0, ws_ypixel=0}", ")")


def test_where_longs_are_narrow_requests_have_other_numbers() -> None:
    """The union of struct v4l2_format has pointers: 208 bytes here, 204 for i386 (linux/videodev2.h)."""
    commands = by_name()["ioctl"].commands
    assert commands is not None
    assert commands.narrow_forms[0xC0CC5604] == commands.forms[0xC0D05604]
    call = Call(by_name()["ioctl"], 54, "i386", (NO_DESCRIPTOR, 0xC0CC5604, 0, 0, 0, 0))
    decoder = Decoder(Options())
    decoder.enter(call, FakeTask())
    assert decoder.entering(call) == "ioctl(-1, VIDIOC_G_FMT, NULL"

"""What happens to a log on its way: one function a kind of damage, of lines to lines or bytes to bytes."""

import gzip
import random
from collections.abc import Callable, Sequence

PIECES = (
    *(
        b'"',
        b"<",
        b">",
        b"(",
        b")",
        b"{",
        b"}",
        b"[",
        b"]",
        b"=",
        b",",
        b"\\",
        b"|",
        b" ",
        b"\0",
        b"\r",
        b"/*",
    ),
    *(
        b") = 0",
        b" = ",
        b" <unfinished ...>",
        b"<... read resumed>",
        b" <detached ...>",
        b" resumed> ",
        b"???",
    ),
    *(
        b"strace: Process 9 attached",
        b"--- SIGHUP ---",
        b"+++ exited with 0 +++",
        b"[pid 9] ",
        b"9  ",
        b" => ",
    ),
    *(
        b"\x1b[0m",
        b"\x1b[",
        b"9" * 40,
        b"0x" + b"f" * 41,
        b"(((((",
        b"[[[[[",
        b'@"',
        b"~[",
        b"\xff\xfe",
        b"\xc3",
    ),
    *(b"# tracekit ", b"{}", b"<pid changed to 9 ...>", b"12:00:00 ", b"<0.1>", b"\x85", b"\xe2\x80\xa8"),
)
FOREIGN = (
    b"Hello, world",
    b"[Mon Nov 23 05:00:00.000000 2026] [core:notice] [pid 9] AH00094: Command line: 'apache2'",
    b'127.0.0.1 - - [23/Nov/2026:06:27:19 +0000] "GET / HTTP/1.1" 200 45',
    b"Traceback (most recent call last):",
    b'  File "x.py", line 1, in <module>',
    b"%  total    % received  (average) = 0",
    b"strace: Can't open '/x': No such file or directory",
    b"# tracekit task {}",
    b"",
)
Lines = list[bytes]
OfLines = Callable[[random.Random, Lines], Lines]
OfBytes = Callable[[random.Random, bytes], bytes]


def _place(chance: random.Random, of: Sequence[object]) -> int:
    return chance.randrange(len(of)) if of else 0


def _at_one(change: Callable[[random.Random, bytes], Lines]) -> OfLines:
    """Return a mutation that replaces one line by what ``change`` makes of it."""

    def mutate(chance: random.Random, lines: Lines) -> Lines:
        place = _place(chance, lines)
        return [*lines[:place], *change(chance, lines[place]), *lines[place + 1 :]]

    return mutate


def _flipped(chance: random.Random, line: bytes) -> Lines:
    changed = bytearray(line)
    for _ in range(chance.randint(1, 3)):
        if changed:
            changed[_place(chance, changed)] ^= 1 << chance.randrange(8)
    return [bytes(changed)]


def _replaced(chance: random.Random, line: bytes) -> Lines:
    begin, end = sorted((_place(chance, line), _place(chance, line)))
    return [line[:begin] + chance.choice(PIECES) + line[end:]]


def _inserted(chance: random.Random, line: bytes) -> Lines:
    place = _place(chance, line)
    return [line[:place] + chance.choice(PIECES) * chance.choice((1, 1, 2, 50)) + line[place:]]


def _cut(chance: random.Random, line: bytes) -> Lines:
    place = _place(chance, line)
    return [chance.choice((line[:place], line[place:]))]


def _broken(chance: random.Random, line: bytes) -> Lines:
    place = _place(chance, line)
    return [line[:place], line[place:]]


def _doubled(_chance: random.Random, line: bytes) -> Lines:
    return [line, line]


def _dropped(_chance: random.Random, _line: bytes) -> Lines:
    return []


def _beside_foreign(chance: random.Random, line: bytes) -> Lines:
    return [chance.choice(FOREIGN), line]


def _foreign_within(chance: random.Random, line: bytes) -> Lines:
    place = _place(chance, line)
    return [line[:place] + chance.choice(FOREIGN), line[place:]]


def _joined(chance: random.Random, lines: Lines) -> Lines:
    place = _place(chance, lines)
    return [*lines[:place], b"".join(lines[place : place + 2]), *lines[place + 2 :]]


def _shuffled(chance: random.Random, lines: Lines) -> Lines:
    begin, end = sorted((_place(chance, lines), _place(chance, lines)))
    middle = lines[begin:end]
    chance.shuffle(middle)
    return [*lines[:begin], *middle, *lines[end:]]


def _moved(chance: random.Random, lines: Lines) -> Lines:
    place = _place(chance, lines)
    return [*lines[place:], *lines[:place]]


def _spliced(chance: random.Random, lines: Lines) -> Lines:
    one, other = _place(chance, lines), _place(chance, lines)
    here, there = lines[one], lines[other]
    return [*lines[:one], here[: _place(chance, here)] + there[_place(chance, there) :], *lines[one + 1 :]]


OF_LINES: dict[str, OfLines] = {
    "bytes flipped": _at_one(_flipped),
    "a part replaced": _at_one(_replaced),
    "a piece inserted": _at_one(_inserted),
    "a line cut": _at_one(_cut),
    "a line broken in two": _at_one(_broken),
    "a line doubled": _at_one(_doubled),
    "a line dropped": _at_one(_dropped),
    "a foreign line": _at_one(_beside_foreign),
    "foreign output in a line": _at_one(_foreign_within),
    "two lines joined": _joined,
    "lines shuffled": _shuffled,
    "the end before the start": _moved,
    "two lines spliced": _spliced,
}


def _with_hole(chance: random.Random, data: bytes) -> bytes:
    begin = _place(chance, data)
    end = min(len(data), begin + chance.randrange(1, 5000))
    return data[:begin] + b"\0" * (end - begin) + data[end:]


def _cut_of(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(1, len(data))]


OF_BYTES: dict[str, OfBytes] = {
    "CRLF": lambda _chance, data: data.replace(b"\n", b"\r\n"),
    "CR alone": lambda _chance, data: data.replace(b"\n", b"\r"),
    "UTF-16": lambda _chance, data: data.decode("latin-1").encode("utf-16"),
    "UTF-16 without a mark": lambda _chance, data: data.decode("latin-1").encode("utf-16-be"),
    "a byte order mark": lambda _chance, data: b"\xef\xbb\xbf" + data,
    "a hole of zeros": _with_hole,
    "cut at the end": lambda chance, data: data[: _place(chance, data)],
    "cut at the start": lambda chance, data: data[_place(chance, data) :],
    "gzip": lambda _chance, data: gzip.compress(data, 1, mtime=0),
    "gzip, cut": lambda chance, data: _cut_of(chance, gzip.compress(data, 1, mtime=0)),
    "no last newline": lambda _chance, data: data.removesuffix(b"\n"),
}


def mutated(chance: random.Random, lines: Lines, changes: int) -> Lines:
    """Damage lines so many times, in any ways."""
    for _ in range(changes):
        if lines:
            lines = chance.choice(list(OF_LINES.values()))(chance, lines)
    return lines

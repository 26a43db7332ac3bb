"""Coverage-guided fuzzing, with atheris: ``python -m tests.fuzz.guided [libFuzzer's options] [CORPUS]``.

The input's first byte chooses where it goes in: the reader as a file, arguments, a return, the layout
of a line. Without a corpus it begins with valid logs of the tests' own writer.
"""

import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tracekit.stream", "tracekit.events", "lark"]):
    from tests.fuzz.invariants import check
    from tests.fuzz.streams import valid_stream
    from tracekit.stream import Reader, parse_arguments, parse_return
    from tracekit.stream.leader import layout_of_line

SEEDS = 200


def of_file(data: bytes) -> None:
    """Read a file, and check what holds of every file."""
    check(data, {})


def of_reader(data: bytes) -> None:
    """Feed a reader, line by line."""
    reader = Reader()
    for line in data.decode("utf-8", "backslashreplace").split("\n"):
        reader.feed(line)
    reader.finish()


def of_arguments(data: bytes) -> None:
    """Read the arguments of a call."""
    parse_arguments(data.decode("utf-8", "backslashreplace"))


def of_return(data: bytes) -> None:
    """Read what a call returned."""
    parse_return(data.decode("utf-8", "backslashreplace"))


def of_layout(data: bytes) -> None:
    """Find the layout of a line."""
    layout_of_line(data.decode("utf-8", "backslashreplace"))


ENTRIES: tuple[Callable[[bytes], None], ...] = (of_file, of_reader, of_arguments, of_return, of_layout)


def one(data: bytes) -> None:
    """Try one input."""
    if data:
        ENTRIES[data[0] % len(ENTRIES)](data[1:])


def corpus(folder: Path) -> None:
    """Write what to begin with."""
    chance = random.Random(0)
    for number in range(SEEDS):
        stream = valid_stream(chance, 12)
        for entry, data in enumerate((b"\n".join(stream.lines), b"\n".join(stream.lines[:2]))):
            (folder / f"log-{number}-{entry}").write_bytes(bytes([entry]) + data)
        for line in stream.lines[:3]:
            inside = line.partition(b"(")[2]
            args, _, ret = inside.rpartition(b") = ")
            for entry, data in ((2, args), (3, ret), (4, line)):
                (folder / f"part-{number}-{entry}").write_bytes(bytes([entry]) + data)


def main() -> None:
    """Run until something fails, or for as long as libFuzzer's options say."""
    with tempfile.TemporaryDirectory(prefix="tracekit-corpus-") as folder:
        words = sys.argv
        if all(word.startswith("-") for word in sys.argv[1:]):
            corpus(Path(folder))
            words = [*sys.argv, folder]
        atheris.Setup(words, one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

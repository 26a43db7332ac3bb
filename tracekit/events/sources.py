"""Where a trace comes from: a file, standard input, the files of ``strace -ff``; plain or compressed."""

import glob
import io
import os
import re
import stat
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import Any, BinaryIO, cast

from tracekit.errors import UnreadableError
from tracekit.events.packed import MAGIC, Damage, DamagedError, Packed
from tracekit.events.reopened import Reopened

STDIN = "-"
TASK_FILE = re.compile(r".*\.(\d{1,7})(?:\.(?:gz|xz|zst))?")
"""``out.1234``: what ``strace -ff -o out`` writes for the task 1234."""
BUFFER = 1 << 17
"""Bytes that are asked of a file at once."""
BLOCK = 1 << 19
"""Bytes that are read as lines at once."""
FIRST = 1 << 16
"""Bytes of these at the beginning, which tell what the rest is."""
LONGEST = 1 << 28
"""Bytes of a line that are read: far more than ``strace -s`` makes of anything, and what memory holds."""
NOT_A_TRACE = "give a log that strace or 'tracekit run' wrote, plain or as .gz, .xz or .zst"


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read: the name that its events bear, and the task that its name tells."""

    name: str
    tid: int | None = None


@dataclass(slots=True)
class Meter:
    """How far the reading of files has come, in bytes as they lie on the disk (packed ones as they are).

    Attributes:
        total: bytes in all; None when a pipe is among the files.
        done: bytes read.
        damaged: the files of which not all could be unpacked, by name, and how far they go.
    """

    total: int | None = None
    done: int = 0
    damaged: dict[str, Damage] = field(default_factory=dict)

    def warnings(self) -> list[str]:
        """Return what a reader of the answers has to know, one sentence each."""
        return [f"{name} {damage}" for name, damage in self.damaged.items()]


def measure(sources: Iterable[Source]) -> Meter:
    """Return a meter for files; what cannot be measured now is left for the reading to complain of."""
    sizes = [_size(source.name) for source in sources]
    return Meter(None if None in sizes else sum(size or 0 for size in sizes))


def find_sources(given: Iterable[str]) -> list[Source]:
    """Return the files that paths, folders, prefixes of ``-ff`` files and patterns stand for, each once.

    A pattern (``out.*``) is one that a shell was kept from expanding; a file of that very name goes first.

    Raises:
        UnreadableError: one stands for no file.
    """
    return list(dict.fromkeys(source for name in given for source in _find(name)))


@contextmanager
def opened_source(
    source: Source, meter: Meter | None = None, *, held: bool = True
) -> Iterator[io.BufferedReader]:
    """Open a file for its bytes, unpacked as far as that can be done and without a byte order mark.

    Args:
        source: the file.
        meter: is told what is read of it, and where it can be unpacked no further.
        held: whether it stays open between reads, which takes one of the descriptors of ``ulimit -n``.

    Raises:
        UnreadableError: it cannot be opened or read, or nothing of it unpacked; also from within the block.
    """
    meter = meter or Meter()
    tell = partial(meter.damaged.__setitem__, source.name)
    try:
        with _opened(source.name, held=held) as raw, _unpacked(_counted(raw, meter), tell) as stream:
            if stream.peek(len(BOM_UTF8)).startswith(BOM_UTF8):
                stream.read(len(BOM_UTF8))
            yield stream
    except DamagedError as error:
        hint = "its very beginning is damaged or missing: get the file anew from where it comes from"
        raise UnreadableError(f"{source.name} cannot be unpacked: {error}", hint) from error
    except OSError as error:
        raise _refusal(source.name, error) from error


def read_blocks(source: Source, meter: Meter | None = None, *, held: bool = True) -> Iterator[str]:
    r"""Yield a file, unpacked, as texts of whole lines; the last may lack its newline.

    A byte that is no UTF-8 becomes ``\xff``, as strace -x writes it.

    Args:
        source: the file.
        meter: is told what is read of it, and where it can be unpacked no further.
        held: whether it stays open between reads, which takes one of the descriptors of ``ulimit -n``.

    Raises:
        UnreadableError: it cannot be opened, nothing of it unpacked, or a line of it has no end.
    """
    with opened_source(source, meter, held=held) as stream:
        yield from cut_blocks(stream, source.name)


def cut_blocks(stream: BinaryIO, name: str) -> Iterator[str]:
    """Yield bytes as texts of whole lines.

    Raises:
        UnreadableError: a line has no end.
    """
    begun: list[bytes] = []
    length = 0
    sizes = chain((min(FIRST, BLOCK),), repeat(BLOCK))
    while data := stream.read(next(sizes)):
        cut = data.rfind(b"\n") + 1
        length = length + len(data) if not cut else len(data) - cut
        refuse_endless(length, name)
        if cut:
            yield b"".join([*begun, data[:cut]]).decode("utf-8", "backslashreplace")
            begun = []
        begun.append(data[cut:])
    if rest := b"".join(begun):
        yield rest.decode("utf-8", "backslashreplace")


def refuse_endless(length: int, name: str) -> None:
    """Refuse a line that is longer than any.

    Raises:
        UnreadableError: it is.
    """
    if length >= LONGEST:
        raise UnreadableError(f"{name} has a line of {LONGEST:,} bytes or more", NOT_A_TRACE)


def plain_size(source: Source) -> int | None:
    """Return the bytes of a file that is not packed; None for any other."""
    size = _size(source.name)
    if source.name == STDIN or size is None:
        return None
    with Path(source.name).open("rb") as file:
        start = file.read(8)
    return None if any(start.startswith(magic) for magic in MAGIC) else size


def _find(name: str) -> list[Source]:
    path = Path(name)
    if name == STDIN:
        return [Source(name)]
    try:
        if path.is_dir():
            return _in_folder(path)
        if path.exists():
            return [Source(name, _task(path))]
        found = _prefixed(path) or _matching(path)
    except (OSError, ValueError) as error:
        raise _refusal(name, error) from error
    if not found:
        raise UnreadableError(
            f"{name} does not exist", "check the path; a prefix stands for PREFIX.1234 files"
        )
    return found


def _prefixed(path: Path) -> list[Source]:
    """Return the files of ``strace -ff -o PATH``."""
    files = sorted(path.parent.glob(glob.escape(path.name) + ".*"))
    return [Source(str(file), tid) for file in files if (tid := _task(file)) is not None]


def _matching(path: Path) -> list[Source]:
    """Return the files that a pattern stands for."""
    if not glob.has_magic(str(path)):
        return []
    files = sorted(Path(name) for name in glob.iglob(str(path)))  # noqa: PTH207 - takes absolute ones, too
    return [Source(str(file), _task(file)) for file in files if file.is_file()]


def _in_folder(folder: Path) -> list[Source]:
    """Return the ``-ff`` files of a folder; all its files when none is one."""
    files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    sources = [Source(str(file), _task(file)) for file in files]
    if not sources:
        raise UnreadableError(f"the folder {folder} has no files", NOT_A_TRACE)
    return [source for source in sources if source.tid is not None] or sources


def _task(path: Path) -> int | None:
    found = TASK_FILE.fullmatch(path.name)
    return int(found[1]) if found else None


def _size(name: str) -> int | None:
    """Return the bytes of a file on the disk; None for what has no size: a pipe, a terminal."""
    try:
        found = os.fstat(sys.stdin.fileno()) if name == STDIN else Path(name).stat()
    except (OSError, ValueError):
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _opened(name: str, *, held: bool) -> AbstractContextManager[BinaryIO]:
    if name == STDIN:
        return nullcontext(sys.stdin.buffer)
    path = Path(name)
    return path.open("rb", buffering=0) if held or not path.is_file() else cast("BinaryIO", Reopened(path))


class _Counted(io.RawIOBase):
    """Bytes that are counted as they are read."""

    def __init__(self, raw: BinaryIO, meter: Meter) -> None:
        self._raw, self._meter = cast("io.BufferedReader", raw), meter
        self._read = getattr(raw, "readinto1", self._raw.readinto)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._raw.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._raw.seek(offset, whence)

    def readinto(self, buffer: Any) -> int:
        count: int = self._read(buffer) or 0
        self._meter.done += count
        return count


def _counted(raw: BinaryIO, meter: Meter) -> io.BufferedReader:
    return _buffered(_Counted(raw, meter))


def _unpacked(
    raw: io.BufferedReader, tell: Callable[[Damage], None]
) -> AbstractContextManager[io.BufferedReader]:
    """Return the bytes of a file as they were before it was packed; its first bytes say how that was done."""
    start = raw.peek(8)[:8]
    for magic, kind in MAGIC.items():
        if start.startswith(magic):
            return _buffered(Packed(raw, kind(), tell))
    return nullcontext(raw)


def _buffered(stream: Any) -> io.BufferedReader:
    return io.BufferedReader(stream, BUFFER)


def _refusal(name: str, error: Exception) -> UnreadableError:
    reason = getattr(error, "strerror", None) or str(error)
    hint = "check the path"
    if isinstance(error, PermissionError):
        hint = "trace files belong to who wrote them: read it as that user, or change its mode"
    return UnreadableError(f"{name} cannot be read: {reason}", hint)

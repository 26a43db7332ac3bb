"""Where a trace comes from: a file, standard input, the files of ``strace -ff``; plain or compressed."""

import gzip
import importlib
import io
import lzma
import re
import sys
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tracekit.errors import UnreadableError

STDIN = "-"
TASK_FILE = re.compile(r".*\.(\d{1,7})(?:\.(?:gz|xz|zst))?")
"""``out.1234``: what ``strace -ff -o out`` writes for the task 1234."""
MAGIC = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
LONGEST = 1 << 28
"""Bytes of a line that are read: far more than ``strace -s`` makes of anything, and what memory holds."""
NOT_A_TRACE = "give a log that strace or 'tracekit run' wrote, plain or as .gz, .xz or .zst"


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read: the name that its events bear, and the task that its name tells."""

    name: str
    tid: int | None = None


def find_sources(given: Iterable[str]) -> list[Source]:
    """Return the files that paths, folders and prefixes of ``-ff`` files stand for, each once.

    Raises:
        UnreadableError: one stands for no file.
    """
    return [source for name in dict.fromkeys(given) for source in _find(name)]


def read_lines(source: Source) -> Iterator[str]:
    r"""Yield the lines of a file, unpacked; a byte that is no UTF-8 becomes ``\xff``, as strace -x writes it.

    Raises:
        UnreadableError: it cannot be opened or unpacked, or a line of it has no end.
    """
    try:
        with _opened(source.name) as raw, _unpacked(raw, source.name) as stream:
            if stream.peek(len(BOM_UTF8)).startswith(BOM_UTF8):
                stream.read(len(BOM_UTF8))
            while line := stream.readline(LONGEST):
                if len(line) == LONGEST:
                    raise UnreadableError(
                        f"{source.name} has a line of {LONGEST:,} bytes or more", NOT_A_TRACE
                    )
                yield line.decode("utf-8", "backslashreplace")
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        hint = "the file is damaged, or was cut while it was packed: unpack what is left and give that"
        raise UnreadableError(f"{source.name} cannot be unpacked: {error}", hint) from error
    except OSError as error:
        raise _refusal(source.name, error) from error


def _find(name: str) -> list[Source]:
    path = Path(name)
    if name == STDIN:
        return [Source(name)]
    try:
        if path.is_dir():
            return _in_folder(path)
        if path.exists():
            return [Source(name, _task(path))]
        found = [
            Source(str(file), _task(file)) for file in sorted(path.parent.glob(_escaped(path.name) + ".*"))
        ]
    except (OSError, ValueError) as error:
        raise _refusal(name, error) from error
    found = [source for source in found if source.tid is not None]
    if not found:
        raise UnreadableError(
            f"{name} does not exist", "check the path; a prefix stands for PREFIX.1234 files"
        )
    return found


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


def _escaped(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


def _opened(name: str) -> AbstractContextManager[io.BufferedReader]:
    if name == STDIN:
        return nullcontext(cast("io.BufferedReader", sys.stdin.buffer))
    return Path(name).open("rb")


def _unpacked(raw: io.BufferedReader, name: str) -> AbstractContextManager[io.BufferedReader]:
    """Return the bytes of a file as they were before it was packed; its first bytes say how that was done."""
    start = raw.peek(8)[:8]
    match next((how for magic, how in MAGIC.items() if start.startswith(magic)), None):
        case "gzip":
            return _buffered(gzip.GzipFile(fileobj=raw))
        case "xz":
            return _buffered(lzma.LZMAFile(raw))
        case "zstd":
            return _buffered(_zstd(raw, name))
    return nullcontext(raw)


def _buffered(stream: Any) -> io.BufferedReader:
    return io.BufferedReader(stream)


def _zstd(raw: io.BufferedReader, name: str) -> Any:
    try:
        zstandard = importlib.import_module("zstandard")
    except ImportError as error:
        hint = "install the package zstandard, or unpack the file first: unzstd FILE"
        raise UnreadableError(
            f"{name} is packed with zstd, which this installation cannot read", hint
        ) from error
    return zstandard.ZstdDecompressor().stream_reader(raw)


def _refusal(name: str, error: Exception) -> UnreadableError:
    reason = getattr(error, "strerror", None) or str(error)
    hint = "check the path"
    if isinstance(error, PermissionError):
        hint = "trace files belong to who wrote them: read it as that user, or change its mode"
    return UnreadableError(f"{name} cannot be read: {reason}", hint)

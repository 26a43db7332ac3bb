"""The file of a student's answers: a small regular one, in UTF-8, under one of two names."""

import codecs
import difflib
import os
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

from tracekit.lab.submissions.files import BadSubmissionError, read

LIMIT: Final = 64 * 1024
"""Bytes that a file of answers may have."""
NAMES: Final = ("answers.toml", "answers.json")

SEEN: Final = 200
"""Names of a folder that are looked at for one that was meant."""


class RefusedError(Exception):
    """A file, or one line of it, is not read or understood.

    Attributes:
        line: where, from 1; None when it is about the whole file.
        column: the same.
        field: which field it is about; empty when it is about more than one.
    """

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        """Keep the message and the place."""
        super().__init__(message)
        self.line, self.column, self.field = line, column, ""


def find(folder: Path) -> tuple[str, bytes]:
    """Return the name and the bytes of the answers in a folder.

    Raises:
        RefusedError: there are none, or two, or they are not to be read.
    """
    there = [name for name in NAMES if os.path.lexists(folder / name)]
    if len(there) > 1:
        raise RefusedError("both answers.toml and answers.json are here: keep one of them")
    if not there:
        raise RefusedError("there is no answers.toml" + _meant(folder))
    try:
        return there[0], read(folder / there[0], LIMIT)
    except BadSubmissionError as error:
        raise RefusedError(error.message) from None


def decode(data: bytes) -> str:
    """Return the text of a file: UTF-8, with or without a byte order mark.

    Raises:
        RefusedError: it is not UTF-8.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise RefusedError("the file is saved as UTF-16; save it as UTF-8", 1, 1)
    try:
        data = data.removeprefix(codecs.BOM_UTF8)
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode()) + 1
        byte = data[error.start]
        raise RefusedError(
            f"the byte 0x{byte:02x} is no UTF-8; save the file as UTF-8", line, column
        ) from None


def _meant(folder: Path) -> str:
    """Return a remark about a file with nearly the right name."""
    with suppress(OSError), os.scandir(folder) as entries:
        names = sorted(entry.name for entry in islice(entries, SEEN))
        lower = {name.casefold(): name for name in names if name.isascii() and name.isprintable()}
        if close := difflib.get_close_matches("answers.toml", lower, 1, 0.8):
            return f"; {lower[close[0]]!r} has to be called answers.toml"
    return ""

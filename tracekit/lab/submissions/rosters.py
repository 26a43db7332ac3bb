"""The list of a course's students: an id a line, or a table with a column of ids."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tracekit.errors import UnreadableError, UsageError
from tracekit.lab.submissions import student_id

COLUMNS: Final = (
    "id",
    "student",
    "student id",
    "student_id",
    "studentid",
    "username",
    "user",
    "login",
    "email",
)
"""What a column of ids may be called, the better names first."""
DELIMITERS: Final = ",;\t"
COMMENT: Final = "#"


def roster(path: Path) -> list[str]:
    """Return the students of a list, in its order.

    It is UTF-8 text: an id a line, ``#`` before a comment; or CSV (separated by commas, semicolons or
    tabs) whose first line names the columns, one of them ``id`` or another of COLUMNS.

    Raises:
        UnreadableError: the file cannot be read, or is no text.
        UsageError: a line has no id or no good one, one is there twice, or there is none at all.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}", "give a list of ids") from None
    except UnicodeDecodeError as error:
        raise UnreadableError(
            f"{path} is no UTF-8 text (byte {error.start + 1})", "save it as UTF-8"
        ) from None
    found: dict[str, int] = {}
    for line, given in _ids(path, text.splitlines()):
        try:
            student = student_id(given)
        except UsageError as error:
            raise UsageError(f"{path}:{line}: {error.message}", error.hint) from None
        if student in found:
            raise UsageError(f"{path}:{line}: {student} is in line {found[student]} already", "take one away")
        found[student] = line
    if not found:
        raise UsageError(f"{path} names no student", "write an id a line")
    return list(found)


def _ids(path: Path, lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the number of a line and the id in it."""
    first = next((line for line in lines if line.strip() and not line.startswith(COMMENT)), "")
    delimiter = max(DELIMITERS, key=first.count)
    header = [cell.strip().casefold() for cell in next(csv.reader([first], delimiter=delimiter), [])]
    column = next((header.index(name) for name in COLUMNS if name in header), None)
    if column is None:
        if len(header) > 1:
            raise UsageError(f"{path} is a table without a column of ids", "call that column id")
        yield from (
            (number, given)
            for number, line in enumerate(lines, 1)
            if (given := line.partition(COMMENT)[0].strip())
        )
        return
    begin = lines.index(first) + 1
    rows = csv.reader(lines[begin:], delimiter=delimiter)
    for row in rows:
        if any(cell.strip() for cell in row):
            yield begin + rows.line_num, row[column].strip() if column < len(row) else ""

"""Records in shared memory: numbers, each an int64, and short texts, at places that never change."""

import mmap

CELL = 8  # bytes of an int64


class Cell:
    """One number of a record."""

    def __init__(self, index: int) -> None:
        self._index = index

    def __get__(self, record: "Record", owner: type["Record"]) -> int:
        return record.cells[record.at + self._index]

    def __set__(self, record: "Record", value: int) -> None:
        record.cells[record.at + self._index] = value


class Text:
    """One short text of a record, cut off so that a NUL has room in its size in bytes."""

    def __init__(self, start: int, size: int) -> None:
        self._start = start * CELL
        self._size = size

    def __get__(self, record: "Record", owner: type["Record"]) -> bytes:
        start = record.at * CELL + self._start
        return record.memory[start : start + self._size].partition(b"\0")[0]

    def __set__(self, record: "Record", value: bytes) -> None:
        start = record.at * CELL + self._start
        record.memory[start : start + self._size] = value[: self._size - 1].ljust(self._size, b"\0")


class Record:
    """Some cells of the shared memory."""

    __slots__ = ("at", "cells", "memory")
    CELLS = 0

    def __init__(self, memory: mmap.mmap, cells: "memoryview[int]", at: int) -> None:
        self.memory = memory
        self.cells = cells
        self.at = at

    def clear(self) -> None:
        """Set everything to 0."""
        self.memory[self.at * CELL : (self.at + self.CELLS) * CELL] = bytes(self.CELLS * CELL)

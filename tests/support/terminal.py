"""A terminal for a program to write to, and what it shows in the end."""

import os
import pty
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO


class Screen:
    """What was written to a terminal; complete when the block that made the terminal is over."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    @property
    def text(self) -> str:
        r"""What was written, with the ``\n`` that the program wrote and not what the terminal made of it."""
        return b"".join(self._parts).decode().replace("\r\n", "\n")

    def read(self, controller: int) -> None:
        """Take in what is written, until nobody has the terminal open any more (EIO, pty(7))."""
        try:
            while part := os.read(controller, 4096):
                self._parts.append(part)
        except OSError:
            return


@contextmanager
def terminal() -> Iterator[tuple[BinaryIO, Screen]]:
    """Yield a terminal that is open for writing, and its screen."""
    controller, end = pty.openpty()
    screen = Screen()
    reader = threading.Thread(target=screen.read, args=(controller,))
    reader.start()
    try:
        with os.fdopen(end, "wb") as out:
            yield out, screen
    finally:
        reader.join()
        os.close(controller)

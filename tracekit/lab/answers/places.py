"""Where each key and each member of a list stands, in TOML and in JSON.

The parsers of both do not tell. This one understands no more than keys, brackets and strings, and is asked
about texts that a parser has read: of others it may tell less, or something wrong.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

from tracekit.lab.answers.model import Place

Path = tuple[str | int, ...]
"""Names of keys, and numbers of members from 0: ``("evidence", 2, "line")``."""

TOKEN: Final = re.compile(
    r"""(?P<string>\"{3}(?s:.*?)\"{3}|'{3}(?s:.*?)'{3}|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
    r"|(?P<comment>\#[^\n]*+)"
    r"|(?P<open>[\[{])|(?P<close>[\]}])|(?P<comma>,)|(?P<is>[=:])|(?P<end>\n)"
    r"""|(?P<word>[^\s\[\]{},=:"'\#]++)"""
)
HEADER: Final = re.compile(r"\[(\[?)([^\[\]\n]*)\]\]?")


@dataclass
class _Frame:
    """What is open: a table or a list, what it is the value of, and how far it was read."""

    path: Path
    table: bool
    member: int = 0
    key: list[str] = field(default_factory=list)
    start: int = 0
    begun: bool = False

    def next(self) -> None:
        """Go on to the next member."""
        self.member, self.key, self.begun = self.member + 1, [], False

    def here(self) -> Path:
        """Return the path of the member that is read."""
        return (*self.path, *self.key) if self.table else (*self.path, self.member)


class Places(dict[Path, Place]):
    """The places of a text, by path.

    Attributes:
        again: the keys that were there before, and where they stand once more.
    """

    def __init__(self, text: str, *, toml: bool) -> None:
        """Find them.

        Args:
            text: of the file.
            toml: whether it is TOML; JSON otherwise.
        """
        super().__init__()
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self._toml = toml
        self.again: list[tuple[Path, Place]] = []
        self._counts: dict[str, int] = {}
        self._open = [_Frame((), table=toml)]
        skip = 0
        for token in TOKEN.finditer(text):
            if token.start() < skip:
                continue
            frame = self._open[-1]
            header = self._is_bare(frame) and HEADER.match(text, token.start())
            if header:
                self._section(header)
                skip = header.end()
            else:
                self._take(frame, token.lastgroup or "", token[0], token.start())

    def nearest(self, path: Path) -> Place | None:
        """Return the place of what stands there, or else of the innermost thing around it that has one."""
        while path and path not in self:
            path = path[:-1]
        return self.get(path)

    def _is_bare(self, frame: _Frame) -> bool:
        return self._toml and len(self._open) == 1 and not frame.key

    def _section(self, header: re.Match[str]) -> None:
        """Take in ``[name]`` or ``[[name]]``."""
        names: Path = tuple(_names(header[2].strip()))
        if header[1]:
            count = self._counts.get(header[2], 0)
            self._counts[header[2]] = count + 1
            self._note(names, header.start())
            names = (*names, count)
        self._note(names, header.start())
        self._open = [_Frame(names, table=True)]

    def _take(self, frame: _Frame, kind: str, text: str, start: int) -> None:
        """Take in one token."""
        if kind == "close":
            if len(self._open) > 1:
                self._open.pop()
        elif kind == "comma" or (kind == "end" and self._toml and len(self._open) == 1):
            frame.next()
        elif kind == "is":
            if frame.table and frame.key and not frame.begun:
                frame.begun = True
                self._note_key(frame)
        elif kind in ("string", "word") and frame.table and not frame.begun:
            frame.start = start if not frame.key else frame.start
            frame.key += _names(text)
        elif kind in ("string", "word", "open"):
            self._value(frame, text, start)

    def _value(self, frame: _Frame, text: str, start: int) -> None:
        if not frame.table:
            self._note(frame.here(), start)
        if text in ("[", "{"):
            whole = not self._toml and len(self._open) == 1
            self._open.append(_Frame(() if whole else frame.here(), table=text == "{"))

    def _note_key(self, frame: _Frame) -> None:
        """Note a key, and what a dotted one makes on its way."""
        for parts in range(1, len(frame.key)):
            self._note((*frame.path, *frame.key[:parts]), frame.start)
        self._note(frame.here(), frame.start, key=True)

    def _note(self, path: Path, start: int, *, key: bool = False) -> None:
        line = bisect_right(self._lines, start)
        place = Place(line, start - self._lines[line - 1] + 1)
        if key and path in self:
            self.again.append((path, place))
        self.setdefault(path, place)


def deep(text: str, limit: int) -> Place | None:
    """Return the place of the first bracket that stands in more others than that."""
    depth = 0
    for token in TOKEN.finditer(text):
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        if depth > limit:
            return place_of(text, token.start())
    return None


def place_of(text: str, start: int) -> Place:
    """Return the place of a character by its number from 0."""
    return Place(text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))


def _names(text: str) -> list[str]:
    """Return the parts of a key, or of a part of it."""
    if text[:1] in ("'", '"'):
        return [text[1:-1]]
    return [part.strip() for part in text.split(".") if part.strip()]

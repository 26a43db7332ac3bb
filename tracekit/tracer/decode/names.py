"""Named constants as strace's -X has them: by name, as numbers, or as numbers with names in a comment."""

from typing import Final, Protocol

from tracekit.syscalls import ConstantSet, constants

_SIGN_BIT: Final = 0x80000000
_MOST_TEXTS: Final = 4096  # values come from the traced program: keep the memory bounded


def hexadecimal(value: int) -> str:
    """A number as C's ``%#x`` prints it."""
    return hex(value) if value else "0"


class Notes(Protocol):
    """What is told of tasks beside their numbers (``--decode-pids``)."""

    tid: int
    """The task that stands still, and sees the numbers."""

    def note(self, number: int, kind: str) -> str:
        """What stands behind a number of this kind: tid, tgid, pgid, sid."""
        ...


class Names:
    """The texts of constants in one of three styles: abbrev, raw or verbose (xlat.c of strace)."""

    def __init__(self, style: str = "abbrev", tasks: Notes | None = None) -> None:
        """Texts of this style; numbers of tasks stand alone when nobody has notes on them."""
        self.style = style
        self._tasks = tasks
        self._texts: dict[tuple[str, int], str] = {}

    def spell(self, name: str, value: int) -> str:
        """A value of a constant set by its name: ``SEEK_SET``, ``0x77 /* PROT_??? */``, ``O_CREAT|0x8``."""
        text = self._texts.get((name, value))
        if text is None:
            if len(self._texts) > _MOST_TEXTS:
                self._texts.clear()
            text = self._texts[name, value] = self._spelt(constants(name), value)
        return text

    def task(self, number: int, kind: str = "tgid") -> str:
        """The number of a task or of several, with what is told of it: ``12<sh>``."""
        return str(number) if self._tasks is None else f"{number}{self._tasks.note(number, kind)}"

    def task_or_group(self, number: int) -> str:
        """The same of a number whose sign says which it is (kill(2))."""
        if self._tasks is None or number >= 0:
            return self.task(number)
        return f"{number}{self._tasks.note(-number, 'pgid') if number < -1 else ''}"

    def seen_by(self, tid: int) -> None:
        """Numbers are those that this task sees, which stands still."""
        if self._tasks is not None:
            self._tasks.tid = tid

    def more(self, name: str, value: int, separator: str = "|") -> str:
        """Flags that go on after other text: ``|O_CLOEXEC``, ``|0x8``; nothing for 0."""
        return separator + self.bare(name, value) if value else ""

    def bare(self, name: str, value: int) -> str:
        """Flags by name, where unknown ones are numbers without a comment; a name or nothing for 0."""
        table = constants(name)
        if self.style == "raw":
            return hex(value) if value else ""
        if not _found(table, value):
            return hex(value) if value else ""
        return self._flags(table, value)

    def word(self, plain: str, text: str | None) -> str:
        """A value with its own way to be put in words: the number alone, the words, or both."""
        if text is None or self.style == "raw":
            return plain
        return text if self.style == "abbrev" else f"{plain} /* {text} */"

    def aside(self, name: str, value: int) -> str | None:
        """Flags for the parentheses beside a return value; None where no name fits, and in raw style."""
        found = [] if self.style == "raw" else _found(constants(name), value)
        return "|".join(found) or None

    def noted(self, plain: str, text: str | None) -> str:
        """A return value with a text in parentheses beside it, unless there is none or style is raw."""
        return plain if text is None or self.style == "raw" else f"{plain} ({text})"

    def explained(self, name: str, value: int) -> str:
        """A value whose name no user program has: the number, and beside it the name, unless style is raw."""
        return (self if self.style == "raw" else _VERBOSE).spell(name, value)

    def _spelt(self, table: ConstantSet, value: int) -> str:
        plain = table.number(value)
        if self.style == "raw":
            return plain
        if table.style == "flags":
            return self._flags(table, value)
        name = table.names.get(value)
        if name is None and _SIGN_BIT <= value < 2 * _SIGN_BIT:  # a negative int of C
            name = table.names.get(value - 2 * _SIGN_BIT)
        return self.word(plain, name) if name else _commented(plain, table.unknown)

    def _flags(self, table: ConstantSet, value: int) -> str:
        found = _found(table, value)
        if found:
            return self.word(table.number(value), "|".join(found))
        return _commented(table.number(value), table.unknown) if value else "0"


_VERBOSE: Final = Names("verbose")

WORDS: Final = Names()
"""The names alone: of these, texts are put together that ``Names.word`` then shows in its style."""


def _found(table: ConstantSet, value: int) -> list[str]:
    """The names of or-ed flags, what is left over in hexadecimal; empty when there is no name at all."""
    if not value:
        return [table.names[0]] if 0 in table.names else []
    found = []
    rest = value
    for name, bits in table.values.items():
        if bits and rest & bits == bits:
            found.append(name)
            rest &= ~bits
            if not rest:
                break
    return [*found, hex(rest)] if found and rest else found


def _commented(value: str, mark: str) -> str:
    """A value without a name: ``0x77 /* PROT_??? */``."""
    return value if mark == "-" else f"{value} /* {mark} */"

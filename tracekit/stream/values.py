"""What an argument of a call can be, once its text is read.

One frozen class a shape of strace's ``print_fields.c``. A value keeps what was
printed and means nothing more: which constant a number stands for, or which
file a descriptor is, is for others to say. Each carries the comment that
followed it (``-100 /* AT_FDCWD */``), or an empty string.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Value:
    """One argument, or a part of one."""

    comment: str = field(default="", kw_only=True)
    """The text between ``/*`` and ``*/`` right behind the value, without the blanks at its ends."""


@dataclass(frozen=True, slots=True)
class String(Value):
    r"""``"GET /\r\n"...``: bytes, and whether strace cut them at ``-s`` (``cut``)."""

    data: bytes
    cut: bool = False
    abstract: bool = False
    """True for ``@"name"``: an abstract socket name, which begins with a NUL that is not in ``data``."""


@dataclass(frozen=True, slots=True)
class Integer(Value):
    """``12``, ``-1``, ``0x7f``, ``0644``: the number, and its text."""

    value: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Name(Value):
    """``O_RDONLY``, ``NULL``, ``SIGTERM``, a signal in a set: one symbol."""

    text: str


@dataclass(frozen=True, slots=True)
class Flags(Value):
    """``O_RDWR|O_CREAT|0x40``: its parts in order, each a Name, an Integer or an Operation."""

    parts: tuple[Value, ...]

    @property
    def names(self) -> frozenset[str]:
        """The symbols among the parts."""
        return frozenset(part.text for part in self.parts if isinstance(part, Name))


@dataclass(frozen=True, slots=True)
class Descriptor(Value):
    """``3</srv/www/index.html>``, ``AT_FDCWD</srv>``, and a pid with its command, ``10652<sh>``."""

    number: int | None
    """None when a symbol stands in the number's place: ``AT_FDCWD``."""
    annotation: str
    """What stands between ``<`` and ``>``, as printed. ``tracekit.stream.annotation`` understands it."""
    name: str = ""
    """The symbol in the number's place."""
    deleted: bool = False
    """True when ``(deleted)`` follows the annotation."""


@dataclass(frozen=True, slots=True)
class Field(Value):
    """``st_size=45`` in a struct, ``flags=SIGCHLD`` among arguments; an unnamed member has an empty name."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Struct(Value):
    """``{st_mode=S_IFREG|0644, ...}``; ``cut`` when strace left members out (``...``)."""

    fields: tuple[Field, ...]
    cut: bool = False

    def get(self, name: str) -> Value | None:
        """Return the member of that name, or None."""
        return next((member.value for member in self.fields if member.name == name), None)

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)


@dataclass(frozen=True, slots=True)
class Array(Value):
    """``["x", "-c"]``, ``[128 => 28]``; ``cut`` when strace left items out (``...``)."""

    items: tuple[Value, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Set(Value):
    """``[USR1 USR2]``, ``~[KILL STOP]`` (``negated``). A set of one prints, and reads, as an Array."""

    items: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Function(Value):
    """``htons(80)``, ``makedev(0xfe, 0)``, ``inet_addr("127.0.0.1")``."""

    name: str
    args: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Operation(Value):
    """``8192*1024``, ``1<<CAP_CHOWN``, ``TCGETS or SNDCTL``, ``WEXITSTATUS(s) == 0``."""

    operator: str
    operands: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Change(Value):
    """``16 => 0``: what it was when the call began, and when it returned."""

    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Unknown(Value):
    """``???``, ``...`` in the place of a value, or a text that the grammar does not know, as printed."""

    text: str = "???"


@dataclass(frozen=True, slots=True)
class Return:
    """The text behind ``= ``, read.

    ``text`` is all of it as printed; ``number`` is None for ``?``, and signed
    64-bit otherwise; ``descriptor`` is the returned fd or pid with its
    annotation; ``errno`` a symbol (``errno`` alone for a number without one:
    ``(errno 12345)`` is ``12345``); ``notes`` what stands in parentheses.
    """

    text: str
    number: int | None = None
    descriptor: Descriptor | None = None
    errno: str | None = None
    notes: tuple[str, ...] = ()

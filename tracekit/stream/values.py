"""What an argument of a call can be, once its text is read.

One class a shape of strace's ``print_fields.c``. A value keeps what was
printed and means nothing more: which constant a number stands for, or which
file a descriptor is, is for others to say. Each carries the comment that
followed it (``-100 /* AT_FDCWD */``), or an empty string.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import TypeVar, dataclass_transform

Shape = TypeVar("Shape")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def shape(cls: type[Shape]) -> type[Shape]:
    """Make a class of values, equal and hashed by their parts.

    They are shared, so nothing may change them: the type checker sees to that. ``frozen`` at run
    time would make each take six times as long, and a log has millions.
    """
    return dataclass(slots=True, unsafe_hash=True, repr=False)(cls)


class Shown:
    """Shows a value as the call that makes it, without what is as usual: ``String(b'GET', cut=True)``."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return that call; ``eval`` of it, with the classes of this module, gives an equal value."""
        parts, in_order = [], True
        for each in sorted(fields(self), key=lambda each: bool(each.kw_only)):  # type: ignore[arg-type]
            value = getattr(self, each.name)
            usual = value == each.default
            in_order = in_order and not (usual or each.kw_only or value is True)
            if not usual:
                parts.append(repr(value) if in_order else f"{each.name}={value!r}")
        return f"{type(self).__name__}({', '.join(parts)})"


@shape
class Value(Shown):
    """One argument, or a part of one."""

    comment: str = field(default="", kw_only=True)
    """The text between ``/*`` and ``*/`` right behind the value, without the blanks at its ends; or its
    security context, with the brackets (``--secontext``)."""


@shape
class String(Value):
    r"""``"GET /\r\n"...``: bytes, and whether strace cut them at ``-s`` (``cut``)."""

    data: bytes
    cut: bool = False
    abstract: bool = False
    """True for ``@"name"``: an abstract socket name, which begins with a NUL that is not in ``data``."""


@shape
class Character(Value):
    r"""``'S'``, ``'\\x0d'``: one byte, as the terminals' and video's tables print it."""

    code: int


@shape
class Integer(Value):
    """``12``, ``-1``, ``0x7f``, ``0644``: the number, and its text."""

    value: int
    text: str = ""


@shape
class Name(Value):
    """``O_RDONLY``, ``NULL``, ``SIGTERM``, a signal in a set, ``52:54:00:12:34:56``: one symbol or word."""

    text: str


@shape
class Flags(Value):
    """``O_RDWR|O_CREAT|0x40``: its parts in order, each a Name, an Integer or an Operation."""

    parts: tuple[Value, ...]

    @property
    def names(self) -> frozenset[str]:
        """The symbols among the parts."""
        return frozenset().union(*map(symbols, self.parts))


@shape
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


@shape
class Field(Value):
    """``st_size=45`` in a struct, ``flags=SIGCHLD`` among arguments; an unnamed member has an empty name."""

    name: str
    value: Value


@shape
class Struct(Value):
    """``{st_mode=S_IFREG|0644, ...}``; ``cut`` when strace left members out (``...``)."""

    fields: tuple[Field, ...]
    cut: bool = False

    def get(self, name: str) -> Value | None:
        """Return the member of that name, or None."""
        return next((member.value for member in self.fields if member.name == name), None)

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)


@shape
class Array(Value):
    """``["x", "-c"]``, ``[128 => 28]``; ``cut`` when strace left items out (``...``)."""

    items: tuple[Value, ...]
    cut: bool = False


@shape
class Set(Value):
    """``[USR1 USR2]``, ``~[KILL STOP]`` (``negated``). A set of one prints, and reads, as an Array.

    ``cut`` when strace left items out (``...``).
    """

    items: tuple[Value, ...]
    negated: bool = False
    cut: bool = False


@shape
class Function(Value):
    """``htons(80)``, ``makedev(0xfe, 0)``, ``inet_addr("127.0.0.1")``."""

    name: str
    args: tuple[Value, ...]


@shape
class Operation(Value):
    """``8192*1024``, ``1<<CAP_CHOWN``, ``TCGETS or SNDCTL``, ``WEXITSTATUS(s) == 0``; ``-ENOENT`` has one."""

    operator: str
    operands: tuple[Value, ...]


@shape
class Change(Value):
    """``16 => 0``: what it was when the call began, and when it returned."""

    before: Value
    after: Value
    """A Field when the name stands on both sides: ``features=0 => features=UFFD_FEATURE_SIGBUS``."""


@shape
class Unknown(Value):
    """``???``, ``...`` in the place of a value, or a text that the grammar does not know, as printed."""

    text: str = "???"


@shape
class Return(Shown):
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
    comment: str = ""


def symbols(value: Value) -> frozenset[str]:
    """Return the names in a value: one, or a set of flags; or behind the numbers that -X verbose prints."""
    match value:
        case Flags():
            return value.names
        case Name(text):
            return frozenset({text})
        case Integer(comment=comment) if comment:
            return frozenset(comment.split("|"))
    return frozenset()

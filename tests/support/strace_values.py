r"""Values as strace prints them, with what they mean: the truth that the reader is held against.

Nothing here is the project's own: the tokens are those of strace's src/print_fields.c, the strings
those of ``string_quote`` in its src/util.c. A value is drawn as its tokens, between which strace may
be interrupted, and its meaning in plain tuples; `meaning` brings the reader's values to the same form.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tracekit.stream.values import Value

Meaning = tuple[Any, ...]
LETTERS = {9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}
TRICKS = (
    b') = 5 <0.1>" <unfinished ...> resumed> /* , {[(=> \\',
    b'/tmp/f) = 7", O_RDONLY) = 3',
    b"\n1234  +++ exited with 0 +++\n",
    b"\x1b[31m0123",
    b"strace: Process 9 attached",
)
"""What a client would send to be taken for strace."""


class Piece(NamedTuple):
    """A value, written: its tokens, and what it means."""

    tokens: tuple[str, ...]
    means: Meaning

    @property
    def text(self) -> str:
        return "".join(self.tokens)


def quoted(data: bytes, style: str = "") -> str:
    """Escape bytes in strace's three styles: octal where needed, ``-x`` and ``-xx``."""
    plain = all(32 <= byte < 127 or byte in LETTERS for byte in data)
    if style == "-xx" or (style == "-x" and not plain):
        return "".join(f"\\x{byte:02x}" for byte in data)
    return "".join(_escaped(byte, data[place + 1 : place + 2]) for place, byte in enumerate(data))


def _escaped(byte: int, following: bytes) -> str:
    if byte in LETTERS:
        return "\\" + LETTERS[byte]
    if 32 <= byte < 127:
        return chr(byte)
    return f"\\{byte:03o}" if following.isdigit() else f"\\{byte:o}"


def listed(pieces: Sequence[Piece], between: str = ", ") -> tuple[str, ...]:
    """Return the tokens of a list."""
    tokens: list[str] = []
    for place, piece in enumerate(pieces):
        tokens += [*([between] if place else []), *piece.tokens]
    return tuple(tokens)


def meaning(value: Value) -> Meaning:
    """Return one of the reader's values in the plain form: its class, its fields, and its comment."""
    parts = [_plain(getattr(value, each.name)) for each in fields(value) if each.name != "comment"]
    means = (type(value).__name__, *parts)
    return (*means, "/*", value.comment) if value.comment else means


def _plain(part: Any) -> Any:
    if isinstance(part, tuple):
        return tuple(_plain(each) for each in part)
    return meaning(part) if isinstance(part, Value) else part


def _string(data: bytes, style: str, cut: bool, abstract: bool) -> Piece:
    text = ("@" if abstract else "") + f'"{quoted(data, style)}"' + ("..." if cut else "")
    return Piece((text,), ("String", data, cut, abstract))


def _descriptor(number: int | str, annotation: str, deleted: bool) -> Piece:
    text = f"{number}<{annotation}>" + ("(deleted)" if deleted else "")
    named = isinstance(number, str)
    return Piece(
        (text,),
        ("Descriptor", None if named else number, annotation, number if named else "", deleted),
    )


def _integer(number: int, text: str) -> Piece:
    return Piece((text,), ("Integer", number, text))


def _struct(members: list[Piece], cut: bool) -> Piece:
    ends = [*members, *([ELLIPSIS] if cut else [])]
    means = tuple(m.means if m.means[0] == "Field" else ("Field", "", m.means) for m in members)
    return Piece(("{", *listed(ends), "}"), ("Struct", means, cut))


def _array(items: list[Piece], cut: bool) -> Piece:
    ends = [*items, *([ELLIPSIS] if cut else [])]
    return Piece(("[", *listed(ends), "]"), ("Array", tuple(item.means for item in items), cut))


def _set(items: list[Piece], negated: bool) -> Piece:
    text = ("~[" if negated else "[") + " ".join(item.text for item in items) + "]"
    return Piece((text,), ("Set", tuple(item.means for item in items), negated, False))


def _function(name: str, args: list[Piece]) -> Piece:
    """Return one token: strace is in no function's parentheses when a call begins (nor in an operation)."""
    return Piece((f"{name}({''.join(listed(args))})",), ("Function", name, tuple(arg.means for arg in args)))


def _operation(operator: str, operands: list[Piece]) -> Piece:
    between = f" {operator} " if operator in SPACED else operator
    text = "".join(listed(operands, between))
    return Piece((text,), ("Operation", operator, tuple(each.means for each in operands)))


def _flags(parts: list[Piece]) -> Piece:
    return Piece(listed(parts, "|"), ("Flags", tuple(part.means for part in parts)))


def _change(before: Piece, after: Piece) -> Piece:
    return Piece((*before.tokens, " => ", *after.tokens), ("Change", before.means, after.means))


def _field(name: str, inner: Piece) -> Piece:
    return Piece((f"{name}=", *inner.tokens), ("Field", name, inner.means))


def _commented(inner: Piece, comment: str, before: bool) -> Piece:
    mark = f"/* {comment} */"
    tokens = (f"{mark} ", *inner.tokens) if before else (*inner.tokens, f" {mark}")
    return Piece(tokens, (*inner.means, "/*", comment))


SPACED = {"or", "==", "&&", "||"}
"""Operators that strace sets between blanks."""
ELLIPSIS = Piece(("...",), ())
NAMES = ["NULL", "O_RDWR", "O_CREAT", "S_IFREG", "SIGTERM", "RT_1", "RTMIN", "AF_INET6", "CAP_CHOWN", "B9600"]
FIELDS = ["st_mode", "iov_base", "flags", "tv_nsec", "l_type", "u64", "si_pid", "msg_name", "x"]
COMMENTS = [
    "35 vars",
    "6 entries",
    "0.01 s",
    "PR_???",
    "Bad address",
    "2026-11-23T04:35:52.480846467+0000",
    "13081 in strace's PID NS",
    'arg2 = 5, (arg3 = "7',
]
SOCKETS = [
    "TCP:[127.0.0.1:80->127.0.0.1:4]",
    "TCPv6:[[::]:80]",
    "TCP:[389516]",
    'UNIX-STREAM:[389527,@"abs"]',
    'UNIX-STREAM:[7->8,"/run/a]>b) = 3"]',
    "UNIX-STREAM:[1->2]",
    "NETLINK:[ROUTE:4242]",
    "pipe:[3]",
    "anon_inode:[eventpoll]",
    "anon_inode:inotify",
    "signalfd:[USR1]",
    "pid:13128",
    "apache2",
    "/dev/null<char 1:3>",
    "/dev/sda<block 8:0>",
    "/tmp/x (deleted)",
]
_letters = st.sampled_from([*"/abc, ()=\"'{}[]|-:*#", r"\74", r"\76", r"\n", r"\377", "..."])
_paths = st.lists(_letters, max_size=8).map(lambda parts: "/" + "".join(parts))
annotations = st.one_of(_paths, st.sampled_from(SOCKETS))
_bytes = st.one_of(st.binary(max_size=12), st.sampled_from(TRICKS))
strings = st.builds(
    _string,
    _bytes,
    st.sampled_from(["", "", "-x", "-xx"]),
    st.booleans(),
    st.sampled_from([False] * 5 + [True]),
)
descriptors = st.builds(
    _descriptor,
    st.one_of(st.integers(0, 1 << 31), st.just("AT_FDCWD")),
    annotations,
    st.sampled_from([False] * 4 + [True]),
)
_decimal = st.integers(-(1 << 63), 1 << 64).map(lambda n: _integer(n, str(n)))
_hexadecimal = st.integers(0, 1 << 64).map(lambda n: _integer(n, hex(n)))
_octal = st.integers(1, 0o7777).map(lambda n: _integer(n, f"0{n:03o}"))
integers = st.one_of(_decimal, _hexadecimal, _octal)
names = st.sampled_from(NAMES).map(lambda text: Piece((text,), ("Name", text)))
_unknown = st.just(Piece(("???",), ("Unknown", "???")))
_few = st.sampled_from([False, False, True])


def _composed(inner: st.SearchStrategy[Piece]) -> st.SearchStrategy[Piece]:
    """Values that hold others, one level up."""
    commented = st.builds(_commented, plain, st.sampled_from(COMMENTS), st.booleans())
    terms = st.one_of(inner, commented)
    indexed = st.builds(_field, st.integers(0, 30).map(lambda n: f"[{n}]"), terms)
    member = st.one_of(st.builds(_field, st.sampled_from(FIELDS), terms), terms)
    return st.one_of(
        commented,
        st.builds(_array, st.lists(terms, max_size=3), _few),
        st.builds(_struct, st.lists(member, max_size=4), _few),
        st.builds(_struct, st.lists(indexed, min_size=1, max_size=3), _few),
        st.builds(
            _set, st.lists(st.one_of(names, descriptors), min_size=2, max_size=4), st.just(value=False)
        ),
        st.builds(_set, st.lists(names, max_size=3), st.just(value=True)),
        st.builds(_function, st.sampled_from(["makedev", "htons", "inet_pton"]), st.lists(terms, max_size=3)),
    )


plain: st.SearchStrategy[Piece] = st.one_of(strings, integers, descriptors, names, _unknown)
terms: st.SearchStrategy[Piece] = st.recursive(plain, _composed, max_leaves=6)
_shifts = st.builds(
    _operation, st.sampled_from(["<<", "*"]), st.tuples(integers, st.one_of(names, integers)).map(list)
)
_flag = st.one_of(names, _hexadecimal, _shifts)
flags = st.lists(_flag, min_size=2, max_size=4).map(_flags)
_conditions = st.builds(
    _operation,
    st.sampled_from(["==", "or"]),
    st.tuples(
        st.one_of(names, st.builds(_function, st.just("WTERMSIG"), st.lists(names, max_size=1))), names
    ).map(list),
)
_values = st.one_of(terms, flags, _shifts, _conditions)
values: st.SearchStrategy[Piece] = st.one_of(
    _values, _values, st.builds(_change, st.one_of(terms, flags), st.one_of(terms, flags))
)
arguments = st.one_of(values, values, st.builds(_field, st.sampled_from(FIELDS), values))
"""One argument; some bear their name (``clone``, and all of them under ``-N``)."""

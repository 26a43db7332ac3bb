"""Names that threads hand to the kernel: what was opened, and what was asked about."""

import re
from functools import lru_cache
from typing import NamedTuple

from tracekit.analyzers.state import arguments, paths
from tracekit.analyzers.state.arguments import NOTHING
from tracekit.analyzers.state.calls import by_call
from tracekit.analyzers.state.connections import Name
from tracekit.analyzers.state.effects import Effect
from tracekit.analyzers.state.openfiles import OpenFile
from tracekit.analyzers.state.state import Opening, State, returned_annotation
from tracekit.events import Descriptor, Flags, Row, Struct, Value, symbols
from tracekit.events import Name as Symbol
from tracekit.syscalls import by_name

CREAT = Flags((Symbol("O_WRONLY"), Symbol("O_CREAT"), Symbol("O_TRUNC")))
"""What creat(2) opens with."""
REMEMBERED = 4_096
FLAGS = {"open_flags", "open_how"}
STATUS = {"*stat", "*stat64", "*oldstat", "*statx"}
PLAIN = re.compile(r'(?:(AT_FDCWD)(?:<([ -;=?-~]*)>)?, )?"([ !#-\[\]-~]*)"(?!\.)(.*)', re.DOTALL)
"""A name without escapes, relative to the working directory at most, and what follows it."""
PLAIN_FLAGS = re.compile(r", ([A-Z_]+(?:\|[A-Z_]+)*)(?:, 0\d*)?")
PLAIN_MODE = re.compile(r", [A-Z_|, ]*\{stx?_(?:[a-z]+=[^,{}]*, stx_)*mode=(S_IFREG|S_IFDIR)\b")
MODES = {"S_IFREG": "file", "S_IFDIR": "directory"}


class Asked(NamedTuple):
    """What a call of either family was given, read: texts of these calls repeat, so this is remembered.

    Attributes:
        folder: the descriptor that the name is relative to, or AT_FDCWD; None where the call has none.
        name: as given, but without dots where it is absolute; None when it could not be read.
        flags: of an open.
        kind: of what stat filled in: file, directory or unknown.
    """

    folder: Value | None
    name: str | None
    flags: frozenset[str]
    kind: str


class Places(NamedTuple):
    """Which arguments of a call are looked at; None for what it has not.

    Attributes:
        folder: the descriptor of the folder that the name is relative to.
        name: the name.
        rest: the flags of an open, the struct that stat fills.
    """

    folder: int | None
    name: int
    rest: int | None


def opening(state: State, row: Row) -> None:
    """open, creat, openat, openat2: note the name, and what its descriptor stands for."""
    asked = _opened(row.name or "", row.args or "")
    path = _resolved(state, row, asked)
    file = None
    if row.ret is not None and row.ret >= 0:
        file = OpenFile("file", path=path, opened=row)
        cloexec = "O_CLOEXEC" in asked.flags
        state.install(row, row.ret, file, cloexec=cloexec, annotation=returned_annotation(row))
        path = file.path
    if path is None:
        return
    request = state.request_of(row, path)
    jail = state.place(row).jail
    entry = Opening(path, row, asked.flags, file, state.heir_of(row) if request is None else request, jail)
    state.openings.append(entry)
    if file is not None:
        file.request = request
    if request is not None:
        directory = "directory" if "O_DIRECTORY" in asked.flags else "unknown"
        kind = directory if file else "missing"
        state.name(row, request, Name(path, kind, opened=True, row=row, file=file, jail=jail), entry)


def asking(state: State, row: Row) -> None:
    """stat, access and their like: what a name is, for the request that the thread works on."""
    if not state.work.open and row.tid not in state.work.focus and "S_IFDIR" not in (row.args or ""):
        return
    asked = _asked(row.name or "", row.args or "")
    path = _resolved(state, row, asked)
    request = state.request_of(row, path) if path else None
    if path and not state.requests and asked.kind == "directory" and row.ret == 0:
        state.checked.setdefault(path, row)
    if path and request is not None:
        kind = asked.kind if row.ret == 0 else "missing"
        jail = state.place(row).jail
        state.name(row, request, Name(path, kind, opened=False, row=row, jail=jail))


def by_handle(state: State, row: Row) -> None:
    """open_by_handle_at: a file without a name, unless an annotation tells it."""
    assert row.ret is not None
    file = OpenFile("file", opened=row)
    flags = symbols(arguments.argument(row, 2))
    state.install(row, row.ret, file, cloexec="O_CLOEXEC" in flags, annotation=returned_annotation(row))
    if file.path is not None:
        file.request = state.request_of(row, file.path)
        state.openings.append(Opening(file.path, row, flags, file, file.request))


def _resolved(state: State, row: Row, asked: Asked) -> str | None:
    """Return the name that a call was given, as an absolute path where its folder is known."""
    if not asked.name:
        return None
    if asked.name[0] == "/":
        return asked.name
    return paths.resolve(asked.name, state.folder(row, asked.folder))


def _given(value: Value) -> str | None:
    """Return the name that an argument is; without dots where it is absolute."""
    name = arguments.path(value)
    return paths.normal(name) if name and name[0] == "/" else name


@lru_cache(maxsize=REMEMBERED)
def _opened(call: str, text: str) -> Asked:
    """Read the arguments of an open."""
    plain = _plain(text, OPENS[call])
    if plain and (shown := PLAIN_FLAGS.fullmatch(plain.rest)):
        return Asked(plain.folder, plain.name, frozenset(shown[1].split("|")), "unknown")
    values = arguments.read(text)
    folder, name, flags = OPENS[call]
    how = _at(values, flags) if flags is not None else CREAT
    at, given = _at(values, folder) if folder is not None else None, _given(_at(values, name))
    if isinstance(how, Struct):
        if given and "RESOLVE_IN_ROOT" in symbols(how.get("resolve") or NOTHING):
            given = paths.inside(given)
        how = how.get("flags") or NOTHING
    return Asked(at, given, symbols(how), "unknown")


@lru_cache(maxsize=REMEMBERED)
def _asked(call: str, text: str) -> Asked:
    """Read the arguments of a stat or access."""
    plain = _plain(text, ASKS[call])
    if plain:
        shown = PLAIN_MODE.match(plain.rest) if ASKS[call].rest is not None else None
        return Asked(plain.folder, plain.name, frozenset(), MODES[shown[1]] if shown else "unknown")
    values = arguments.read(text)
    folder, name, struct = ASKS[call]
    filled = _at(values, struct) if struct is not None else NOTHING
    mode = frozenset[str]()
    if isinstance(filled, Struct):
        mode = symbols(filled.get("st_mode") or filled.get("stx_mode") or NOTHING)
    kind = next((MODES[symbol] for symbol in mode if symbol in MODES), "unknown")
    at = _at(values, folder) if folder is not None else None
    return Asked(at, _given(_at(values, name)), frozenset(), kind)


class Plain(NamedTuple):
    """Arguments that begin with a plain name: the folder's descriptor, the name, and the text behind it."""

    folder: Value | None
    name: str
    rest: str


def _plain(text: str, places: Places) -> Plain | None:
    """Read arguments as nearly all are, ten times as fast as the grammar; None for those that are not."""
    found = PLAIN.fullmatch(text)
    if found is None or (found[1] is None) != (places.folder is None):
        return None
    symbol, annotation, name, rest = found.groups()
    folder: Value | None = Symbol(symbol) if symbol else None
    if annotation is not None:
        folder = Descriptor(None, annotation, symbol)
    return Plain(folder, paths.normal(name) if name[:1] == "/" else name, rest)


def _at(values: tuple[Value, ...], index: int) -> Value:
    return values[index] if index < len(values) else NOTHING


def _places(call: str, rest: set[str]) -> Places:
    """Return where the arguments of a call stand: openat has a folder first, statx its struct last."""
    kinds = [argument.kind for argument in by_name()[call].form.arguments]
    folder = kinds.index("dirfd") if "dirfd" in kinds else None
    others = (place for place, kind in enumerate(kinds) if kind in rest)
    return Places(folder, kinds.index("path"), next(others, None))


OPENING: dict[str, Effect] = by_call({"open a name": opening})
BY_HANDLE: dict[str, Effect] = by_call({"open a handle": by_handle})
ASKING: dict[str, Effect] = by_call({"ask for a name": asking})
OPENS = {call: _places(call, FLAGS) for call in OPENING}
ASKS = {call: _places(call, STATUS) for call in ASKING}

"""Names that threads hand to the kernel: what was opened, and what was asked about."""

from tracekit.analyzers import arguments, paths
from tracekit.analyzers.arguments import NOTHING, Struct, argument, symbols
from tracekit.analyzers.arguments import Name as Symbol
from tracekit.analyzers.connections import Name
from tracekit.analyzers.descriptors import OpenFile
from tracekit.analyzers.effects import Effect
from tracekit.analyzers.state import Opening, State, returned_annotation
from tracekit.events import Row

OPENS = {"open": (None, 0, 1), "creat": (None, 0, None), "openat": (0, 1, 2), "openat2": (0, 1, 2)}
"""Call -> which argument is the folder's descriptor, the name, the flags."""

ASKS = {
    "stat": (None, 0, 1), "lstat": (None, 0, 1), "access": (None, 0, None), "stat64": (None, 0, 1),
    "newfstatat": (0, 1, 2), "fstatat64": (0, 1, 2), "statx": (0, 1, 4),
    "faccessat": (0, 1, None), "faccessat2": (0, 1, None),
}  # fmt: skip
"""Call -> which argument is the folder's descriptor, the name, the struct that it fills."""

MODES = {"S_IFREG": "file", "S_IFDIR": "directory"}


def opening(state: State, row: Row) -> None:
    """open, creat, openat, openat2: note the name, and what its descriptor stands for."""
    folder, name, flags = OPENS[row.name or ""]
    found = _name(state, row, folder, name)
    if found is None:
        if row.ret is not None and row.ret >= 0:
            file = OpenFile("file", opened=row)
            state.descriptors.install(row, row.ret, file, annotation=returned_annotation(row))
        return
    how = argument(row, flags) if flags is not None else Symbol("O_WRONLY|O_CREAT|O_TRUNC")
    if isinstance(how, Struct):
        how = how.get("flags") or NOTHING
    chosen = symbols(how)
    request = state.focus.get(row.tid)
    opened = None
    if row.ret is not None and row.ret >= 0:
        opened = OpenFile("file", path=found, opened=row)
        state.descriptors.install(
            row, row.ret, opened, cloexec="O_CLOEXEC" in chosen, annotation=returned_annotation(row)
        )
        opened.path = found
    state.openings.append(Opening(found, row, chosen, opened, request))
    if request is not None:
        directory = "directory" if "O_DIRECTORY" in chosen else "unknown"
        kind = directory if opened else "missing"
        request.names.append(Name(found, kind, opened=True, row=row, file=opened))


def asking(state: State, row: Row) -> None:
    """stat, access and their like: what a name is, for the request that the thread works on."""
    request = state.focus.get(row.tid)
    if request is None:
        return
    folder, name, struct = ASKS[row.name or ""]
    found = _name(state, row, folder, name)
    if not found:
        return
    kind = "unknown" if row.ret == 0 else "missing"
    if row.ret == 0 and struct is not None and isinstance(filled := argument(row, struct), Struct):
        mode = symbols(filled.get("st_mode") or filled.get("stx_mode") or NOTHING)
        kind = next((MODES[symbol] for symbol in mode if symbol in MODES), "unknown")
    request.names.append(Name(found, kind, opened=False, row=row))


def _name(state: State, row: Row, folder: int | None, name: int) -> str | None:
    """Return the name that a call was given, as an absolute path where its folder is known."""
    text = arguments.path(argument(row, name))
    if not text:
        return None
    base = state.folder(row, argument(row, folder) if folder is not None else None)
    return paths.resolve(text, base)


OPENING: dict[str, Effect] = dict.fromkeys(OPENS, opening)
ASKING: dict[str, Effect] = dict.fromkeys(ASKS, asking)

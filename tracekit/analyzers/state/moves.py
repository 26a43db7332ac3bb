"""Calls that change where names begin: the working directory, the root."""

from tracekit.analyzers.state import arguments, paths
from tracekit.analyzers.state.arguments import argument
from tracekit.analyzers.state.calls import by_call
from tracekit.analyzers.state.effects import Effect
from tracekit.analyzers.state.state import State
from tracekit.events import Row


def chdir(state: State, row: Row) -> None:
    """chdir: the folder that relative names begin at, for the whole process."""
    if row.ret == 0:
        name = arguments.path(argument(row, 0))
        state.place(row).change(None if name is None else paths.resolve(name, state.folder(row)))


def fchdir(state: State, row: Row) -> None:
    """fchdir: the same by a descriptor."""
    file = state.descriptors.first(row)
    if row.ret == 0 and file is not None:
        state.place(row).change(state.folder(row, argument(row, 0)))


def getcwd(state: State, row: Row) -> None:
    """getcwd: the kernel tells it; ``(unreachable)`` when it is not below the root (getcwd(3))."""
    name = arguments.path(argument(row, 0))
    if name is not None and name.startswith("/") and (row.ret or 0) > 0:
        state.place(row).folder = name


def change_root(state: State, row: Row) -> None:
    """chroot; pivot_root, which does it for the caller as well when its root is the one that goes."""
    if row.ret == 0:
        name = arguments.path(argument(row, 0))
        state.place(row).imprison(None if name is None else paths.resolve(name, state.folder(row)))


MOVES: dict[str, Effect] = by_call(
    {"chdirs": chdir, "fchdir": fchdir, "ask for the folder": getcwd, "change the root": change_root}
)

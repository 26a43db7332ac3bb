"""Calls that change where names begin: the working directory, the root."""

from tracekit.analyzers.state import arguments, paths
from tracekit.analyzers.state.arguments import argument
from tracekit.analyzers.state.calls import by_call
from tracekit.analyzers.state.effects import Effect
from tracekit.analyzers.state.folders import TOP
from tracekit.analyzers.state.state import State
from tracekit.events import Row
from tracekit.syscalls.families import names_of

PIVOTING = names_of("pivot_root")


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
    """chroot; pivot_root, which does it for the caller as well when its root is the one that goes.

    So it does with the working directory (pivot_root(2)), which chroot leaves where it is.
    """
    if row.ret == 0:
        name, place = arguments.path(argument(row, 0)), state.place(row)
        goes = place.folder == TOP and row.name in PIVOTING
        place.imprison(None if name is None else paths.resolve(name, place.folder))
        if goes:
            place.change(TOP)


MOVES: dict[str, Effect] = by_call(
    {"chdirs": chdir, "fchdir": fchdir, "ask for the folder": getcwd, "change the root": change_root}
)

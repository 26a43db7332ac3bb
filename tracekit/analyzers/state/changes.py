"""What is done to files: run, renamed, removed, cut, made, given to others; and by whom for a request."""

from dataclasses import dataclass
from typing import Final

from tracekit.analyzers.state import arguments, paths
from tracekit.analyzers.state.arguments import NOTHING, argument, flags_of, number
from tracekit.analyzers.state.calls import by_call
from tracekit.analyzers.state.connections import Request
from tracekit.analyzers.state.effects import Effect
from tracekit.analyzers.state.forks import task_made
from tracekit.analyzers.state.state import State
from tracekit.events import Row, Value
from tracekit.syscalls import by_name

RUN: Final = "run"
RENAMED_TO: Final = "renamed to"
VERBS: Final = {
    "rename a name": ("renamed", RENAMED_TO),
    "remove a name": ("removed",),
    "cut a name": ("cut",),
    "make a name": ("made",),
    "link a name": ("linked", "made"),
    "link to a text": (None, "made"),
    "set a name's mode": ("mode set",),
    "set a name's owner": ("owner set",),
    "set a name's times": ("times set",),
    "set a name's attributes": ("attributes set",),
    "execs": (RUN,),
}
"""What a call means -> what is done to each name that it is given; None for a text that is no name."""
OPEN_VERBS: Final = {
    "cut a file": "cut",
    "set a file's mode": "mode set",
    "set a file's owner": "owner set",
    "set a file's attributes": "attributes set",
}
"""What a call means -> what is done to the open file that it is given."""


@dataclass(slots=True)
class Change:
    """One thing that was done to one file.

    Attributes:
        path: its name, absolute where its folder is known.
        verb: what was done, as in ``VERBS``.
        row: the call.
        request: the request that it was done for; also by a process that was made for it (CGI).
    """

    path: str
    verb: str
    row: Row
    request: Request | None

    @property
    def done(self) -> bool:
        """False when the call failed."""
        return self.row.errno is None and self.row.ret is not None


def change(state: State, row: Row) -> None:
    """rename, unlink, chmod, execve and their like: note each name, and what is done to it."""
    kinds = [one.kind for one in by_name()[row.name or ""].form.arguments]
    verbs = iter(MEANT[row.name or ""])
    folder: Value = NOTHING
    before: str | None = None
    for place, kind in enumerate(kinds):
        if kind == "dirfd":
            folder = argument(row, place)
        if kind != "path":
            continue
        verb, path = next(verbs, None), _path(state, row, folder, argument(row, place))
        if verb is not None and path is not None:
            request = _request(state, row, path)
            if request is None and verb == RUN and row.ret == 0:
                request = _adopt(state, row, path)
            state.changes.append(Change(path, verb, row, request))
        if verb == RENAMED_TO and row.ret == 0 and before is not None and path is not None:
            state.descriptors.renamed[before] = path
        folder, before = NOTHING, path


def _path(state: State, row: Row, folder: Value, given: Value) -> str | None:
    """Return the file that a call is given by its name, or by its descriptor alone.

    That is an empty name (AT_EMPTY_PATH), or none at all (utimensat(2)); an address is a name that the
    trace does not show.
    """
    name = arguments.path(given)
    if name:
        return paths.resolve(name, None if name.startswith("/") else state.folder(row, folder))
    fd = number(folder)
    if fd is None or fd < 0 or not (name == "" or given == NOTHING):
        return None
    file = state.descriptors.at(row, fd, arguments.annotation(folder))
    return file.path if file.kind == "file" else None


def change_open(state: State, row: Row) -> None:
    """ftruncate, fchmod and their like: the same to an open file."""
    file = state.descriptors.first(row)
    if file is not None and file.kind == "file" and file.path:
        verb = OPEN_MEANT[row.name or ""]
        state.changes.append(Change(file.path, verb, row, _request(state, row, file.path)))


def inherit(state: State, row: Row) -> None:
    """fork, vfork, clone: a process that is made while a thread works on a request is made for it."""
    child, request = task_made(row), state.work.focus.get(row.tid)
    if child is None or "CLONE_THREAD" in (flags_of(row) or ()):
        return
    request = request if request is not None else state.heir_of(row)
    state.heirs.pop(child, None)
    if request is not None and not state.work.is_over(request):
        state.heirs[child] = request


def _adopt(state: State, row: Row, path: str) -> Request | None:
    """Take a process that runs what one open request alone has named as made for it.

    So mod_cgid's daemon works: it makes the process, and is asked over a socket for that.
    """
    asking = [
        request
        for requests in state.work.open.values()
        for request in requests
        if any(name.path == path and name.kind == "file" for name in request.names)
    ]
    if len(asking) != 1 or row.pid is None or row.pid in state.work.open:
        return None
    state.heirs[row.pid] = asking[0]
    return asking[0]


def _request(state: State, row: Row, path: str) -> Request | None:
    """Return the request that something is done for, by its thread or a process made for it."""
    found = state.request_of(row, path)
    return found if found is not None else state.heir_of(row)


MEANT = by_call(VERBS)
OPEN_MEANT = by_call(OPEN_VERBS)
CHANGES: dict[str, Effect] = {
    **dict.fromkeys(MEANT, change),
    **dict.fromkeys(OPEN_MEANT, change_open),
    **by_call({"forks": inherit}),
}
"""The calls that do something to a file; beside what else they do to descriptors and tasks."""

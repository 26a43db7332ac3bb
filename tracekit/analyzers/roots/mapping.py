"""From a request's target to the file that was served for it, and what that says about the root.

A target says where a file lies below the document root, and the trace says where
it lies on disk: what is left of the path when the target is taken off its end is a
candidate for the root. An Alias or another virtual host costs no syscall of its
own, so one such pair proves nothing; see docroot.
"""

from typing import NamedTuple

from tracekit.analyzers.http.targets import Target
from tracekit.analyzers.roots.kinds import MACHINERY, kind_of
from tracekit.analyzers.state.connections import Name, Request

SERVED = range(200, 400)
"""Statuses under which the file that was found was the one asked for."""
PROBES = (".ht",)
"""Beginnings of names that httpd asks for on its own account (AccessFileName)."""
HEAD_LIMIT = 4096
"""Bytes of a response that can be its head, where it is asked whether a file can be its body."""


class Match(NamedTuple):
    """One file that lies where a target says, below some root.

    Attributes:
        root: the path without the target.
        name: the name that was looked up.
        of_root: True when the target is ``/`` and the root itself was looked up as a folder.
        served: True when the file's bytes were taken: read, mapped or sent.
        below: where the file lies below the root; empty for the root itself.
        first: the first segment of that.
    """

    root: str
    name: Name
    of_root: bool
    served: bool
    below: str
    first: str


def matches(request: Request, target: Target) -> list[Match]:
    """Return every way to read a request as "this file, below that root"."""
    if target.path is None or not is_served(request):
        return []
    names = [name for name in request.names if name.kind != "missing" and not is_beside(name)]
    if not target.complete:
        found = [(_root_of_cut(name.path, target.path), name, False) for name in names if is_open(name)]
    elif target.folder:
        found = _of_folder(names, target.path)
    else:
        found = [(_root(name.path, target.path), name, False) for name in names]
    return [_match(root, name, of_root) for root, name, of_root in found if root is not None]


def _match(root: str, name: Name, of_root: bool) -> Match:
    below = name.path.removeprefix(root).strip("/")
    return Match(root, name, of_root, moved(name), below, below.partition("/")[0])


def is_served(request: Request) -> bool:
    """Tell whether the answer can be the file that was asked for: what a 404 looked for proves nothing."""
    return request.status is None or request.status in SERVED


def is_probe(path: str) -> bool:
    """Tell whether a name is one that the server looks for itself: ``.htaccess``."""
    return path.startswith(PROBES, path.rfind("/") + 1)


def is_open(name: Name) -> bool:
    """Tell whether a name was opened for a request, or its file still was open from another one."""
    return name.opened or name.file is not None


def document(request: Request) -> Name | None:
    """Return the file that a request's response was made of, as far as one can be singled out.

    Of the files whose bytes were taken the first one that can be the body by its size counts, and what
    the server opens for itself (libraries, configuration) only where there is nothing else; and a folder
    only for a target that asks for one.
    """
    folder = request.target.folder
    opened = [
        name
        for name in request.names
        if is_open(name)
        and name.file is not None
        and (folder or name.kind != "directory")
        and not is_beside(name)
        and name.path.startswith("/")
    ]
    if len(opened) < 2:
        return opened[0] if opened else None
    return min(
        opened, key=lambda name: (not moved(name), kind_of(name.path) in MACHINERY, not fits(request, name))
    )


def fits(request: Request, name: Name) -> bool:
    """Tell whether the bytes that were taken from a file can be the body of a response, by their number."""
    file = name.file
    if file is None:
        return False
    return 0 <= request.sent - max(file.bytes_read, file.bytes_mapped) <= HEAD_LIMIT


def moved(name: Name) -> bool:
    """Tell whether a file's bytes were taken: read, mapped or sent."""
    file = name.file
    return file is not None and file.bytes_read + file.bytes_mapped > 0


def is_beside(name: Name) -> bool:
    """Tell whether a file is none that is served: a probe, or one opened to be written."""
    return is_probe(name.path) or is_written(name)


def is_written(name: Name) -> bool:
    """Tell whether a file was opened as no server opens a document: to be written, or made."""
    args = name.row.args or ""
    return name.opened and ("O_WRONLY" in args or "O_CREAT" in args)


def _root(path: str, target: str) -> str | None:
    """Take a target off the end of a path; None when it does not end with it."""
    if target == "/" or not path.startswith("/") or not path.endswith(target):
        return None
    return path[: -len(target)] or "/"


def _root_of_cut(path: str, beginning: str) -> str | None:
    """Return what stands before the beginning of a target, if it stands in the path just once."""
    if beginning == "/" or not path.startswith("/") or path.count(beginning) != 1:
        return None
    return path[: path.index(beginning)] or "/"


def _of_folder(names: list[Name], target: str) -> list[tuple[str | None, Name, bool]]:
    """Read the names of a request for a folder: the folder itself, and the index file in it."""
    folders = {name.path for name in names if name.kind == "directory"}
    listed = {name.path for name in names if name.kind == "directory" and name.opened}
    taken = {name.path.rpartition("/")[0] or "/" for name in names if moved(name)}
    found: list[tuple[str | None, Name, bool]] = []
    for name in names:
        if name.kind == "directory" and target != "/":
            found.append((_root(name.path, target), name, False))
        elif name.kind == "directory" and name.opened and len(listed) == 1 and taken <= listed:
            found.append((name.path, name, True))
        elif is_open(name) and name.kind != "directory" and name.path.startswith("/"):
            folder = name.path.rpartition("/")[0] or "/"
            root = folder if target == "/" else _root(folder, target)
            found.append((root, name, target == "/" and folder in folders))
    return found

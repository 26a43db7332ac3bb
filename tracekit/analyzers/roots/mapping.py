"""From a request's target to the file that was served for it, and what that says about the root.

A target says where a file lies below the document root, and the trace says where
it lies on disk: what is left of the path when the target is taken off its end is a
candidate for the root. An Alias or another virtual host costs no syscall of its
own, so one such pair proves nothing; see docroot.
"""

from dataclasses import dataclass

from tracekit.analyzers.http.targets import Target
from tracekit.analyzers.state.connections import Name, Request

SERVED = range(200, 400)
"""Statuses under which the file that was found was the one asked for."""
PROBES = (".ht",)
"""Beginnings of names that httpd asks for on its own account (AccessFileName)."""


@dataclass(frozen=True, slots=True)
class Match:
    """One file that lies where a target says, below some root.

    Attributes:
        root: the path without the target.
        name: the name that was looked up.
        of_root: True when the target is ``/`` and the root itself was looked up as a folder.
        served: True when the file's bytes were taken: read, mapped or sent.
    """

    root: str
    name: Name
    of_root: bool
    served: bool


def matches(request: Request, target: Target) -> list[Match]:
    """Return every way to read a request as "this file, below that root"."""
    if target.path is None or (request.status is not None and request.status not in SERVED):
        return []
    names = [name for name in request.names if name.kind != "missing" and not is_probe(name.path)]
    if not target.complete:
        found = [(_root_of_cut(name.path, target.path), name, False) for name in names if name.opened]
    elif target.folder:
        found = _of_folder(names, target.path)
    else:
        found = [(_root(name.path, target.path), name, False) for name in names]
    return [Match(root, name, of_root, _moved(name)) for root, name, of_root in found if root is not None]


def is_probe(path: str) -> bool:
    """Tell whether a name is one that the server looks for itself: ``.htaccess``."""
    return path.rpartition("/")[2].startswith(PROBES)


def document(request: Request) -> Name | None:
    """Return the file that a request's response was made of: the last one opened whose bytes were taken."""
    opened = [
        name for name in request.names
        if name.opened and name.file is not None and not is_probe(name.path) and name.path.startswith("/")
    ]  # fmt: skip
    taken = [name for name in opened if _moved(name)]
    return (taken or opened or [None])[0]  # type: ignore[list-item]


def _moved(name: Name) -> bool:
    file = name.file
    return file is not None and file.bytes_read + file.bytes_mapped > 0


def _root(path: str, target: str) -> str | None:
    """Take a target off the end of a path; None when it does not end with it."""
    if target == "/" or not path.startswith("/") or not path.endswith(target):
        return None
    return path[: -len(target)] or "/"


def _root_of_cut(path: str, beginning: str) -> str | None:
    """Return what stands before the beginning of a target, if it stands in the path just once."""
    if beginning == "/" or path.count(beginning) != 1:
        return None
    return path[: path.index(beginning)] or "/"


def _of_folder(names: list[Name], target: str) -> list[tuple[str | None, Name, bool]]:
    """Read the names of a request for a folder: the folder itself, and the index file in it."""
    folders = {name.path for name in names if name.kind == "directory"}
    found: list[tuple[str | None, Name, bool]] = []
    for name in names:
        if name.kind == "directory" and target != "/":
            found.append((_root(name.path, target), name, False))
        elif name.kind == "directory" and name.opened:
            found.append((name.path, name, True))
        elif name.opened:
            folder = name.path.rpartition("/")[0] or "/"
            root = folder if target == "/" else _root(folder, target)
            found.append((root, name, target == "/" and folder in folders))
    return found

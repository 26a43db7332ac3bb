"""Names of files: joined with the folder that they are relative to, without links being followed."""

import posixpath
from collections.abc import Iterable


def normal(path: str) -> str:
    """Return a path without ``.``, ``..``, doubled or trailing slashes."""
    if path[:1] == "/" != path[-1] and "//" not in path and "/." not in path:
        return path  # as nearly all are
    clean = posixpath.normpath(path)
    return "/" + clean.lstrip("/") if path.startswith("/") else clean


def resolve(name: str, folder: str | None) -> str:
    """Return a name as an absolute path; it stays relative when the folder is not known."""
    if name.startswith("/") or folder is None:
        return normal(name)
    return normal(posixpath.join(folder, name))


def inside(name: str) -> str:
    """Return a name relative to what is ``/`` to it: nothing leads out (RESOLVE_IN_ROOT, openat2(2))."""
    return normal("/" + name).lstrip("/") or "."


def joined(root: str, path: str) -> str:
    """Return an absolute path in a root as it is outside of it."""
    return normal(root + "/" + path)


def below(path: str, root: str) -> str | None:
    """Return an absolute path as it is called in a root; None when it is not below it."""
    if path == root:
        return "/"
    return path[len(root) :] if path.startswith(root.rstrip("/") + "/") else None


def is_below(path: str, folder: str) -> bool:
    """Tell whether a path lies in a folder, at whatever depth."""
    return path.startswith(folder.rstrip("/") + "/")


def is_in(path: str, places: Iterable[str]) -> bool:
    """Tell whether a path is one of some folders and files, or lies below one."""
    return any(path == place or is_below(path, place) for place in places)

"""From a path to an open regular file, and never to one that the rules keep closed."""

import errno
import os
import stat

from .http.status import HttpError
from .sites import Site

# O_NONBLOCK: a FIFO that took the file's place after stat must not hold a worker.
OPEN_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY

STATUS_OF_ERRNO = {
    errno.ENOENT: 404,
    errno.ENOTDIR: 404,
    errno.EACCES: 403,
    errno.EPERM: 403,
    errno.ELOOP: 403,
    errno.ENAMETOOLONG: 403,
    errno.EMFILE: 503,
    errno.ENFILE: 503,
    errno.ENOMEM: 503,
}


def find(site: Site, path: bytes) -> os.stat_result:
    """Return what stat says of a path that the site may serve; directories included.

    Raises:
        HttpError: there is no such file, or it may not be looked at.
    """
    follow, granted = site.settings(path)
    if not granted:
        raise HttpError(403, reason=b"AH01630: client denied by server configuration: " + path)
    try:
        if not follow and os.path.realpath(path) != (path.rstrip(b"/") or b"/"):
            raise _link(path)  # nothing is said of what lies behind it, not even that it is there
        info = os.stat(path)  # noqa: PTH116  paths are bytes, as the client sent them
    except OSError as error:
        raise _refusal(error, path) from None
    if not stat.S_ISREG(info.st_mode) and not stat.S_ISDIR(info.st_mode):
        raise _not_regular(path)  # opening a FIFO or a device can already do something
    return info


def find_index(site: Site, directory: bytes) -> bytes:
    """Return the first regular file of DirectoryIndex in a directory (a path with a slash at its end).

    Raises:
        HttpError: 403, there is none.
    """
    for name in site.directory_index:
        path = directory + name
        try:
            if stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
                return path
        except OSError:
            continue
    names = b",".join(site.directory_index)
    raise HttpError(
        403,
        reason=b"AH01276: Cannot serve directory %s: No matching DirectoryIndex (%s) found"
        % (directory, names),
    )


def open_regular(site: Site, path: bytes) -> tuple[int, os.stat_result]:
    """Open a regular file for reading.

    The check is made on the open descriptor, so nothing can be exchanged between
    check and use: where symbolic links are not followed, the kernel's name of what
    was opened must be the name that was asked for.

    Raises:
        HttpError: 403 for what is no regular file or lies behind a link; or as errno says.
    """
    try:
        fd = os.open(path, OPEN_FLAGS)
    except OSError as error:
        raise _refusal(error, path) from None
    try:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode):
            raise _not_regular(path)
        opened = b"/proc/self/fd/%d" % fd
        if not site.settings(path)[0] and os.readlink(opened) != path:  # noqa: PTH115
            raise _link(path)
    except BaseException:
        os.close(fd)
        raise
    return fd, info


def _link(path: bytes) -> HttpError:
    return HttpError(403, reason=b"AH00037: Symbolic link not allowed: " + path)


def _not_regular(path: bytes) -> HttpError:
    return HttpError(403, reason=b"AH00122: not a regular file: " + path)


def _refusal(error: OSError, path: bytes) -> HttpError:
    status = STATUS_OF_ERRNO.get(error.errno or 0, 403)
    if status == 404:
        return HttpError(404, reason=b"AH00128: File does not exist: " + path, level="info")
    text = (error.strerror or "").encode()
    return HttpError(status, reason=b"(%d)%s: AH00035: access denied: %s" % (error.errno or 0, text, path))

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
    if not site.settings(path)[1]:
        raise HttpError(403)
    try:
        return os.stat(path)  # noqa: PTH116  paths are bytes, as the client sent them
    except OSError as error:
        raise _refusal(error) from None


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
    raise HttpError(403)


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
        raise _refusal(error) from None
    try:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode):
            raise HttpError(403)
        opened = b"/proc/self/fd/%d" % fd
        if not site.settings(path)[0] and os.readlink(opened) != path:  # noqa: PTH115
            raise HttpError(403)
    except BaseException:
        os.close(fd)
        raise
    return fd, info


def _refusal(error: OSError) -> HttpError:
    return HttpError(STATUS_OF_ERRNO.get(error.errno or 0, 403))

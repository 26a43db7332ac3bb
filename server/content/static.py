"""The default handler: a regular file (httpd's default_handler, server/core.c)."""

import errno
import os
import stat

from ..http.status import HttpError
from .lookup import Resource
from .walk import Found, named

# O_NONBLOCK: a FIFO that took the file's place after stat must not hold a worker.
OPEN_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
SHORTAGE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
DELETED = b" (deleted)"  # what the kernel puts behind the name of an open file that has none any more


def check(resource: Resource) -> None:
    """See that there is a file to be served.

    Raises:
        HttpError: 404 for nothing, a directory, and for a path that goes on behind the file;
            403 for what is neither file nor directory: opening it could already do something.
    """
    found = resource.found
    if found.info is None:
        raise _missing(b"AH00128: File does not exist: ", found)
    if found.is_directory:
        raise HttpError(404, reason=b"AH00129: Attempt to serve directory: " + found.path, level="info")
    if found.path_info and not resource.settings.accept_path_info:
        raise _missing(b"AH00130: File does not exist: ", found)
    if not stat.S_ISREG(found.info.st_mode):
        raise _not_regular(found)


def open_file(found: Found) -> tuple[int, os.stat_result]:
    """Open a file for reading; what was opened is what was found.

    The check is made on the open descriptor, so nothing can be exchanged between check
    and use: where symbolic links are looked at, the kernel's name of what was opened
    must be the name that was asked for.

    Raises:
        HttpError: 403, it may not be read or is no regular file (any more); 404, it is gone;
            503, there are no descriptors left.
    """
    try:
        fd = os.open(found.path, OPEN_FLAGS)
    except OSError as error:
        raise _refusal(error, found) from None
    try:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode):
            raise _not_regular(found)
        check_name(fd, found)
    except BaseException:
        os.close(fd)
        raise
    return fd, info


def check_name(fd: int, found: Found) -> None:
    """See that an open descriptor is what the walk found, where the walk looked at links.

    Raises:
        HttpError: 403, a link was put in the way meanwhile.
    """
    if not found.checked and not found.real:
        return
    path = found.path.rstrip(b"/")
    try:
        opened = os.readlink(b"/proc/self/fd/%d" % fd)  # noqa: PTH115
        real = found.real or named(path.removesuffix(found.checked) or b"/")[1]
    except OSError:
        raise _link(found) from None
    allowed = {real.rstrip(b"/") + found.checked} | ({path} if not found.real else set())
    if allowed.isdisjoint((opened, opened.removesuffix(DELETED))):
        raise _link(found)


def _refusal(error: OSError, found: Found) -> HttpError:
    text = b"(%d)%s: " % (error.errno or 0, (error.strerror or "").encode())
    if isinstance(error, FileNotFoundError):
        return _missing(b"AH00128: File does not exist: ", found)
    status = 403 if isinstance(error, PermissionError) or error.errno not in SHORTAGE else 503
    return HttpError(status, reason=text + b"AH00132: file permissions deny server access: " + found.path)


def _missing(text: bytes, found: Found) -> HttpError:
    return HttpError(404, reason=text + found.path + found.path_info, level="info")


def _not_regular(found: Found) -> HttpError:
    return HttpError(403, reason=b"AH00038: Forbidden: %s doesn't point to a file or directory" % found.path)


def _link(found: Found) -> HttpError:
    return HttpError(
        403, reason=b"AH00037: Symbolic link not allowed or link target not accessible: " + found.path
    )


def content(found: Found, limit: int) -> bytes:
    """Return what a file has, up to so many bytes.

    Raises:
        HttpError: as :func:`open_file`.
    """
    fd, _ = open_file(found)
    with os.fdopen(fd, "rb") as file:
        return file.read(limit)

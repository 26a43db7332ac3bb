"""Reading ``.htaccess``: opened and parsed for each request, as httpd does (ap_parse_htaccess)."""

import errno
import os
import stat

from ..config import AllowOverride, ConfigError, DirectorySettings, read_htaccess
from ..http.status import HttpError
from ..sites import Site

READ_SIZE = 4096  # bytes a read, as httpd's buffered files
SIZE_LIMIT = 1 << 17  # bytes; it is read for each request, and holds up all others of the process
OPEN_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


def read(site: Site, directory: bytes, allowed: AllowOverride) -> DirectorySettings | None:
    """Return what the ``.htaccess`` of a directory says; None when there is none.

    Raises:
        HttpError: 403, it cannot be read, so nobody knows what it would forbid; 500, it is wrong.
    """
    for name in site.values.access_file_names:
        path = directory.rstrip(b"/") + b"/" + name
        try:
            text = _content(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise HttpError(
                403,
                reason=b"(%d)%s: AH00529: %s pcfg_openfile: unable to check htaccess file, ensure it is "
                b"readable and that '%s' is executable"
                % (error.errno or 0, (error.strerror or "").encode(), path, directory),
                level="crit",
                notes="Server unable to read htaccess file, denying access to be safe",
            ) from None
        try:
            return read_htaccess(path, text, allowed)
        except ConfigError as error:
            raise HttpError(500, reason=os.fsencode(str(error)), level="alert") from None
        except RecursionError:
            raise HttpError(500, reason=path + b": sections in too many sections", level="alert") from None
    return None


def _content(path: bytes) -> bytes:
    fd = os.open(path, OPEN_FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EBADF, "not a regular file")
        text = b""
        while piece := os.read(fd, READ_SIZE):
            text += piece
            if len(text) > SIZE_LIMIT:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    finally:
        os.close(fd)
    return text

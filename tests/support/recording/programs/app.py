"""A WSGI application that serves files, with who served each request written to a log.

SITE is the folder, TRUTH the log; a line of it is the client's port, the process and the
kernel's id of the thread.
"""

import mimetypes
import os
import posixpath
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

SITE = os.environ["SITE"]
LOG = os.open(os.environ["TRUTH"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Serve one request."""
    os.write(LOG, f"{environ['REMOTE_PORT']} {os.getpid()} {threading.get_native_id()}\n".encode())
    path = Path(SITE + posixpath.normpath("/" + environ["PATH_INFO"].lstrip("/")))
    if path.is_dir():
        path /= "index.html"
    try:
        file = path.open("rb")
    except OSError:
        start_response("404 Not Found", [("Content-Length", "0")])
        return []
    size = os.fstat(file.fileno()).st_size
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    start_response("200 OK", [("Content-Length", str(size)), ("Content-Type", kind)])
    if environ["REQUEST_METHOD"] == "HEAD":
        file.close()
        return []
    wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](file)
    return wrapped

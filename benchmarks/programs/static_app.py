"""A WSGI application that serves the files of the folder FOLDER, each in the quickest way (PEP 3333)."""

import mimetypes
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

FOLDER = os.environ["FOLDER"]
BLOCK = 65536


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the file that the path names: a small one as bytes, else by the server's file_wrapper."""
    path = os.path.normpath(FOLDER + environ["PATH_INFO"])
    if not path.startswith(FOLDER + "/") or not Path(path).is_file():
        start_response("404 Not Found", [("Content-Length", "0")])
        return []
    file = Path(path).open("rb")  # noqa: SIM115  the server closes it
    size = os.fstat(file.fileno()).st_size
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(size))])
    if size <= BLOCK:
        with file:
            return [file.read()]
    wrapper = environ.get("wsgi.file_wrapper")
    return wrapper(file, BLOCK) if wrapper else iter(lambda: file.read(BLOCK), b"")

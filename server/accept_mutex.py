"""The accept mutex: of several children only one waits for connections on several sockets."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager


class AcceptMutex:
    """A lock between processes that the kernel takes from a dead holder (httpd's ``Mutex fcntl:``)."""

    def __init__(self) -> None:
        self._fd = os.memfd_create("accept-mutex")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock."""
        fcntl.lockf(self._fd, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._fd, fcntl.LOCK_UN)

"""The accept mutex: of several children only one waits for connections on several sockets.

It is the mutex of httpd's ``Mutex pthread`` (APR's locks/unix/proc_mutex.c), in memory that
all children share. It is robust: from a holder that dies the kernel gives it to the next.
Who has to wait for it is seen in ``futex(FUTEX_LOCK_PI)``; who has not makes no call.
"""

import ctypes
import errno
import mmap
import os
from types import TracebackType

# pthread.h; the sizes are above those of every architecture (bits/pthreadtypes-arch.h).
MUTEX_BYTES = 64
ATTRIBUTE_BYTES = 16
PTHREAD_PROCESS_SHARED = 1
PTHREAD_MUTEX_ROBUST = 1
PTHREAD_PRIO_INHERIT = 1

_AT_ONCE = ctypes.PyDLL(None)  # calls that never block keep the interpreter's lock
_BLOCKING = ctypes.CDLL(None)


class AcceptMutex:
    """A lock between processes. Made by the parent, held by ``with``."""

    def __init__(self) -> None:
        memory = mmap.mmap(-1, MUTEX_BYTES)
        self._mutex = ctypes.byref((ctypes.c_char * MUTEX_BYTES).from_buffer(memory))
        attributes = ctypes.byref(ctypes.create_string_buffer(ATTRIBUTE_BYTES))
        _check(_AT_ONCE.pthread_mutexattr_init(attributes))
        _check(_AT_ONCE.pthread_mutexattr_setpshared(attributes, PTHREAD_PROCESS_SHARED))
        _check(_AT_ONCE.pthread_mutexattr_setrobust(attributes, PTHREAD_MUTEX_ROBUST))
        _check(_AT_ONCE.pthread_mutexattr_setprotocol(attributes, PTHREAD_PRIO_INHERIT))
        _check(_AT_ONCE.pthread_mutex_init(self._mutex, attributes))

    def __enter__(self) -> None:
        """Hold the lock.

        Raises:
            OSError: the lock is broken.
        """
        error = _AT_ONCE.pthread_mutex_trylock(self._mutex)
        if error == errno.EBUSY:
            error = _BLOCKING.pthread_mutex_lock(self._mutex)
        if error == errno.EOWNERDEAD:  # there is nothing that it could have left half done
            error = _AT_ONCE.pthread_mutex_consistent(self._mutex)
        _check(error)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it to the next."""
        _check(_AT_ONCE.pthread_mutex_unlock(self._mutex))


def _check(error: int) -> None:
    if error:
        raise OSError(error, os.strerror(error))

"""Names and texts of error numbers, the kernel's own restart codes among them.

Numbers up to 511 are the C library's (``errno``, ``strerror``); those from 512
on never leave the kernel and are seen by tracers alone (<linux/errno.h>).
"""

import errno
import os
from typing import Final

#: Codes of an interrupted call that the kernel will start again: name and what that means.
RESTART_CODES: Final = {
    512: ("ERESTARTSYS", "To be restarted if SA_RESTART is set"),
    513: ("ERESTARTNOINTR", "To be restarted"),
    514: ("ERESTARTNOHAND", "To be restarted if no handler"),
    516: ("ERESTART_RESTARTBLOCK", "Interrupted by signal"),
}

#: Where the C library has two names for a number, the kernel's; and the kernel's own numbers.
_NAMES: Final = {
    11: "EAGAIN",
    35: "EDEADLK",
    95: "EOPNOTSUPP",
    133: "EHWPOISON",
    515: "ENOIOCTLCMD",
    517: "EPROBE_DEFER",
    518: "EOPENSTALE",
    521: "EBADHANDLE",
    522: "ENOTSYNC",
    523: "EBADCOOKIE",
    524: "ENOTSUPP",
    525: "ETOOSMALL",
    526: "ESERVERFAULT",
    527: "EBADTYPE",
    528: "EJUKEBOX",
    529: "EIOCBQUEUED",
    530: "ERECALLCONFLICT",
}


def errno_name(number: int) -> str | None:
    """The name of an error number (``2`` -> ``ENOENT``), or None when there is none."""
    if number in RESTART_CODES:
        return RESTART_CODES[number][0]
    return _NAMES.get(number) or errno.errorcode.get(number)


def errno_text(number: int) -> str:
    """What an error number means, in the words of strerror(3)."""
    if number in RESTART_CODES:
        return RESTART_CODES[number][1]
    return os.strerror(number)

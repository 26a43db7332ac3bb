"""The siginfo_t of 32-bit programs, brought into the form of 64-bit ones.

Behind si_signo, si_errno and si_code the union begins at once, and its pointers,
values and clock ticks are words of 32 bits (struct compat_siginfo, <linux/compat.h>).
"""

import struct
from typing import Final

from tracekit.syscalls import constants

_HEAD: Final = struct.Struct("<iii")
_SIZE: Final = 128
_SI_TIMER, _SI_SIGIO, _SI_TKILL, _SI_USER = -2, -5, -6, 0

#: What stands in the union: its form with 32 bits, and the form of the same with 64.
_SENT: Final = ("<iII", "<iIQ")
_CHILD: Final = ("<iIiii", "<iIi4xqq")
_FAULT: Final = ("<IIII", "<QQQQ")
_IO: Final = ("<ii", "<qi")
_SYSCALL: Final = ("<IiI", "<QiI")
_BY_SIGNAL: Final = {
    "SIGCHLD": _CHILD,
    "SIGILL": _FAULT,
    "SIGFPE": _FAULT,
    "SIGSEGV": _FAULT,
    "SIGBUS": _FAULT,
    "SIGTRAP": _FAULT,
    "SIGIO": _IO,
    "SIGSYS": _SYSCALL,
}


def widened(info: bytes) -> bytes:
    """128 bytes of a 32-bit siginfo_t as the 128 bytes that a 64-bit program would have."""
    signo, errno, code = _HEAD.unpack_from(info)
    narrow, wide = _union(constants("signal").names.get(signo, ""), code)
    union = struct.pack(wide, *struct.unpack_from(narrow, info, _HEAD.size))
    return (_HEAD.pack(signo, errno, code) + bytes(4) + union).ljust(_SIZE, b"\0")


def _union(name: str, code: int) -> tuple[str, str]:
    """The form of the union: first the code decides, then the signal (sigaction(2))."""
    if code == _SI_SIGIO:
        return _IO
    return _SENT if code <= 0 or name not in _BY_SIGNAL else _BY_SIGNAL[name]

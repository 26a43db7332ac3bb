"""Running a program with fewer privileges: as another user, without a capability, behind a filter."""

import platform
import subprocess
import sys

import pytest

from tests.support.requirements import need, need_root

NOBODY = 65534
AS_NOBODY = ["--reuid=65534", "--regid=65534", "--clear-groups"]
# So that it reads this checkout wherever it lies; CAP_DAC_READ_SEARCH does not help to trace (ptrace(2)).
READS_EVERYTHING = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
WITHOUT_PTRACE = ["--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]

KILL = 0x80000000
"""SECCOMP_RET_KILL_PROCESS; linux/seccomp.h."""

_NUMBERS = {
    "x86_64": {"ptrace": 101, "process_vm_readv": 310},
    "aarch64": {"ptrace": 117, "process_vm_readv": 270},
}
"""asm/unistd_64.h and asm-generic/unistd.h."""

_FILTER = """
import ctypes, os, struct, sys
number, action = int(sys.argv[1]), int(sys.argv[2])
# struct sock_filter (linux/filter.h): load the call's number; if it is ours, answer so; else allow
rows = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, action), (0x06, 0, 0, 0x7FFF0000)]
program = b"".join(struct.pack("HBBI", *row) for row in rows)
code = ctypes.create_string_buffer(program, len(program))
fprog = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(rows), ctypes.addressof(code)))
libc = ctypes.CDLL(None, use_errno=True)
NO_NEW_PRIVS, SECCOMP, FILTER = 38, 22, 2  # PR_SET_..., SECCOMP_MODE_FILTER; linux/prctl.h, linux/seccomp.h
if libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(SECCOMP, FILTER, fprog, 0, 0):
    sys.exit(os.strerror(ctypes.get_errno()))
os.execv(sys.argv[3], sys.argv[3:])
"""


def nobody(*command: str) -> list[str]:
    """Return a command as user nobody runs it."""
    need_root()
    return [need("setpriv"), *AS_NOBODY, *READS_EVERYTHING, *command]


def without_ptrace(*command: str) -> list[str]:
    """Return a command as root without CAP_SYS_PTRACE runs it."""
    need_root()
    return [need("setpriv"), *WITHOUT_PTRACE, *command]


def filtered(call: str, action: int, *command: str) -> list[str]:
    """Return a command that runs behind a seccomp filter.

    Args:
        call: ptrace or process_vm_readv.
        action: KILL, or the error number that the call answers with.
        command: the program's path, and its arguments.
    """
    number = _NUMBERS[platform.machine()][call]
    answer = action if action == KILL else 0x00050000 | action  # SECCOMP_RET_ERRNO
    return [sys.executable, "-c", _FILTER, str(number), str(answer), *command]


def unshared(*options: str) -> list[str]:
    """Return unshare(1) with options, in front of a command, or skip the test where Python does not run."""
    unshare = [need("unshare"), *options, "--"]
    done = subprocess.run([*unshare, sys.executable, "-c", ""], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this machine allows no {' '.join(options)}: {done.stderr.strip()}")
    return unshare

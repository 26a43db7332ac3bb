"""What a test needs of the machine: it is skipped, with the reason, where that is missing.

Where nothing may be missing, ``TRACEKIT_NO_SKIPS=1`` makes a failure of every skip
(`tests.support.no_skips`).
"""

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = {
    "ab": "apache2-utils",
    "cc": "gcc",
    "nginx": "nginx-light",
    "node": "nodejs",
    "setpriv": "util-linux",
    "unshare": "util-linux",
}
"""The Debian package of a program, where its name is another."""

SEIZE = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
PTRACE_SEIZE = 0x4206  # linux/ptrace.h
sys.exit(ctypes.get_errno() if libc.ptrace(PTRACE_SEIZE, int(sys.argv[1]), None, None) else 0)
"""


def need(program: str) -> str:
    """Return the path of a program, or skip the test that needs it."""
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"{program} is not here (Debian: apt-get install {PACKAGES.get(program, program)})")
    return path


def need_module(name: str) -> None:
    """Skip the test that needs a Python package unless that is there."""
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not here (pip install {name})")


def need_root() -> None:
    """Skip the test unless it runs as root."""
    if os.geteuid() != 0:
        pytest.skip("this needs root: a server that gives up its privileges, or a second user")


def need_ptrace() -> None:
    """Skip the test unless a process here may trace another that is not its child."""
    if (refusal := _ptrace_refusal()) is not None:
        pytest.skip(f"this machine lets nobody trace a running process: {refusal}")


def kernel_thread() -> int:
    """Return the pid of a kernel thread, or skip the test that needs one."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
        except OSError:
            continue
        if "\nPPid:\t2\n" in status:  # kthreadd's child: kernel threads have no other parent
            return int(folder.name)
    pytest.skip("no kernel thread is to be seen: this is a container's PID namespace")


@functools.cache
def _ptrace_refusal() -> str | None:
    """Try it: a program seizes a sibling. Return the error's text, or None."""
    with subprocess.Popen(["sleep", "60"]) as sibling:
        try:
            status = subprocess.run([sys.executable, "-c", SEIZE, str(sibling.pid)], check=False).returncode
        finally:
            sibling.kill()
    return os.strerror(status) if status else None

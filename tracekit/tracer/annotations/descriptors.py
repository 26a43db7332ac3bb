"""What a descriptor of a traced task stands for: the ``<...>`` that -y and -yy print behind it."""

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tracekit.tracer.annotations.sockets import Sockets, protocol_name
from tracekit.tracer.decode.text import quoted
from tracekit.tracer.kernel.numbers import folder, in_proc
from tracekit.tracer.options.filters import EVERY_WORD, NO_WORD, Members

PATHS: Final = 1
"""strace's -y: paths."""
DETAILS: Final = 2
"""strace's -yy: protocols, addresses and device numbers as well."""

_FD_MASK = 0x7FFFFFFF
_DELETED = b" (deleted)"
_TEXTS = 4096
"""Paths that are remembered."""
_DEVICES = {stat.S_IFCHR: "char", stat.S_IFBLK: "block"}

_ANGLES = re.compile("[<>](?=([0-9]?))")


def escape_path(path: bytes, hex_strings: int = 0) -> str:
    """Return a path as strace prints it inside an annotation: as in strings, and its own ends too."""
    text = quoted(path, hex_strings)[1:-1]
    return _ANGLES.sub(lambda angle: f"\\{ord(angle[0]):{'03' if angle[1] else ''}o}", text)


class Descriptors:
    """Describes descriptors by ``/proc/PID/fd`` (proc(5)), as far as ``level`` asks for."""

    def __init__(
        self,
        level: int,
        kinds: Members[str] = NO_WORD,
        command: Callable[[int], str] = lambda _pid: "",
        hex_strings: int = 0,
    ) -> None:
        """Describe this much.

        Args:
            level: 0 (nothing), PATHS or DETAILS.
            kinds: tells it more finely (``--decode-fds``).
            command: what is told of the process of a pidfd, behind its number.
            hex_strings: as the decoder's option says it of strings.
        """
        self.level = level
        self._command = command
        self._hex_strings = hex_strings
        kinds = kinds or (Members(frozenset({"path"})) if level == PATHS else EVERY_WORD)
        self._paths, self._ends = "path" in kinds, "socket" in kinds
        self._devices, self._pidfds = "dev" in kinds, "pidfd" in kinds
        self._sockets = Sockets()
        self._texts: dict[bytes, str] = {}
        """Paths that were printed before."""

    def close(self) -> None:
        """Give back what it needed."""
        self._sockets.close()

    def describe(self, tid: int, fd: int) -> str:
        """Return ``<...>`` for a descriptor, nothing when it is closed or nothing is asked for."""
        if not self.level or fd < 0 or tid <= 0:
            return ""
        link = b"/proc/%d/fd/%d" % (in_proc(tid), fd)
        try:
            target = os.readlink(link)
        except OSError:
            return ""
        text = self._texts.get(target)
        if text is not None:
            return text
        found = ""
        if self._ends and target.startswith(b"socket:["):
            found = self._sockets.describe(link, int(target[8:-1])) or ""
        elif self._pidfds and target == b"anon_inode:[pidfd]":
            pid = pidfd_target(tid, fd)
            found = f"pid:{pid}{self._command(pid)}" if pid > 0 else self._escaped(target)
        elif self._devices and target.startswith(b"/dev/") and (device := _device_number(link)):
            found = self._escaped(target) + device
        if found or not self._paths:
            return found and f"<{found}>"
        return self._path(link, target)

    def _path(self, link: bytes, target: bytes) -> str:
        if target.endswith(_DELETED) and _is_deleted(link, target):
            return f"<{self._escaped(target.removesuffix(_DELETED))}>(deleted)"
        text = f"<{self._escaped(target)}>"
        if not target.endswith(_DELETED):
            if len(self._texts) >= _TEXTS:
                self._texts.clear()
            self._texts[target] = text
        return text

    def _escaped(self, path: bytes) -> str:
        return escape_path(path, self._hex_strings)

    def netlink(self, tid: int, fd: int) -> int | None:
        """Return the protocol of a netlink socket, -1 when nobody tells, None when it is none."""
        link = b"/proc/%d/fd/%d" % (in_proc(tid), fd & _FD_MASK)
        if protocol_name(link) != "NETLINK":
            return None
        try:
            target = os.readlink(link)
        except OSError:
            return None
        return self._sockets.netlink_protocol(int(target[8:-1])) if target.startswith(b"socket:[") else None

    def working_directory(self, tid: int) -> str:
        """Return ``<...>`` for AT_FDCWD."""
        if not self.level or not self._paths:
            return ""
        try:
            return f"<{self._escaped(os.readlink(f'{folder(tid)}/cwd'.encode()))}>"
        except OSError:
            return ""


def _is_deleted(link: bytes, target: bytes) -> bool:
    """Tell a deleted file from one whose name only ends so: the kernel's suffix is no part of the name."""
    try:
        opened = os.stat(link)
    except OSError:
        return False
    try:
        there = os.lstat(target)
    except OSError:
        return True
    return (there.st_ino, there.st_dev) != (opened.st_ino, opened.st_dev)


def _device_number(link: bytes) -> str:
    """Return ``<char 1:3>`` or ``<block 8:0>`` of a device, nothing for other files."""
    try:
        status = os.stat(link)
    except OSError:
        return ""
    kind = _DEVICES.get(stat.S_IFMT(status.st_mode))
    return f"<{kind} {os.major(status.st_rdev)}:{os.minor(status.st_rdev)}>" if kind else ""


def pidfd_target(tid: int, fd: int) -> int:
    """Return the process that a task's pidfd stands for, or -1 (``fdinfo`` in proc(5))."""
    try:
        lines = Path(f"{folder(tid)}/fdinfo/{fd}").read_text(encoding="ascii", errors="replace")
    except OSError:
        return -1
    fields = dict(line.split(":", 1) for line in lines.splitlines() if ":" in line)
    return int(fields.get("Pid", -1))

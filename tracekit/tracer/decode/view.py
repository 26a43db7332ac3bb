"""What a printer of one argument sees: the stopped task, the call's registers and the options."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from tracekit.syscalls import ABIS, Abi, Syscall

#: Prints one value: a register's, or a structure member's (bytes for a structure in the structure).
#: None when there is nothing to print: an optional argument that is not there.
Printer = Callable[["View", Any], str | None]

PAGE: Final = 4096

#: Bytes that are looked at in one place: sizes come from the traced program, and may be anything.
MOST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Options:
    """How much of each argument is printed, in the terms of strace's options."""

    string_limit: int = 32
    """``-s``: bytes of a string, elements of an array."""
    annotate: int = 0
    """0, or 1 for ``-y`` (paths of descriptors), or 2 for ``-yy`` (ends of sockets too)."""
    verbose: bool = False
    """``-v``: structures, environments and arrays in full."""
    hex_strings: int = 0
    """1 for ``-x`` (strings that are no text in hexadecimal), 2 for ``-xx`` (all strings)."""


class Task(Protocol):
    """What the decoder asks of the traced task."""

    tid: int

    def read(self, address: int, size: int) -> bytes:
        """As many bytes as can be read from the address on; perhaps fewer, perhaps none."""
        ...

    def describe(self, fd: int) -> str:
        """What stands behind a descriptor, escaped: ``</tmp/x>``, ``</tmp/x>(deleted)``, or nothing."""
        ...

    def cwd(self) -> str:
        """What stands behind ``AT_FDCWD``: ``</tmp>``, or nothing."""
        ...


@dataclass(slots=True)
class Call:
    """One call of one task, from its entry to its exit."""

    syscall: Syscall | None
    """None when the number is not in the table."""
    number: int
    arch: str
    args: tuple[int, ...]
    """Six registers, unsigned, 64 bits wide; those of a 32-bit program are extended by zeros."""
    ret: int = 0
    is_error: bool = False
    """``ret`` is a negated error number."""
    stack: int = 0
    """The stack pointer at entry, 0 when it is not known."""
    resumes: str = ""
    """For restart_syscall: the call that is resumed."""
    saved: dict[int, Any] = field(default_factory=dict)
    """What the kernel will overwrite: argument number -> what it held at entry."""

    @property
    def name(self) -> str:
        """The call's name; ``syscall_0x1b7`` when the table does not have it."""
        return self.syscall.name if self.syscall else f"syscall_{self.number:#x}"


class View:
    """One stop of one call, as the printers see it; the decoder fills it anew for each stop.

    There is one for each ABI, so that a printer finds ``abi`` here at no cost.
    """

    __slots__ = ("abi", "args", "call", "exiting", "failed", "options", "ret", "task")

    task: Task
    call: Call
    args: tuple[int, ...]
    ret: int
    exiting: bool
    failed: bool

    def __init__(self, options: Options, abi: Abi = ABIS["x86_64"]) -> None:
        """A view of programs of this ABI, with these options and no call yet."""
        self.options = options
        self.abi = abi

    def show(self, call: Call, task: Task, *, exiting: bool) -> None:
        """Look at this stop from now on."""
        self.call = call
        self.task = task
        self.args = call.args
        self.ret = call.ret
        self.exiting = exiting
        self.failed = exiting and call.is_error

    def fetch(self, address: int, size: int) -> bytes | None:
        """This many bytes from the task; None where strace prints the address instead.

        That is: a null pointer, memory that cannot be read, and anything behind a
        pointer once the call has failed.
        """
        if not address or self.failed:
            return None
        data = self.task.read(address, size)
        return data if len(data) == size else None

    def readable(self, address: int, size: int) -> bytes:
        """As ``fetch``, but takes what there is."""
        if not address or self.failed:
            return b""
        return self.task.read(address, size)


def pointer(address: int) -> str:
    """An address as strace prints it: ``NULL`` or hexadecimal."""
    return hex(address) if address else "NULL"

"""What a printer of one argument sees: the stopped task, the call's registers and the options."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tracekit.syscalls import ABIS, Abi, Syscall
from tracekit.tracer.decode.names import Names

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
    """1 for ``-x`` (strings that are no text in hexadecimal), 2 for ``-xx`` (all strings), 3 for those
    characters alone that are no text (``--strings-in-hex=non-ascii-chars``)."""
    opaque: bool = False
    """Structures and arrays are not looked into (``-e verbose=``)."""
    names: str = "abbrev"
    """How named constants are printed (``-X``): abbrev, raw or verbose."""
    vcpu: bool = False
    """Why a virtual processor stopped is printed (``-e kvm=vcpu``)."""


_REGISTER: Final = (1 << 64) - 1
_NOTHING_SAVED: Final[Mapping[int, Any]] = {}


class Task(Protocol):
    """What the decoder asks of the traced task."""

    tid: int

    def read(self, address: int, size: int) -> bytes:
        """As many bytes as can be read from the address on; perhaps fewer, perhaps none."""
        ...

    def describe(self, fd: int, tid: int | None = None) -> str:
        """What stands behind a descriptor, escaped: ``</tmp/x>``, ``</tmp/x>(deleted)``, or nothing.

        Of this task, or of another one, by our number, that is no traced one perhaps.
        """
        ...

    def ours(self, pid: int) -> int:
        """Our number of a process that this task sees under this one; 0 when there is none."""
        ...

    def target(self, pidfd: int) -> int:
        """The process that a pidfd of this task stands for, by our number; -1 when it stands for none."""
        ...

    def netlink(self, fd: int) -> int | None:
        """The protocol of a netlink socket, -1 when it is not to be had; None for other descriptors."""
        ...

    def cwd(self) -> str:
        """What stands behind ``AT_FDCWD``: ``</tmp>``, or nothing."""
        ...

    def cut_short(self, address: int, got: int, wanted: int, *, text: bool = False) -> None:
        """Take notice of something, or of a NUL-terminated text, whose memory ended before it did."""
        ...


class Call:
    """One call of one task, from its entry to its exit.

    Attributes:
        syscall: its row of the table; None when the number is not in it.
        number: as the kernel has it.
        arch: whose number it is.
        args: six registers, unsigned, 64 bits wide; those of a 32-bit program are extended by zeros.
        ret: what it returned, signed.
        is_error: ``ret`` is a negated error number.
        stack: the stack pointer at entry, 0 when it is not known.
        resumes: for restart_syscall, the call that is resumed.
        plan: how it is printed (``plan.Plan``); None when the number is not in the table.
        taken: what was taken down at the stops, in the order of the plan's steps.
        passed: the registers as they are shown undecoded, where others hold what ``args`` says (i386).
        saved: what the kernel will overwrite, argument number -> what it held at entry.
        ret_text: the return value, when it was printed at the stop.
    """

    ret = 0
    is_error = False
    plan: Any = None
    taken: Sequence[Any] = ()
    saved: Mapping[int, Any] = _NOTHING_SAVED
    ret_text = ""
    passed: Sequence[int] = ()

    def __init__(
        self,
        syscall: Syscall | None,
        number: int,
        arch: str,
        args: Sequence[int],
        *,
        stack: int = 0,
        resumes: str = "",
    ) -> None:
        self.syscall = syscall
        self.number = number
        self.arch = arch
        self.args = args
        self.stack = stack
        self.resumes = resumes

    def remember(self, index: int, value: Any) -> None:
        """Keep what an argument held at entry."""
        self.saved = {**self.saved, index: value}

    @property
    def name(self) -> str:
        """The call's name; ``syscall_0x1b7`` when the table does not have it."""
        return self.syscall.name if self.syscall else f"syscall_{self.number & _REGISTER:#x}"


@dataclass(slots=True)
class Piece:
    """Memory that was taken from a task at a stop: later, it stands for the task."""

    address: int
    data: bytes
    tid: int = 0

    def read(self, address: int, size: int) -> bytes:
        """As ``Task.read``; nothing when it was not taken."""
        at = address - self.address
        return self.data[at : at + size] if at >= 0 else b""

    def describe(self, _fd: int, _tid: int | None = None) -> str:
        """Nothing: descriptors are described at the stop."""
        return ""

    def ours(self, _pid: int) -> int:
        """None: so are processes."""
        return 0

    def target(self, _pidfd: int) -> int:
        """None, as well."""
        return -1

    def netlink(self, _fd: int) -> int | None:
        """None: so are sockets."""
        return None

    def cwd(self) -> str:
        """Nothing: so is the working directory."""
        return ""

    def cut_short(self, _address: int, _got: int, _wanted: int, *, text: bool = False) -> None:
        """Nothing: that was noticed at the stop."""


NOTHING: Final = Piece(0, b"")
"""What there is of a task when nothing was taken."""


def whole(task: Task, address: int, size: int) -> bytes | None:
    """This many bytes from a task; None when there are not as many, which is noticed if there are some."""
    data = task.read(address, size)
    if len(data) == size:
        return data
    if data:
        task.cut_short(address, len(data), size)
    return None


class View:
    """One stop of one call, as the printers see it; the decoder fills it anew for each stop.

    There is one for each ABI, so that a printer finds ``abi`` here at no cost.
    """

    __slots__ = ("abi", "args", "call", "exiting", "failed", "names", "options", "ret", "task")

    task: Task
    call: Call
    args: Sequence[int]
    ret: int
    exiting: bool
    failed: bool

    def __init__(self, options: Options, abi: Abi = ABIS["x86_64"], names: Names | None = None) -> None:
        """A view of programs of this ABI, with these options and no call yet."""
        self.options = options
        self.abi = abi
        self.names = names or Names(options.names)

    def show(self, call: Call, task: Task, *, exiting: bool) -> None:
        """Look at this stop from now on."""
        self.call = call
        self.task = task
        self.args = call.args
        self.ret = call.ret
        self.exiting = exiting
        self.failed = exiting and call.is_error

    def spell(self, name: str, value: int) -> str:
        """A value of a constant set as text (``Names.spell``)."""
        return self.names.spell(name, value)

    def fetch(self, address: int, size: int) -> bytes | None:
        """This many bytes from the task; None where strace prints the address instead.

        That is: a null pointer, memory that cannot be read, and anything behind a
        pointer once the call has failed.
        """
        if not address or self.failed or self.options.opaque:
            return None
        return self.whole(address, size)

    def whole(self, address: int, size: int) -> bytes | None:
        """As ``fetch``, also after a failure."""
        return whole(self.task, address, size)

    def readable(self, address: int, size: int) -> bytes:
        """As ``fetch``, but takes what there is."""
        if not address or self.failed or self.options.opaque:
            return b""
        return self.task.read(address, size)

    def text(self, address: int, size: int) -> bytes:
        """As ``readable``, of a string: that is no structure that one would have to look into."""
        return self.task.read(address, size) if address and not self.failed else b""


def pointer(address: int) -> str:
    """An address as strace prints it: ``NULL`` or hexadecimal."""
    return hex(address) if address else "NULL"

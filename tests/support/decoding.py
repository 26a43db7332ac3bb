"""A traced task that is nothing but memory, for the decoder's tests."""

import functools
from collections.abc import Mapping

from tracekit.syscalls import by_name
from tracekit.tracer.decode import Call, Decoder, Options


class FakeTask:
    """Memory from ``base`` on, and descriptors with descriptions."""

    tid = 77

    def __init__(
        self,
        memory: bytes = b"",
        base: int = 0x1000,
        names: Mapping[int, str] | None = None,
        directory: str | None = None,
    ) -> None:
        """Nothing is readable outside the memory; ``reads`` counts what was asked for."""
        self.memory = bytearray(memory)
        self.base = base
        self.names = names or {}
        self.directory = directory
        self.reads: list[tuple[int, int]] = []

    def read(self, address: int, size: int) -> bytes:
        """Answer from the memory, short at its end."""
        self.reads.append((address, size))
        at = address - self.base
        return bytes(self.memory[at : at + size]) if 0 <= at < len(self.memory) else b""

    def cut_short(self, address: int, got: int, wanted: int, *, text: bool = False) -> None:
        """Pass over it."""

    def describe(self, fd: int, tid: int | None = None) -> str:
        """Answer from the names; of another task there are none."""
        return f"<{self.names[fd]}>" if fd in self.names and tid in (None, self.tid) else ""

    def ours(self, pid: int) -> int:
        """Everybody sees the same numbers."""
        return pid

    def target(self, _pidfd: int) -> int:
        """Give this task: each of its pidfds stands for it."""
        return self.tid

    def netlink(self, _fd: int) -> int | None:
        """None: no descriptor is a netlink socket."""
        return None

    def cwd(self) -> str:
        """Give the directory."""
        return f"<{self.directory}>" if self.directory else ""


def decode(
    task: FakeTask,
    name: str,
    *args: int,
    ret: int = 0,
    options: Options | None = None,
    after: bytes | None = None,
) -> tuple[str, str, str]:
    """A call's text at entry, at exit, and its return value; ``after`` is the memory at exit."""
    decoder = _decoder(options or Options())
    syscall = by_name()[name]
    registers = tuple(one & (1 << 64) - 1 for one in args) + (0,) * (6 - len(args))
    call = Call(syscall, syscall.numbers["x86_64"], "x86_64", registers)
    decoder.enter(call, task)
    entry = decoder.entering(call)
    if after is not None:
        task.memory[:] = after
    call.ret, call.is_error = ret, -4096 < ret < 0
    decoder.leave(call, task)
    rest, result = decoder.exiting(call)
    return entry, rest, result


@functools.cache
def _decoder(options: Options) -> Decoder:
    """Make one decoder a set of options: its plans take a while."""
    return Decoder(options)

"""System V IPC: keys, flags with permissions, commands, messages."""

import struct
from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.memory import huge_page
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.scalars import U32, octal
from tracekit.tracer.decode.structs import array_text, pointer_to
from tracekit.tracer.decode.text import counted, number
from tracekit.tracer.decode.view import Printer, View, pointer

_IPC_64: Final = 0x100  # <linux/ipc.h>: asks for the newer structures
_HUGE_SHIFT: Final = 26  # SHM_HUGE_SHIFT, <linux/shm.h>
_SEMCTL_OF_IPC: Final = 524  # its row in calls.tbl
_SEMBUF: Final = struct.Struct("<Hhh")


def _get_flags(view: View, value: int) -> str:
    """``IPC_CREAT|0600``: flags and the permissions of a new object."""
    flags = value & U32 & ~0o777
    named = flags & sum(constants("ipc_base").values.values())
    bar = "|" if flags and (named or view.names.style == "raw") else ""  # strace joins numbers without
    return view.names.bare("ipc_base", flags) + bar + octal(value & 0o777)


def _segment_flags(view: View, value: int) -> str:
    """The same for shared memory, where a page size stands in the top bits."""
    flags, size = huge_page(value & U32 & ~0o777)
    shown = [view.names.bare("shmget_base", flags)] if flags else []
    if size:
        shown.append(f"{size}<<{view.names.word(str(_HUGE_SHIFT), 'SHM_HUGE_SHIFT')}")
    return "|".join([*shown, octal(value & 0o777)])


def _command(table: str) -> Printer:
    def printer(view: View, value: int) -> str:
        value &= U32
        prefix = view.names.word(hex(_IPC_64), "IPC_64") + "|" if value & _IPC_64 else ""
        return prefix + view.spell(table, value & ~_IPC_64)

    return printer


def _semctl_data(name: str, plain: str = "") -> Printer:
    """What semctl(2) is given or fills in; ipc(2) has a pointer to the address.

    x86 has a padding behind each time of struct semid64_ds, others have the plain one (<asm/sembuf.h>).
    """
    inner, elsewhere = pointer_to(name), pointer_to(plain or name)

    def printer(view: View, where: int) -> str | None:
        show = elsewhere if view.abi.name == "aarch64" else inner
        if view.call.number != _SEMCTL_OF_IPC:
            return show(view, where)
        data = view.whole(where, view.abi.word)
        if data is None:
            return pointer(where)
        text = show(view, int.from_bytes(data, "little")) or ""
        return text if text.startswith("{") else f"[{text}]"

    return printer


def _operations(count: str) -> Printer:
    """semop(2)'s array: ``[{sem_num=0, sem_op=-1, sem_flg=SEM_UNDO}]``."""
    length = number(count)

    def one(view: View, data: bytes) -> str:
        which, change, flags = _SEMBUF.unpack(data)
        return f"{{sem_num={which}, sem_op={change}, sem_flg={view.spell('semop_flags', flags & 0xFFFF)}}}"

    return lambda view, where: array_text(view, where, length(view) & U32, _SEMBUF.size, one)


def _message(size: str) -> Printer:
    """A type and the message's bytes."""
    length = number(size)

    def printer(view: View, where: int) -> str:
        word = view.abi.word
        data = view.fetch(where, 2 * word)  # struct msgbuf with its first byte of text, and padding
        if data is None:
            return pointer(where)
        kind = int.from_bytes(data[:word], "little", signed=True)
        return f"{{mtype={kind}, mtext={counted(view, where + word, length(view))}}}"

    return printer


def _call(_view: View, value: int) -> str:
    """ipc(2)'s operation, and before it the version of its arguments (<linux/ipc.h>)."""
    version, operation = (value & U32) >> 16, value & 0xFFFF
    name = constants("ipc_operation").names.get(operation, str(operation))
    return f"{version}<<16|{name}" if version else name


def _semctl_argument(view: View, where: int) -> str:
    """The union that semctl takes by value, and ipc(2) by a pointer: ``[0x7ffc]``."""
    data = view.fetch(where, view.abi.word)
    return pointer(where) if data is None else f"[{pointer(int.from_bytes(data, 'little'))}]"


def _shmat_result(view: View, _value: int) -> str:
    """Where ipc(2) attached shared memory: it stands behind its fourth argument."""
    data = view.fetch(view.args[3], view.abi.word)
    return "" if data is None else hex(int.from_bytes(data, "little"))


kinds(
    {
        "semctl_argument": _semctl_argument,
        "return_shmat_result": _shmat_result,
        "ipc_call": _call,
        "ipc_flags": _get_flags,
        "shmget_flags": _segment_flags,
        "shmctl_cmd": _command("shmctl_base"),
        "semctl_cmd": _command("semctl_base"),
        "msgctl_cmd": _command("msgctl_base"),
    }
)
families({"semctl_data": _semctl_data, "sembufs": _operations, "msgbuf": _message})

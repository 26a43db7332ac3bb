"""Calls of i386 that stand for others: their real arguments are found, and the call is what they say.

socketcall(2) and ipc(2) are many calls behind one number; the first mmap and select take
a pointer to their arguments. What cannot be read, or has no name, stays as it is.
"""

import struct
from typing import Final

from tracekit.syscalls import by_name, calls
from tracekit.tracer.decode.view import Call, Task, whole

_REGISTERS: Final = 6
_ARCH: Final = "i386"

#: The operations of socketcall(2), <linux/net.h>: the call and how many arguments it has.
_SOCKET: Final = {
    1: ("socket", 3),
    2: ("bind", 3),
    3: ("connect", 3),
    4: ("listen", 2),
    5: ("accept", 3),
    6: ("getsockname", 3),
    7: ("getpeername", 3),
    8: ("socketpair", 4),
    9: ("send", 4),
    10: ("recv", 4),
    11: ("sendto", 6),
    12: ("recvfrom", 6),
    13: ("shutdown", 2),
    14: ("setsockopt", 5),
    15: ("getsockopt", 5),
    16: ("sendmsg", 3),
    17: ("recvmsg", 3),
    18: ("accept4", 4),
    19: ("recvmmsg", 5),
    20: ("sendmmsg", 4),
}
#: Those of ipc(2), <linux/ipc.h>: the call's number, and which of ipc's arguments are its own.
_IPC: Final = {
    1: (522, (1, 4, 2)),  # semop
    2: (393, (1, 2, 3)),  # semget
    3: (524, (1, 2, 3, 4)),  # semctl
    4: (525, (1, 4, 2, 5)),  # semtimedop
    11: (400, (1, 4, 2, 3)),  # msgsnd
    12: (401, (1, 4, 2, 5, 3)),  # msgrcv
    13: (399, (1, 2)),  # msgget
    14: (402, (1, 2, 4)),  # msgctl
    21: (542, (1, 4, 2, 3)),  # shmat
    22: (398, (4,)),  # shmdt
    23: (395, (1, 2, 3)),  # shmget
    24: (396, (1, 2, 4)),  # shmctl
}
_MSGRCV: Final = 12
_MSGRCV_BLIND: Final = 533  # without the type, which cannot be read
#: Calls that find all their arguments in memory, and how many they are.
_GATHERED: Final = {"mmap": 6, "select": 5}


def resolve(call: Call, task: Task) -> None:
    """Make a call of i386 the one that it stands for, while its task stands at its entry."""
    if call.arch != _ARCH or call.syscall is None:
        return
    name = call.syscall.name
    if name == "socketcall" and call.args[0] in _SOCKET:
        part, count = _SOCKET[call.args[0]]
        _become(call, part, _words(task, call.args[1], count))
    elif name == "ipc":
        _resolve_ipc(call, task)
    elif name in _GATHERED and call.syscall is not by_name()[name]:
        call.passed = call.args[:1]
        _become(call, name, _words(task, call.args[0], _GATHERED[name]))


def _resolve_ipc(call: Call, task: Task) -> None:
    version, operation = call.args[0] >> 16, call.args[0] & 0xFFFF
    if operation not in _IPC:
        return
    number, places = _IPC[operation]
    args = [call.args[place] for place in places]
    call.passed = call.args[1 : max(places) + 1]
    if operation == _MSGRCV and not version:  # the buffer and the type stand in memory
        pair = _words(task, args[1], 2)
        if pair is None:
            number = _MSGRCV_BLIND
        else:
            args[1], args[3] = pair
    call.syscall, call.number = calls(_ARCH)[number], number
    call.args = _padded(args)


def _become(call: Call, name: str, args: list[int] | None) -> None:
    if args is not None:
        call.syscall = by_name()[name]
        call.number = call.syscall.numbers.get(_ARCH, call.number)
        call.args = _padded(args)


def _words(task: Task, address: int, count: int) -> list[int] | None:
    """Arguments in memory; None when they cannot be read."""
    data = whole(task, address, 4 * count)
    return None if data is None else list(struct.unpack(f"<{count}I", data))


def _padded(args: list[int]) -> tuple[int, ...]:
    return (*args, *[0] * (_REGISTERS - len(args)))

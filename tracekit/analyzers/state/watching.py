"""What calls say about how a server works: a small function a family of calls, and the table of them."""

from tracekit.analyzers.state import arguments
from tracekit.analyzers.state.arguments import NOTHING, argument, flags_of, number
from tracekit.analyzers.state.calls import by_call
from tracekit.analyzers.state.effects import Effect
from tracekit.analyzers.state.forks import task_made
from tracekit.analyzers.state.lasting import is_last, long, never_returned, waited
from tracekit.analyzers.state.openfiles import OpenFile
from tracekit.analyzers.state.service import Care, Task, for_work
from tracekit.analyzers.state.state import State
from tracekit.events import Array, Change, Row, Set, Struct, Value, symbols
from tracekit.syscalls.families import names_of

ONE_BYTE = 1
FUTEX = names_of("futex")


def take(state: State, row: Row) -> None:
    """accept, accept4: who takes connections, and whether it waits in the call for them."""
    task = state.service.task(row)
    listener = state.descriptors.first(row)
    task.tried, task.active = task.tried or row, row
    if listener is not None:
        task.listeners.add(listener.local or f"descriptor {state.descriptors.number(row)}")
    before, task.waiting = task.waiting, None
    if before is not None:
        task.waits = task.waits or before
        if row.errno == "EAGAIN":
            task.late = task.late or row
    elif task.blocked is None and row.errno != "EAGAIN" and waited(row, state.service.extent):
        task.blocked = row
    file = state.descriptors.at(row, row.ret) if row.ret is not None and row.ret >= 0 else None
    if file is None or file.connection is None:
        return
    care = state.service.care(file.connection)
    care.taker, care.listener = task, listener
    task.taken, task.last = task.taken + 1, file.connection
    if "SOCK_NONBLOCK" in (row.args or ""):
        care.free = row


def read(state: State, row: Row) -> None:
    """A read: of a connection it shows who serves, of a pipe whom the reader listens to."""
    file = state.descriptors.first(row)
    if file is None:
        return
    task = state.service.task(row)
    if file.connection is None:
        if task.word is None and _is_word(state, row, file):
            task.word = row
        return
    care = state.service.care(file.connection)
    if waited(row, state.service.extent):
        _waits_alone(care, row, for_client=True)
    if row.ret is not None and row.ret > 0:
        _serves(task, care, care.readers, row)
        task.woken.clear()  # each wake is for one piece of work


def _is_word(state: State, row: Row, file: OpenFile) -> bool:
    """Tell whether a read is for one byte of a pipe, or of what may be one; or does not return."""
    if file.kind not in ("other", "unknown"):
        return False
    return is_last(row, state.service.extent) or number(argument(row, 2)) == ONE_BYTE


def write(state: State, row: Row) -> None:
    """A write to a connection shows who serves."""
    file = state.descriptors.first(row)
    if file is not None and file.connection is not None and row.ret is not None and row.ret > 0:
        care = state.service.care(file.connection)
        _serves(state.service.task(row), care, care.writers, row)


def _serves(task: Task, care: Care, part: dict[Task, Row], row: Row) -> None:
    """Note that a task read or wrote."""
    if task not in care.readers and task not in care.writers:
        task.served += 1
        if not care.readers:
            care.handed = care.wakes(task)
    part.setdefault(task, row)
    later = task.last
    if task.mixed is None and care.taker is task and later is not care.connection:
        assert later is not None
        assert later.accepted is not None
        task.mixed = (later.accepted, row)


def _waits_alone(care: Care, row: Row, *, for_client: bool) -> None:
    """Note a wait for one connection: for what the client says, or only until it takes what it is sent."""
    care.alone = care.alone or row
    if for_client and care.idle:
        care.kept = care.kept or row


def shutdown(state: State, row: Row) -> None:
    """shutdown: the server will say no more on a connection."""
    file = state.descriptors.first(row) if row.name == "shutdown" else None
    if file is not None and file.connection is not None:
        state.service.care(file.connection).shut = True


def epoll_ctl(state: State, row: Row) -> None:
    """epoll_ctl: a connection is given to an epoll set, so that whoever waits on that learns of it."""
    if row.ret != 0 or not symbols(argument(row, 1)) & {"EPOLL_CTL_ADD", "EPOLL_CTL_MOD"}:
        return
    file = _descriptor(state, row, argument(row, 2))
    if file is not None and file.connection is not None:
        care, queue = state.service.care(file.connection), state.descriptors.first(row)
        if _made_for(care, queue, row):
            _waits_alone(care, row, for_client="EPOLLOUT" not in (row.args or ""))
        elif care.added is None:
            care.added, care.queue = row, queue


def _made_for(care: Care, queue: OpenFile | None, row: Row) -> bool:
    """Tell whether a thread made an epoll set for this connection alone: that is a wait like poll's."""
    made, accepted = queue.opened if queue else None, care.accepted
    return made is not None and accepted is not None and made.tid == row.tid and made.seq > accepted.seq


def epoll_wait(state: State, row: Row) -> None:
    """epoll_wait: for clients, as long as an accept follows."""
    task, queue = state.service.task(row), state.descriptors.first(row)
    if queue is not None:
        task.queues.add(queue)
    limit = number(argument(row, 3))
    if task.limited is None and limit is not None and limit > 0:
        task.limited = row
    task.waiting = task.active = row


def poll(state: State, row: Row) -> None:
    """poll, ppoll: for one connection, for listeners, or for both at once."""
    entries = argument(row, 0)
    if isinstance(entries, Change):
        entries = entries.before
    values = (
        [entry.get("fd") for entry in entries.items if isinstance(entry, Struct)]
        if isinstance(entries, Array)
        else []
    )
    fds = [value for value in values if value is not None]
    _waits_for(state, row, fds, for_client="events=POLLIN" in (row.args or ""))


def select(state: State, row: Row) -> None:
    """select, pselect6: the same; without descriptors it only sleeps."""
    values: list[Value] = []
    for place in (1, 2):
        sets = argument(row, place)
        values += sets.items if isinstance(sets, Set | Array) else ()
    if values:
        _waits_for(state, row, values, for_client=argument(row, 1) != NOTHING)


def restart(state: State, row: Row) -> None:
    """restart_syscall: a poll or select that an attach interrupted goes on, and has found something.

    strace does not know which call it is (restart_syscall(2)); of those that it can be, these alone count.
    """
    if row.ret:
        task = state.service.task(row)
        task.waiting = task.active = row


def _waits_for(state: State, row: Row, values: list[Value], *, for_client: bool) -> None:
    files = [file for value in values if (file := _descriptor(state, row, value)) is not None]
    task = state.service.task(row)
    connections = [file.connection for file in files if file.connection is not None]
    if len(files) == len(connections) == 1:
        _waits_alone(state.service.care(connections[0]), row, for_client=for_client)
        return
    if connections and sum(map(_is_of_clients, files)) > 1:
        task.together = task.together or row
    task.waiting = task.active = row


def _is_of_clients(file: OpenFile) -> bool:
    """Tell whether a descriptor is a client's connection, or a socket that clients come from.

    A pipe or an eventfd beside a connection is how another thread ends the wait for it.
    """
    own = file.outgoing or file.peer is not None or file.end is not None
    return file.connection is not None or ((file.socket or file.kind == "socket") and not own)


def _descriptor(state: State, row: Row, value: Value) -> OpenFile | None:
    fd = number(value)
    return None if fd is None or fd < 0 else state.descriptors.at(row, fd, arguments.annotation(value))


def nonblocking(state: State, row: Row) -> None:
    """fcntl(F_SETFL), ioctl(FIONBIO): calls on a connection do not wait from here on."""
    text = row.args or ""
    if "O_NONBLOCK" not in text and "FIONBIO, [1]" not in text:
        return
    file = state.descriptors.first(row)
    if file is not None and file.connection is not None:
        care = state.service.care(file.connection)
        if not care.readers and state.service.task(row) is care.taker:
            care.free = care.free or row


def waits(row: Row) -> bool:
    """Tell whether a call waits for another thread's wake, so that it counts from its return on."""
    return row.name in FUTEX and "FUTEX_WAIT" in (row.args or "")


def futex(state: State, row: Row) -> None:
    """futex: who wakes whom, on the exact address; and locks that processes share."""
    operation = symbols(argument(row, 1))
    address = (row.args or "").partition(",")[0]
    task = state.service.task(row)
    if any(name.startswith("FUTEX_WAIT") for name in operation):
        wake = state.service.wakes.get((row.pid, address))
        if row.ret == 0 and wake is not None and wake.tid != row.tid:
            task.wake_up(wake, row)
            state.work.woken.add((wake.tid, row.tid))
        elif row.errno == "EAGAIN" and (wake := state.service.signals.get((row.pid, address))):
            task.wake_up(wake, row)
        extent = state.service.extent
        rests = long(row) or never_returned(row, extent) or (is_last(row, extent) and for_work(row))
        if rests and task.served and "NULL" in (row.args or ""):
            task.rests = row
    elif any(name.startswith(("FUTEX_WAKE", "FUTEX_CMP_REQUEUE")) for name in operation):
        state.service.signals[row.pid, address] = row
        if row.ret:
            state.service.wakes[row.pid, address] = row
    elif "FUTEX_LOCK_PI" in operation:
        task.lock = task.lock or row


def lock(state: State, row: Row) -> None:
    """flock, semop: locks that processes share."""
    task = state.service.task(row)
    task.lock = task.lock or row


def fcntl(state: State, row: Row) -> None:
    """fcntl: non-blocking, or a lock that processes share."""
    if "F_SETLKW" in (row.args or ""):
        lock(state, row)
    else:
        nonblocking(state, row)


def fork(state: State, row: Row) -> None:
    """fork, vfork, clone, clone3: who makes whom."""
    if child := task_made(row):
        flags = flags_of(row)
        state.service.makes(row, child, thread=None if flags is None else "CLONE_THREAD" in flags)


def getppid(state: State, row: Row) -> None:
    """getppid: a child that looks whether its parent still lives."""
    task = state.service.task(row)
    task.asks_parent = task.asks_parent or row


def wait_for_children(state: State, row: Row) -> None:
    """wait4, waitid: a parent."""
    task = state.service.task(row)
    task.parent = task.parent or row


WATCHING: dict[str, Effect] = by_call(
    {
        "accepts": take,
        "read": read,
        "write": write,
        "sendfile": write,
        "on a socket": shutdown,
        "epoll_ctl": epoll_ctl,
        "wait of epoll": epoll_wait,
        "poll": poll,
        "select": select,
        "go on": restart,
        "fcntl": fcntl,
        "ioctl": nonblocking,
        "futex": futex,
        "lock": lock,
        "forks": fork,
        "ask for the parent": getppid,
        "wait for children": wait_for_children,
    }
)
"""Calls that tell how a server works; they are looked at once they have had their effect on descriptors."""

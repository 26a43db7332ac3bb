"""What epoll and poll report: when a connection could have been read."""

from tracekit.analyzers.state import arguments
from tracekit.analyzers.state.arguments import argument, number
from tracekit.analyzers.state.calls import by_call
from tracekit.analyzers.state.connections import ended_ns
from tracekit.analyzers.state.effects import Effect
from tracekit.analyzers.state.state import State
from tracekit.events import Array, Row, Struct, symbols


def epoll_ctl(state: State, row: Row) -> None:
    """epoll_ctl: which data word stands for which descriptor."""
    epoll = state.descriptors.first(row)
    operation = symbols(argument(row, 1))
    fd, event = number(argument(row, 2)), argument(row, 3)
    if row.ret != 0 or epoll is None or fd is None or not isinstance(event, Struct):
        return
    file = state.descriptors.at(row, fd, arguments.annotation(argument(row, 2)))
    data = event.get("data")
    word = number(data.get("u64") or arguments.NOTHING) if isinstance(data, Struct) else None
    if word is not None and not operation & {"EPOLL_CTL_DEL"}:
        state.polled.setdefault(epoll, {})[word] = file


def epoll_wait(state: State, row: Row) -> None:
    """epoll_wait: the connections that are ready to be read."""
    state.work.leave(row.tid)
    epoll = state.descriptors.first(row)
    if epoll is None or not row.ret or row.ret < 0:
        return
    events = argument(row, 1)
    registered = state.polled.get(epoll, {})
    for event in events.items if isinstance(events, Array) else ():
        data = event.get("data") if isinstance(event, Struct) else None
        word = number(data.get("u64") or arguments.NOTHING) if isinstance(data, Struct) else None
        file = registered.get(-1 if word is None else word)
        if file and file.connection:
            file.connection.ready_ns = ended_ns(row)


def poll(state: State, row: Row) -> None:
    """poll, ppoll: the same for the descriptors that it lists; with one, it is the one that is ready."""
    polled = argument(row, 0)
    if row.ret != 1 or not isinstance(polled, Array) or len(polled.items) != 1:
        return
    entry = polled.items[0]
    value = entry.get("fd") if isinstance(entry, Struct) else None
    fd = number(value) if value is not None else None
    if value is None or fd is None or fd < 0:
        return
    file = state.descriptors.at(row, fd, arguments.annotation(value))
    if file.connection:
        file.connection.ready_ns = ended_ns(row)


READINESS: dict[str, Effect] = by_call({"wait of epoll": epoll_wait, "epoll_ctl": epoll_ctl, "poll": poll})

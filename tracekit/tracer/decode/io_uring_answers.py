"""What io_uring_register(2) answers in the structure that it was asked with: operations, workers."""

import struct
from typing import Final

from tracekit.tracer.decode.io_uring import count_of, words
from tracekit.tracer.decode.registry import captures, kinds
from tracekit.tracer.decode.structs import layouts
from tracekit.tracer.decode.view import View, pointer

_HEAD: Final = struct.Struct("<BBH3I")  # struct io_uring_probe up to its operations
_MOST: Final = 256  # operations that the kernel answers about
_ARGUMENT: Final = 2
_ASKED, _PRINTED = "asked", "printed"


def _probe_memory(view: View, address: int) -> bytes | None:
    """The structure with its operations, when there is room for no more than the kernel takes."""
    count = count_of(view)
    one = layouts("io_uring_probe_op")[view.abi]
    return view.fetch(address, _HEAD.size + one.packing.size * count) if count <= _MOST else None


def _probe_state(view: View, address: int) -> str:
    """What becomes of a question: nothing when it cannot be read; it should be zeros."""
    data = _probe_memory(view, address)
    if data is None:
        return ""
    return _PRINTED if any(data) else _ASKED


def _probe_early(view: View, address: int) -> str | None:
    state = _probe_state(view, address)
    if state == _ASKED:
        return None
    data = _probe_memory(view, address)
    return pointer(address) if data is None else _probe_text(view, data)


def _probe_late(view: View, address: int) -> str | None:
    """The answer; behind the question, when that was printed."""
    state = view.call.saved.get(_ARGUMENT)
    if not state or (view.failed and state == _PRINTED):
        return None
    data = _probe_memory(view, address)
    text = pointer(address) if data is None else _probe_text(view, data)
    return f" => {text}" if state == _PRINTED else f", {text}"


def _probe_text(view: View, data: bytes) -> str:
    last, length, reserved, *more = _HEAD.unpack_from(data)
    shown = [f"last_op={view.spell('io_uring_op', last)}", f"ops_len={length}"]
    if reserved:
        shown.append(f"resv={reserved:#x}")
    if any(more):
        shown.append(f"resv2={words(view, more)}")
    return f"{{{', '.join(shown)}, ops={_operations(view, data[_HEAD.size :], length)}}}"


def _operations(view: View, data: bytes, length: int) -> str:
    """As many operations as there is room for, or as the kernel answered about."""
    one = layouts("io_uring_probe_op")[view.abi]
    size, room = one.packing.size, count_of(view)
    count = min(length, room) if view.exiting else room
    limit = count if view.options.verbose else min(count, view.options.string_limit)
    shown = [one.text(view, data[at * size : (at + 1) * size]) for at in range(limit)]
    if limit < count or (view.exiting and room < length):
        shown.append("...")
    return f"[{', '.join(shown)}]"


def _workers(view: View, address: int) -> tuple[str, bool]:
    """How many workers of each kind, and whether all of them could be read."""
    count = count_of(view)
    if not address or not count:
        return pointer(address) if not address else "[]", False
    limit = count if view.options.verbose else min(count, view.options.string_limit)
    data = view.readable(address, 4 * min(limit + 1, count))
    whole = len(data) // 4
    if not whole:
        return pointer(address), False
    numbers = struct.unpack_from(f"<{min(whole, limit)}I", data)
    shown = [f"[{view.spell('io_uring_workers', at)}]={value}" for at, value in enumerate(numbers)]
    if whole > limit:
        shown.append("...")
    elif whole < count:
        shown.append(f"... /* {pointer(address + 4 * whole)} */")
    return f"[{', '.join(shown)}]", whole > limit or whole == count


def _workers_late(view: View, address: int) -> str | None:
    return _workers(view, address)[0] if view.call.saved.get(_ARGUMENT) else None


def _workers_early(view: View, address: int) -> str:
    text, whole = _workers(view, address)
    return f"{text} => " if whole else text


kinds(
    {
        "io_uring_probe": _probe_early,
        "io_uring_probed": _probe_late,
        "io_uring_workers_asked": _workers_early,
        "io_uring_workers_set": _workers_late,
    }
)
captures(
    {
        "io_uring_probed": _probe_state,
        "io_uring_workers_set": lambda view, address: _workers(view, address)[1],
    }
)

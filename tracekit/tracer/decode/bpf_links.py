"""BPF_LINK_CREATE: what goes with a link depends on what it is attached to (<linux/bpf.h>)."""

from typing import Final

from tracekit.tracer.decode.bpf_members import Grown
from tracekit.tracer.decode.files import fd
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.scalars import U32
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import string
from tracekit.tracer.decode.view import View

_ALWAYS: Final = 16  # bytes up to the union
_KIND: Final = 2  # which value says what the link is attached to
_ANY, _ITERATOR, _PERF_EVENT, _KPROBES = 0, 28, 41, 42  # enum bpf_attach_type


def link_members(view: View, attributes: Grown) -> tuple[list[str], int]:
    """The members of the union at the end, and how many bytes of the attributes are known with them."""
    if len(attributes.data) <= _ALWAYS:
        return [], attributes.end
    kind, (first, second, third, fourth) = attributes.values[_KIND], attributes.values[4:]
    if kind == _ANY:
        target = first & U32
        return [f"target_btf_id={target}"] if target else [], _ALWAYS + 4
    if kind == _ITERATOR:
        count = second & U32
        shown = array_text(view, first, count, 4, _iterator)
        return [f"iter_info={shown}", f"iter_info_len={count}"], _ALWAYS + 12
    if kind == _PERF_EVENT:
        return [f"perf_event={{bpf_cookie={hexadecimal(first)}}}"], _ALWAYS + 8
    if kind == _KPROBES:
        probes = _kprobes(view, first & U32, first >> 32, (second, third, fourth))
        return [f"kprobe_multi={{{', '.join(probes)}}}"], _ALWAYS + 32
    return [], _ALWAYS


def _iterator(view: View, data: bytes) -> str:
    return f"{{map={{map_fd={fd(view, int.from_bytes(data, 'little'))}}}}}"


def _kprobes(view: View, flags: int, count: int, places: tuple[int, int, int]) -> list[str]:
    """Functions of the kernel by their names or addresses, and a number for each."""
    names, addresses, cookies = places
    return [
        f"flags={view.spell('bpf_kprobe_multi_flags', flags)}",
        f"cnt={count}",
        f"syms={array_text(view, names, count, view.abi.word, _symbol)}",
        f"addrs={array_text(view, addresses, count, 8, _number)}",
        f"cookies={array_text(view, cookies, count, 8, _number)}",
    ]


def _symbol(view: View, data: bytes) -> str:
    return string(view, int.from_bytes(data, "little"))


def _number(_view: View, data: bytes) -> str:
    return hexadecimal(int.from_bytes(data, "little"))

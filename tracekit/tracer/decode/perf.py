"""Performance events: the attributes of perf_event_open(2)."""

import errno
import struct
from collections.abc import Iterator
from typing import Any, Final

from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import captures, kinds
from tracekit.tracer.decode.scalars import U32
from tracekit.tracer.decode.view import View, pointer

# struct perf_event_attr, <linux/perf_event.h>
_SIZE: Final = struct.Struct("<I")
_SIZE_AT: Final = 4
_FIRST_SIZE: Final = 64  # PERF_ATTR_SIZE_VER0
_ALWAYS: Final = struct.Struct("<IIQQQQQ")  # up to the bits
_REST: Final = struct.Struct("<IIQQQQIiQIHHIIQ")
_WHOLE: Final = _ALWAYS.size + _REST.size
_HARDWARE, _SOFTWARE, _TRACEPOINT, _CACHE, _BREAKPOINT = 0, 1, 2, 3, 5
_BREAKPOINT_BITS: Final = 7  # HW_BREAKPOINT_X | HW_BREAKPOINT_RW, <linux/hw_breakpoint.h>
_BRANCH_STACK, _STACK_USER = 1 << 11, 1 << 13  # PERF_SAMPLE_...

_BITS: Final = (
    *("disabled", "inherit", "pinned", "exclusive", "exclude_user", "exclude_kernel", "exclude_hv"),
    *("exclude_idle", "mmap", "comm", "freq", "inherit_stat", "enable_on_exec", "task", "watermark"),
    *("precise_ip", "", "mmap_data", "sample_id_all", "exclude_host", "exclude_guest"),
    *("exclude_callchain_kernel", "exclude_callchain_user", "mmap2", "comm_exec", "use_clockid"),
    *("context_switch", "write_backward", "namespaces", "ksymbol", "bpf_event", "aux_output", "cgroup"),
    *("text_poke", "build_id", "inherit_thread", "remove_on_exec", "sigtrap"),
)
_FREQ, _WATERMARK, _CLOCKID = (1 << _BITS.index(name) for name in ("freq", "watermark", "use_clockid"))
_SKIDS: Final = ("arbitrary skid", "constant skid", "requested to have 0 skid", "must have 0 skid")


def _attributes(view: View, where: int) -> bytes | None:
    """The attributes as they are at entry: the kernel may change their size."""
    if not where or view.options.opaque:
        return None
    found = view.whole(where + _SIZE_AT, _SIZE.size)
    if found is None:
        return None
    size = min(_SIZE.unpack(found)[0], _WHOLE) or _FIRST_SIZE
    if size < _FIRST_SIZE:
        return None
    if not view.options.verbose:
        size = _ALWAYS.size
    return view.whole(where, size)


def _event(view: View, where: int) -> str:
    """The attributes of perf_event_open(2), with what the kernel says of their size."""
    return _text(view, where, view.call.saved.get(0))


def _modified(view: View, where: int) -> str:
    """Those of ioctl(2), which the kernel leaves as they are."""
    return _text(view, where, _attributes(view, where))


def _text(view: View, where: int, data: bytes | None) -> str:
    """``{type=PERF_TYPE_HARDWARE, size=PERF_ATTR_SIZE_VER1, config=PERF_COUNT_HW_INSTRUCTIONS, ...}``."""
    if data is None:
        return pointer(where)
    kind, full, *_ = _ALWAYS.unpack_from(data)
    shown = [
        f"type={view.spell('perf_type', kind)}",
        f"size={view.spell('perf_attr_size', full)}{_new_size(view, where)}",
        *_common(view, data),
    ]
    if view.options.verbose:
        shown += _further(view, data)
    more = full > len(data) or (not full and len(data) < _FIRST_SIZE)
    return "{" + ", ".join([*shown, *(["..."] if more else [])]) + "}"


def _new_size(view: View, where: int) -> str:
    """The size that the kernel takes, which it tells when it got more."""
    if view.ret != -errno.E2BIG:
        return ""
    data = view.whole(where + _SIZE_AT, _SIZE.size)
    return f" => {view.spell('perf_attr_size', *_SIZE.unpack(data)) if data else '???'}"


def _common(view: View, data: bytes) -> Iterator[str]:
    """What is shown of every event."""
    kind, _, config, period, sample, read, bits = _ALWAYS.unpack_from(data)
    yield f"config={_config(view, kind, config)}"
    yield f"sample_{'freq' if bits & _FREQ else 'period'}={period}"
    yield f"sample_type={view.spell('perf_sample', sample)}"
    yield f"read_format={view.spell('perf_format', read)}"
    for at, name in enumerate(_BITS):
        if name == "precise_ip":
            skid = bits >> at & 3
            yield f"precise_ip={skid} /* {_SKIDS[skid]} */"
        elif name and (view.options.verbose or bits >> at & 1):
            yield f"{name}={bits >> at & 1}"
    if bits >> len(_BITS):
        yield f"__reserved_1={bits >> len(_BITS):#x} /* Bits 63..{len(_BITS)} */"


def _config(view: View, kind: int, config: int) -> str:
    """What is counted; of hardware events the upper half is the number of a unit that counts."""
    if kind == _SOFTWARE:
        return view.spell("perf_software", config)
    if kind == _TRACEPOINT:
        return str(config)
    if kind not in (_HARDWARE, _CACHE):
        return hexadecimal(config)
    unit, event = config >> 32, config & U32
    shown = [f"{unit:#x}<<32"] if unit else []
    if kind == _HARDWARE:
        return "|".join([*shown, view.spell("perf_hardware", event)])
    if event >> 24:
        shown.append(f"{event >> 24:#x}<<24")
    shown.append(f"{view.spell('perf_cache_result', event >> 16 & 0xFF)}<<16")
    shown.append(f"{view.spell('perf_cache_op', event >> 8 & 0xFF)}<<8")
    return "|".join([*shown, view.spell("perf_cache", event & 0xFF)])


def _further(view: View, data: bytes) -> Iterator[str]:
    """What -v shows too, as far as the size of the attributes goes."""
    kind, _, _, _, sample, _, bits = _ALWAYS.unpack_from(data)
    rest = _REST.unpack(data[_ALWAYS.size :].ljust(_REST.size, b"\0"))
    wakeup, breakpoint_type, first, second, branch, user, stack, clock, *last = rest
    size, is_breakpoint = len(data), kind == _BREAKPOINT
    yield f"wakeup_{'watermark' if bits & _WATERMARK else 'events'}={wakeup}"
    if is_breakpoint:
        names = "breakpoint_mix" if breakpoint_type <= _BREAKPOINT_BITS else "breakpoint"
        yield f"bp_type={view.spell(names, breakpoint_type)}"
    yield f"{'bp_addr' if is_breakpoint else 'config1'}={hexadecimal(first)}"
    if size > 64:
        yield f"bp_len={second}" if is_breakpoint else f"config2={hexadecimal(second)}"
    if size > 72 and sample & _BRANCH_STACK:
        yield f"branch_sample_type={view.spell('perf_branch', branch)}"
    if size > 80:
        yield f"sample_regs_user={hexadecimal(user)}"
    if size > 88 and sample & _STACK_USER:
        yield f"sample_stack_user={hexadecimal(stack)}"
    if size > 92 and bits & _CLOCKID:
        yield f"clockid={view.spell('clock', clock & U32)}"
    yield from _latest(size, last)


def _latest(size: int, last: list[Any]) -> Iterator[str]:
    """The end, which has been growing."""
    registers, watermark, depth, gap, aux_size, second_gap, signal_data = last
    if size > 96:
        yield f"sample_regs_intr={hexadecimal(registers)}"
    if size > 104:
        yield f"aux_watermark={watermark}"
    if size > 108:
        yield f"sample_max_stack={depth}" + (f" /* bytes 110..111: {gap:#x} */" if gap else "")
    if size > 112:
        note = f" /* bytes 116..119: {second_gap:#x} */" if second_gap and size > 116 else ""
        yield f"aux_sample_size={aux_size}{note}"
    if size > 120:
        yield f"sig_data={hexadecimal(signal_data)}"


kinds({"perf_event": _event, "perf_attributes": _modified})
captures({"perf_event": _attributes})

"""Virtual machines (<linux/kvm.h>): registers of processors, and what they can do."""

import os
import re
from pathlib import Path
from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.ioctls.exchange import braced, fetch_struct, members
from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.structs import array_text, layouts
from tracekit.tracer.decode.view import View, pointer

_HEAD: Final = 8  # struct kvm_cpuid2 without its entries
_PROCESSOR: Final = "anon_inode:kvm-vcpu:"
_EXIT_REASON: Final = 8  # where it stands in struct kvm_run, which a processor's descriptor maps
_MAPPING: Final = re.compile(r"(?P<start>[0-9a-f]+)-\S+ \S+ \S+ \S+ +\d+ +(?P<path>.*)")


def _registers(view: View, address: int) -> str:
    """The registers; without -v those that say where the processor is."""
    data = fetch_struct(view, "kvm_regs", address)
    if data is None:
        return pointer(address)
    shown = members(view, "kvm_regs", data)
    if not view.options.verbose:
        shown = [shown[0], "...", *shown[6:8], "...", *shown[16:]]
    return braced(shown)


def _features(view: View, address: int) -> str:
    """Struct kvm_cpuid2: what cpuid tells, as many entries as there are."""
    data = view.fetch(address, _HEAD)
    if data is None:
        return pointer(address)
    count = int.from_bytes(data[:4], "little")
    one = layouts("kvm_cpuid_entry")[view.abi]
    if view.options.verbose:
        entries = array_text(view, address + _HEAD, count, one.packing.size, one.text)
    else:
        entries = "[...]" if count else "[]"
    return f"{{nent={count}, entries={entries}}}"


def _exit(view: View, value: int) -> str:
    """KVM_RUN's return value; with ``-e kvm=vcpu``, why the processor stopped (proc_pid_maps(5))."""
    start = _mapped(view.task.tid, view.args[0] & 0xFFFFFFFF) if view.options.vcpu else None
    data = view.task.read(start + _EXIT_REASON, 4) if start is not None else b""
    if len(data) < 4:
        return str(value)
    return (
        f"{value} ({constants('kvm_exit_reason').names.get(int.from_bytes(data, 'little'), 'KVM_EXIT_???')})"
    )


def _mapped(tid: int, fd: int) -> int | None:
    """Where a task has mapped the state of the processor behind a descriptor."""
    try:
        path = os.readlink(f"/proc/{tid}/fd/{fd}")
        maps = Path(f"/proc/{tid}/maps").read_text("utf-8", "surrogateescape") if _PROCESSOR in path else ""
    except OSError:
        return None
    found = (_MAPPING.fullmatch(line) for line in maps.splitlines())
    return next((int(match["start"], 16) for match in found if match and match["path"] == path), None)


kinds({"return_kvm_exit": _exit, "*kvm_regs": _registers, "*kvm_cpuid2": _features})

"""Virtual machines (<linux/kvm.h>): registers of processors, and what they can do."""

from tracekit.tracer.decode.ioctls.exchange import braced, fetch_struct, members
from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.structs import array_text, layouts
from tracekit.tracer.decode.view import View, pointer

_HEAD = 8  # struct kvm_cpuid2 without its entries


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


kinds({"*kvm_regs": _registers, "*kvm_cpuid2": _features})

"""bpf(2): its commands' attributes, and what the kernel tells of maps and programs (<linux/bpf.h>)."""

from typing import Final, NamedTuple

from tracekit.syscalls import constants
from tracekit.tracer.decode.bpf_links import link_members
from tracekit.tracer.decode.bpf_members import Grown, extra
from tracekit.tracer.decode.bpf_objects import info_before, info_text
from tracekit.tracer.decode.files import fd
from tracekit.tracer.decode.registry import captures, kinds
from tracekit.tracer.decode.scalars import U32
from tracekit.tracer.decode.view import PAGE, View, pointer

#: The attributes of each command, bpf_structs.tbl, and the member of the union that they stand in.
_ATTRIBUTES: Final = {
    "BPF_MAP_CREATE": ("bpf_map_create", ""),
    "BPF_MAP_LOOKUP_ELEM": ("bpf_map_lookup", ""),
    "BPF_MAP_LOOKUP_AND_DELETE_ELEM": ("bpf_map_lookup", ""),
    "BPF_MAP_UPDATE_ELEM": ("bpf_map_update", ""),
    "BPF_MAP_DELETE_ELEM": ("bpf_map_delete", ""),
    "BPF_MAP_GET_NEXT_KEY": ("bpf_map_next_key", ""),
    "BPF_MAP_FREEZE": ("bpf_map_freeze", ""),
    "BPF_PROG_LOAD": ("bpf_prog_load", ""),
    "BPF_OBJ_PIN": ("bpf_object", ""),
    "BPF_OBJ_GET": ("bpf_object", ""),
    "BPF_PROG_ATTACH": ("bpf_prog_attach", ""),
    "BPF_PROG_DETACH": ("bpf_prog_detach", ""),
    "BPF_PROG_TEST_RUN": ("bpf_test_run", "test"),
    "BPF_PROG_GET_FD_BY_ID": ("bpf_prog_by_id", ""),
    "BPF_MAP_GET_FD_BY_ID": ("bpf_map_by_id", ""),
    "BPF_BTF_GET_FD_BY_ID": ("bpf_btf_by_id", ""),
    "BPF_LINK_GET_FD_BY_ID": ("bpf_link_by_id", ""),
    "BPF_RAW_TRACEPOINT_OPEN": ("bpf_tracepoint", "raw_tracepoint"),
    "BPF_BTF_LOAD": ("bpf_btf_load", ""),
    "BPF_LINK_CREATE": ("bpf_link_create", "link_create"),
    "BPF_LINK_UPDATE": ("bpf_link_update", "link_update"),
    "BPF_MAP_LOOKUP_BATCH": ("bpf_map_batch", "batch"),
    "BPF_MAP_LOOKUP_AND_DELETE_BATCH": ("bpf_map_batch", "batch"),
    "BPF_MAP_UPDATE_BATCH": ("bpf_map_update_batch", "batch"),
    "BPF_MAP_DELETE_BATCH": ("bpf_map_delete_batch", "batch"),
    "BPF_PROG_GET_NEXT_ID": ("bpf_next_id", ""),
    "BPF_MAP_GET_NEXT_ID": ("bpf_next_id", ""),
    "BPF_BTF_GET_NEXT_ID": ("bpf_next_id", ""),
    "BPF_LINK_GET_NEXT_ID": ("bpf_next_id", ""),
    "BPF_OBJ_GET_INFO_BY_FD": ("bpf_info_by_fd", "info"),
    "BPF_PROG_QUERY": ("bpf_prog_query", "query"),
    "BPF_TASK_FD_QUERY": ("bpf_task_fd_query", "task_fd_query"),
}
#: How many members are known at entry, when the kernel fills in others; the last of them may change.
_EARLY: Final = {"bpf_next_id": 2, "bpf_info_by_fd": 2, "bpf_prog_query": 4, "bpf_task_fd_query": 4}
_BATCHES: Final = frozenset(("bpf_map_batch", "bpf_map_update_batch", "bpf_map_delete_batch"))
_BATCH_COUNT: Final = 4
_QUERY: Final = "bpf_prog_query"
_INFO: Final = "bpf_info_by_fd"
_LINK: Final = "bpf_link_create"
_ADDRESS: Final = 1  # which argument the attributes are


class _Before(NamedTuple):
    """What the kernel may overwrite, as it was at entry."""

    attributes: Grown
    info: Grown | None


def _attributes(view: View, *, told: bool = False) -> tuple[Grown, str] | None:
    """The attributes of this call's command, as the program has them now; None when there are none.

    With ``told`` it is noticed when they are cut short.
    """
    command, address, size = view.args[0] & U32, view.args[1], view.args[2] & U32
    name = constants("bpf_cmd").names.get(command, "")
    if name not in _ATTRIBUTES or not 0 < size <= PAGE or view.options.opaque or not address:
        return None
    row, member = _ATTRIBUTES[name]
    data = view.whole(address, size) if told else view.task.read(address, size)
    return (Grown(row, data), member) if data and len(data) == size else None


def _before(view: View, _address: int) -> _Before | None:
    found = _attributes(view)
    if found is None:
        return None
    attributes = found[0]
    return _Before(attributes, info_before(view, attributes) if attributes.name == _INFO else None)


def _at_entry(view: View, address: int) -> str:
    """What is known at a call's entry: everything, or the beginning of a structure."""
    found = _attributes(view, told=True)
    if found is None:
        return pointer(address)
    attributes, member = found
    opened = "{" + (f"{member}={{" if member else "")
    members, end = attributes.members(view), attributes.end
    if attributes.name in _EARLY:
        shown = ", ".join(members[: _EARLY[attributes.name]])
        return f"{opened}{shown}{', prog_ids=' if attributes.name == _QUERY else ''}"
    if attributes.name == _LINK:
        more, end = link_members(view, attributes)
        members += more
    closed = "}" if member else ""
    return f"{opened}{', '.join(members)}{closed}{extra(view, attributes.data, end)}}}"


def _at_exit(view: View, _address: int) -> str | None:
    """What the kernel filled in or changed."""
    found, before = _attributes(view, told=True), view.call.saved[_ADDRESS]
    if found is None:
        return None
    attributes, member = found
    if attributes.name in _BATCHES:
        count = attributes.values[_BATCH_COUNT]
        same = count == before.attributes.values[_BATCH_COUNT]
        return None if same else f" => {{batch={{count={count}}}}}"
    closed = "}" if member else ""
    shown = _filled_in(view, attributes, before)
    return f"{shown}{closed}{extra(view, attributes.data, attributes.end)}}}"


def _filled_in(view: View, attributes: Grown, before: _Before) -> str:
    """The rest of a structure whose beginning was printed at entry."""
    early = _EARLY[attributes.name]
    if attributes.name == _QUERY:
        ids, *rest = attributes.members(view, before.attributes)[early:]
        return ", ".join([ids.removeprefix("prog_ids="), *rest])
    last, was = attributes.values[early - 1], before.attributes.values[early - 1]
    change = f" => {last}" if last != was else ""
    if attributes.name == _INFO:
        return f"{change}, info={info_text(view, attributes, before.info)}"
    return "".join([change, *(f", {one}" for one in attributes.members(view, before.attributes)[early:])])


def _new_fd(view: View, value: int) -> str:
    """The descriptor that a command returned, which strace describes where the attributes are to be had."""
    return fd(view, value) if _attributes(view) else str(value)


kinds({"bpf_attributes": _at_entry, "bpf_changes": _at_exit, "return_bpf_fd": _new_fd})
captures({"bpf_changes": _before})

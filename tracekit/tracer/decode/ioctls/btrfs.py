"""Requests to btrfs (<linux/btrfs.h>) whose members depend on each other."""

import struct
from typing import Final

from tracekit.tracer.decode.attributes import moment
from tracekit.tracer.decode.ioctls.exchange import (
    ARROW,
    array_of,
    braced,
    fetch_struct,
    keep,
    kept,
    members,
    values,
)
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import kinds, printer_of
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.view import View, pointer

_U64: Final = 0xFFFFFFFFFFFFFFFF
_MOST_STATS: Final = 5  # BTRFS_DEV_STAT_VALUES_MAX
_BALANCED: Final = ((1, "data"), (4, "meta"), (2, "sys"))  # BTRFS_BALANCE_DATA, _METADATA, _SYSTEM
_CSUM_INFO, _GENERATION, _METADATA_UUID = 1, 2, 4  # BTRFS_FS_INFO_FLAG_CSUM_INFO, ...
_QGROUP_INHERIT: Final = 4  # BTRFS_SUBVOL_QGROUP_INHERIT
_INHERIT_SIZE: Final = 72  # struct btrfs_qgroup_inherit without its groups
_REPLACE_START, _REPLACE_STATUS = 0, 1


def _u64(view: View, value: int) -> str:
    """A number of which the highest means that there is no limit."""
    return view.names.word(str(value), "UINT64_MAX" if value == _U64 else None)


def _subvolume_flags(view: View, address: int) -> str:
    """Flags behind a pointer, which are printed as if there were none."""
    data = view.fetch(address, 8)
    return (
        pointer(address)
        if data is None
        else view.spell("btrfs_snap_flags_v2", int.from_bytes(data, "little"))
    )


def _balance(view: View, address: int) -> str:
    data = fetch_struct(view, "btrfs_balance", address)
    if data is None:
        return pointer(address)
    flags, state, *parts = values(view, "btrfs_balance", data)
    shown = [f"flags={view.spell('btrfs_balance_flags', int(flags))}"]
    if view.exiting:
        shown.append(f"state={view.spell('btrfs_balance_state', int(state))}")
    by_name = dict(zip(("data", "meta", "sys"), parts, strict=True))
    for bit, name in _BALANCED:
        part = by_name[name]
        if int(flags) & bit and isinstance(part, bytes):
            shown.append(f"{name}={braced(members(view, 'btrfs_balance_args', part))}")
    return braced(shown)


def _balance_out(view: View, address: int) -> str | None:
    return None if view.failed else ARROW + _balance(view, address)


def _device(view: View, address: int) -> str:
    """BTRFS_IOC_DEV_INFO: which device, by its number or its UUID."""
    data = fetch_struct(view, "btrfs_dev_info", address)
    keep(view, data)
    return pointer(address) if data is None else braced(members(view, "btrfs_dev_info", data))


def _replace(view: View, address: int) -> str:
    data = fetch_struct(view, "btrfs_dev_replace", address)
    if data is None:
        return pointer(address)
    keep(view, data)
    command, _, rest = values(view, "btrfs_dev_replace", data)
    shown = [f"cmd={view.spell('btrfs_dev_replace_cmds', int(command))}"]
    if command == _REPLACE_START and isinstance(rest, bytes):
        shown.append(f"start={braced(members(view, 'btrfs_replace_start', rest))}")
    return braced(shown)


def _replaced(view: View, address: int) -> str | None:
    if kept(view) is None or view.failed:
        return None
    data = fetch_struct(view, "btrfs_dev_replace", address)
    if data is None:
        return ARROW + pointer(address)
    command, result, rest = values(view, "btrfs_dev_replace", data)
    shown = [f"result={view.spell('btrfs_dev_replace_results', int(result))}"]
    if command == _REPLACE_STATUS and isinstance(rest, bytes):
        shown.append(f"status={braced(members(view, 'btrfs_replace_status', rest))}")
    return ARROW + braced(shown)


def _progress(_view: View, value: int) -> str:
    """Thousandths, and beside them how many percent that is."""
    return f"{value} /* {value // 10}.{value % 10}% */" if value <= 1000 else str(value)


def _date(_view: View, value: int) -> str:
    return f"{value}{moment(value)}"


def _time(_view: View, data: bytes) -> str:
    seconds, nanoseconds = struct.unpack_from("<QI", data)
    return f"{{sec={seconds}, nsec={nanoseconds}}}{moment(seconds, nanoseconds)}"


def _compatible(view: View, value: int) -> str:
    """Features that do no harm to those who do not know them: none has been defined."""
    note = "" if view.names.style == "raw" or not value else " /* BTRFS_FEATURE_COMPAT_??? */"
    return hexadecimal(value) + note


def _some_features(view: View, address: int, notes: tuple[str, ...]) -> str:
    """Several sets of features, with what each is for."""
    size = 24
    data = view.fetch(address, size * len(notes))
    if data is None:
        return pointer(address)
    shown = (
        braced(members(view, "btrfs_features", data[at * size : (at + 1) * size])) + note
        for at, note in enumerate(notes)
    )
    return f"[{', '.join(shown)}]"


def _set_features(view: View, address: int) -> str:
    return _some_features(view, address, ("", ""))


def _supported_features(view: View, address: int) -> str:
    return _some_features(view, address, (" /* supported */", " /* safe to set */", " /* safe to clear */"))


def _fs_info(view: View, address: int) -> str:
    """The file system; what its flags say is there."""
    data = fetch_struct(view, "btrfs_fs_info", address)
    if data is None:
        return pointer(address)
    shown = members(view, "btrfs_fs_info", data)
    flags = int(values(view, "btrfs_fs_info", data)[8])
    wanted = (*[True] * 6, *[flags & _CSUM_INFO] * 2, True, flags & _GENERATION, flags & _METADATA_UUID)
    return braced([text for text, there in zip(shown, wanted, strict=True) if there])


def _stats_out(view: View, address: int) -> str | None:
    if kept(view) is None or view.failed:
        return None
    data = fetch_struct(view, "btrfs_dev_stats", address)
    if data is None:
        return ARROW + pointer(address)
    shown = members(view, "btrfs_dev_stats", data)[1:]
    count = int(values(view, "btrfs_dev_stats", data)[1])
    numbers = struct.unpack_from(f"<{_MOST_STATS}Q", data, 24)
    stats = [
        f"[{view.spell('btrfs_dev_stats_values', at)}]={number}" for at, number in enumerate(numbers[:count])
    ]
    stats += ["..."] * (count > _MOST_STATS)
    return ARROW + braced([*shown, f"[{', '.join(stats)}]"])


def _subvolume(view: View, address: int) -> str:
    """A subvolume that is to be made, with what it inherits."""
    data = fetch_struct(view, "btrfs_vol_args_v2", address)
    if data is None:
        return pointer(address)
    keep(view, data)
    fd, flags, size, inherit, name = values(view, "btrfs_vol_args_v2", data)
    shown = [
        f"fd={printer_of('fd')(view, int(fd) & 0xFFFFFFFF)}",
        f"flags={view.spell('btrfs_snap_flags_v2', int(flags))}",
    ]
    if int(flags) & _QGROUP_INHERIT:
        shown += [f"size={int(size)}", f"qgroup_inherit={_inherit(view, int(inherit))}"]
    return braced([*shown, f"name={printer_of('member_text')(view, name)}"])


def _inherit(view: View, address: int) -> str:
    data = fetch_struct(view, "btrfs_qgroup_inherit", address)
    if data is None:
        return pointer(address)
    shown = members(view, "btrfs_qgroup_inherit", data)
    if not view.options.verbose:
        return braced([*shown, "..."])
    count = int(values(view, "btrfs_qgroup_inherit", data)[1])
    groups = array_text(view, address + _INHERIT_SIZE, count, *array_of("Q"))
    return braced([*shown, f"qgroups={groups}"])


def _send(view: View, address: int) -> str:
    data = fetch_struct(view, "btrfs_send", address)
    if data is None:
        return pointer(address)
    shown = members(view, "btrfs_send", data)
    if view.options.verbose:
        _, count, where, *_ = values(view, "btrfs_send", data)
        sources = array_text(view, int(where), int(count), 8, _object)
        shown[2] = f"clone_sources={sources}"
    return braced(shown)


def _object(view: View, data: bytes) -> str:
    return view.spell("btrfs_tree_objectids", int.from_bytes(data, "little"))


kinds(
    {
        "u64": _u64,
        "btrfs_subvolume_flags": _subvolume_flags,
        "btrfs_balance_in": _balance,
        "btrfs_balance_out": _balance_out,
        "btrfs_dev_info_in": _device,
        "btrfs_replace_in": _replace,
        "btrfs_replace_out": _replaced,
        "btrfs_progress": _progress,
        "btrfs_date": _date,
        "btrfs_time": _time,
        "btrfs_compat": _compatible,
        "btrfs_set_features": _set_features,
        "btrfs_supported_features": _supported_features,
        "*btrfs_fs_info": _fs_info,
        "btrfs_stats_out": _stats_out,
        "btrfs_subvolume": _subvolume,
        "*btrfs_send": _send,
    }
)

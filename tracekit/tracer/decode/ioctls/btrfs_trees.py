"""Searches in the trees of btrfs, and where inodes and paths are (<linux/btrfs.h>, <linux/btrfs_tree.h>)."""

from collections.abc import Callable
from typing import Final

from tracekit.tracer.decode.ioctls.exchange import (
    ARROW,
    braced,
    fetch_struct,
    keep,
    kept,
    members,
    peek_struct,
    values,
)
from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.structs import array_text, layouts
from tracekit.tracer.decode.text import path
from tracekit.tracer.decode.view import View, pointer

_HEAD: Final = 16  # struct btrfs_data_container without its values
_KEY: Final = 104  # struct btrfs_ioctl_search_key
_FIRST_FREE, _LAST_FREE = 256, 0xFFFFFFFFFFFFFF00  # BTRFS_FIRST_FREE_OBJECTID, BTRFS_LAST_FREE_OBJECTID
_BUFFER: Final = 4096 - _KEY  # of struct btrfs_ioctl_search_args
_EOVERFLOW: Final = 75
_HEADER: Final = 32  # struct btrfs_ioctl_search_header


def _container(view: View, address: int, element: Callable[[int], str]) -> str:
    """Struct btrfs_data_container: how much there is and, with -v, what."""
    data = fetch_struct(view, "btrfs_container", address)
    if data is None:
        return pointer(address)
    shown = members(view, "btrfs_container", data)
    if not view.options.verbose:
        return braced([*shown, "..."])
    return braced([*shown, f"val={element(int(values(view, 'btrfs_container', data)[2]))}"])


def _paths(view: View, where: int) -> str:
    """What BTRFS_IOC_INO_PATHS found: the paths of an inode."""
    start = where + _HEAD

    def one(view: View, data: bytes) -> str:
        return path(view, start + int.from_bytes(data, "little"))

    return _container(view, where, lambda count: array_text(view, start, count, 8, one))


def _inodes(view: View, where: int) -> str:
    """What BTRFS_IOC_LOGICAL_INO found: the inodes at an address of the file system."""
    one = layouts("btrfs_inode")[view.abi]
    return _container(
        view, where, lambda count: array_text(view, where + _HEAD, count // 3, one.packing.size, one.text)
    )


def _lookup(view: View, address: int) -> str:
    data = fetch_struct(view, "btrfs_ino_lookup", address)
    if data is None:
        return pointer(address)
    keep(view, values(view, "btrfs_ino_lookup", data)[0])
    return braced(members(view, "btrfs_ino_lookup", data)[:2])


def _found(view: View, address: int) -> str | None:
    """The path of an inode; and its tree, when it was not said which."""
    tree = kept(view)
    if tree is None or view.failed:
        return None
    data = fetch_struct(view, "btrfs_ino_lookup", address)
    if data is None:
        return ARROW + pointer(address)
    shown = members(view, "btrfs_ino_lookup", data)
    return ARROW + braced([shown[2]] if tree else [shown[0], shown[2]])


def _key(view: View, data: bytes) -> str:
    """What is searched for; without -v, limits that are none are left out."""
    shown = members(view, "btrfs_search_key", data)
    if not view.options.verbose:
        _, lowest, highest, *_ = values(view, "btrfs_search_key", data[:_KEY])
        hidden = {1} if lowest == _FIRST_FREE else set()
        hidden |= {2} if highest == _LAST_FREE else set()
        shown = [text for at, text in enumerate(shown) if at not in hidden]
    return braced(shown)


def _search(view: View, address: int) -> str:
    data = view.fetch(address, _KEY)
    if data is None:
        return pointer(address)
    keep(view, data)
    return f"{{key={_key(view, data)}}}"


def _search_out(view: View, address: int) -> str | None:
    if kept(view) is None or view.failed:
        return None
    data = view.fetch(address, _KEY)
    if data is None:
        return ARROW + pointer(address)
    count = int(values(view, "btrfs_search_key", data)[9])
    return f"{ARROW}{{key={{nr_items={count}}}, {_results(view, address + _KEY, _BUFFER, count)}}}"


def _search2(view: View, address: int) -> str:
    data = fetch_struct(view, "btrfs_search2", address)
    if data is None:
        return pointer(address)
    keep(view, data)
    return f"{{key={_key(view, data[:_KEY])}, {members(view, 'btrfs_search2', data)[0]}}}"


def _search2_out(view: View, address: int) -> str | None:
    """The results; when there was no room for them, how much is needed."""
    if kept(view) is None or (view.failed and view.ret != -_EOVERFLOW):
        return None
    data = peek_struct(view, "btrfs_search2", address)
    if data is None:
        return ARROW + pointer(address)
    size = int(values(view, "btrfs_search2", data)[0])
    if view.failed:
        return f"{ARROW}{{buf_size={size}}}"
    count = int(values(view, "btrfs_search_key", data[:_KEY])[9])
    results = _results(view, address + len(data), size, count)
    return f"{ARROW}{{key={{nr_items={count}}}, buf_size={size}, {results}}}"


def _results(view: View, address: int, size: int, count: int) -> str:
    """The heads of the items that were found."""
    if not view.options.verbose:
        return "..."
    shown: list[str] = []
    offset = 0
    for at in range(count):
        if offset + _HEADER > size or at > view.options.string_limit:
            shown.append("...")
            break
        data = view.fetch(address + offset, _HEADER)
        if data is None:
            shown.append(f"... /* {pointer(address + offset)} */")
            break
        shown.append(braced(members(view, "btrfs_search_header", data)))
        offset += _HEADER + int.from_bytes(data[-4:], "little")
    return f"buf=[{', '.join(shown)}]"


def _spaces(view: View, address: int) -> str | None:
    """What BTRFS_IOC_SPACE_INFO tells of each kind of space, with -v."""
    if kept(view) is None or view.failed:
        return None
    data = fetch_struct(view, "btrfs_space_args", address)
    if data is None:
        return ARROW + pointer(address)
    slots, total = (int(value) for value in values(view, "btrfs_space_args", data))
    shown = [f"total_spaces={total}"]
    if slots or not total:
        one = layouts("btrfs_space_info")[view.abi]
        if view.options.verbose:
            spaces = array_text(view, address + len(data), total, one.packing.size, one.text)
            shown.append(f"spaces={spaces}")
        else:
            shown.append("...")
    return ARROW + braced(shown)


kinds(
    {
        "btrfs_paths": _paths,
        "btrfs_inodes": _inodes,
        "btrfs_lookup": _lookup,
        "btrfs_found": _found,
        "btrfs_search_in": _search,
        "btrfs_search_out": _search_out,
        "btrfs_search2_in": _search2,
        "btrfs_search2_out": _search2_out,
        "btrfs_spaces": _spaces,
    }
)

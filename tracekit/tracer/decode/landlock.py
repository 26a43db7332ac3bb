"""Rules of Landlock: what a process lets itself be denied (<linux/landlock.h>)."""

import struct
from typing import Final

from tracekit.tracer.decode.files import fd
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.text import number
from tracekit.tracer.decode.view import Printer, View, pointer

_RULESET: Final = struct.Struct("<Q")
_PATH_BENEATH: Final = struct.Struct("<Qi")


def _ruleset(size: str) -> Printer:
    """What a set of rules is about, as far as its size goes."""
    length = number(size)

    def printer(view: View, where: int) -> str:
        data = view.fetch(where, _RULESET.size) if length(view) >= _RULESET.size else None
        if data is None:
            return pointer(where)
        more = ", ..." if length(view) > _RULESET.size else ""
        return f"{{handled_access_fs={view.spell('landlock_access', *_RULESET.unpack(data))}{more}}}"

    return printer


def _path_beneath(view: View, where: int) -> str:
    """What is allowed beneath a directory."""
    data = view.fetch(where, _PATH_BENEATH.size)
    if data is None:
        return pointer(where)
    access, parent = _PATH_BENEATH.unpack(data)
    return f"{{allowed_access={view.spell('landlock_access', access)}, parent_fd={fd(view, parent)}}}"


kinds({"path_beneath": _path_beneath})
families({"landlock_ruleset": _ruleset})

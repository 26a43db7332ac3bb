"""The vocabulary of Linux system calls, as data: calls, their arguments, constants and structures."""

from tracekit.syscalls.abi import ABIS, Abi, offsets, packing, packings
from tracekit.syscalls.constants import ConstantSet, constant_sets, constants
from tracekit.syscalls.errnos import RESTART_CODES, errno_name, errno_text
from tracekit.syscalls.netlink import Content, NetlinkTable, netlink_tables
from tracekit.syscalls.select import select
from tracekit.syscalls.structs import StructField, StructRow, struct_rows
from tracekit.syscalls.table import ARCHITECTURES, Argument, Commands, Effect, Form, Syscall, by_name, calls

__all__ = [
    "ABIS",
    "ARCHITECTURES",
    "RESTART_CODES",
    "Abi",
    "Argument",
    "Commands",
    "ConstantSet",
    "Content",
    "Effect",
    "Form",
    "NetlinkTable",
    "StructField",
    "StructRow",
    "Syscall",
    "by_name",
    "calls",
    "constant_sets",
    "constants",
    "errno_name",
    "errno_text",
    "netlink_tables",
    "offsets",
    "packing",
    "packings",
    "select",
    "struct_rows",
]

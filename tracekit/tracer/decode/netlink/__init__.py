"""Netlink: what programs and the kernel tell each other about the network (netlink(7)).

Messages hold attributes, and attributes hold attributes. What stands in each is said by
netlink.tbl of ``tracekit.syscalls``; the modules here print the kinds that it names.
"""

from tracekit.tracer.decode.netlink import crypto, links
from tracekit.tracer.decode.netlink.messages import netlink_text

__all__ = ["crypto", "links", "netlink_text"]

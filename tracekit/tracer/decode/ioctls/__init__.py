"""What stands behind the argument of ioctl(2), where rows of ``ioctls.tbl`` do not say it all; by family."""

from tracekit.tracer.decode.ioctls import (
    clocks,
    disks,
    events,
    exchange,
    files,
    flash,
    gpio,
    input_events,
    network,
    terminals,
)

__all__ = [
    "clocks",
    "disks",
    "events",
    "exchange",
    "files",
    "flash",
    "gpio",
    "input_events",
    "network",
    "terminals",
]

"""What stands behind the argument of ioctl(2), where rows of ``ioctls.tbl`` do not say it all; by family."""

from tracekit.tracer.decode.ioctls import (
    clocks,
    consoles,
    device_mapper,
    disks,
    events,
    exchange,
    files,
    flash,
    fonts,
    gpio,
    input_events,
    network,
    terminals,
)

__all__ = [
    "clocks",
    "consoles",
    "device_mapper",
    "disks",
    "events",
    "exchange",
    "files",
    "flash",
    "fonts",
    "gpio",
    "input_events",
    "network",
    "terminals",
]

"""What stands behind the argument of ioctl(2), where rows of ``ioctls.tbl`` do not say it all; by family."""

from tracekit.tracer.decode.ioctls import clocks, events, exchange, files, flash, network, terminals

__all__ = ["clocks", "events", "exchange", "files", "flash", "network", "terminals"]

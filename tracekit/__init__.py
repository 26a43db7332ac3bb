"""Syscall forensics: what a server did, from its system calls alone."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["__version__", "read_trace"]


def __getattr__(name: str) -> Any:
    """Load ``read_trace`` when it is asked for: pandas is slow to import."""
    if name == "read_trace":
        from tracekit.events import read_trace  # noqa: PLC0415

        return read_trace
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Text in strace's format to events: leader, pairing, grammar, diagnosis of bad lines."""

from tracekit.stream.arguments import parse_arguments, parse_return
from tracekit.stream.event import Event, Kind

__all__ = ["Event", "Kind", "parse_arguments", "parse_return"]

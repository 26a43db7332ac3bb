"""Text in strace's format to events: leader, pairing, grammar, diagnosis of bad lines."""

from tracekit.stream.arguments import parse_arguments, parse_return
from tracekit.stream.event import Event, Kind
from tracekit.stream.reader import Reader, read_events

__all__ = ["Event", "Kind", "Reader", "parse_arguments", "parse_return", "read_events"]

"""Text in strace's format to events: leader, pairing, grammar, diagnosis of bad lines."""

from tracekit.stream.arguments import parse_arguments, parse_return, read_arguments
from tracekit.stream.blocks import read_block
from tracekit.stream.event import Event, Kind
from tracekit.stream.lines import read_events
from tracekit.stream.pairing import IN_PROGRESS
from tracekit.stream.reader import Reader

__all__ = [
    "IN_PROGRESS",
    "Event",
    "Kind",
    "Reader",
    "parse_arguments",
    "parse_return",
    "read_arguments",
    "read_block",
    "read_events",
]

"""Events as a table: the schema, the reader of whole traces, the groups of threads."""

from tracekit.events.read import read_trace
from tracekit.events.schema import Column, Row
from tracekit.events.trace import Trace

__all__ = ["Column", "Row", "Trace", "read_trace"]

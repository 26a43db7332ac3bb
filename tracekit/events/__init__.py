"""Events as a table: the schema, the reader of whole traces, the groups of threads."""

from tracekit.events.collection import without_collection
from tracekit.events.positions import positions
from tracekit.events.read import read_trace
from tracekit.events.schema import Column, Row
from tracekit.events.trace import Trace
from tracekit.stream import parse_arguments, parse_return, values
from tracekit.stream.annotation import Annotation, decode_path, read_annotation

__all__ = [
    "Annotation",
    "Column",
    "Row",
    "Trace",
    "decode_path",
    "parse_arguments",
    "parse_return",
    "positions",
    "read_annotation",
    "read_trace",
    "values",
    "without_collection",
]

"""Events as a table: the schema, the reader of whole traces, the groups of threads."""

from tracekit.events.batches import Batch, Batches, batches
from tracekit.events.cloning import clone_flags
from tracekit.events.collection import without_collection
from tracekit.events.positions import positions
from tracekit.events.read import read_trace
from tracekit.events.schema import Column, Row
from tracekit.events.trace import Trace
from tracekit.stream import parse_arguments, parse_return, read_arguments
from tracekit.stream.annotation import Annotation, decode_path, read_annotation
from tracekit.stream.builders import string as read_string
from tracekit.stream.values import (
    Array,
    Change,
    Character,
    Descriptor,
    Field,
    Flags,
    Function,
    Integer,
    Name,
    Operation,
    Set,
    String,
    Struct,
    Unknown,
    Value,
    symbols,
)

__all__ = [
    "Annotation",
    "Array",
    "Batch",
    "Batches",
    "Change",
    "Character",
    "Column",
    "Descriptor",
    "Field",
    "Flags",
    "Function",
    "Integer",
    "Name",
    "Operation",
    "Row",
    "Set",
    "String",
    "Struct",
    "Trace",
    "Unknown",
    "Value",
    "batches",
    "clone_flags",
    "decode_path",
    "parse_arguments",
    "parse_return",
    "positions",
    "read_annotation",
    "read_arguments",
    "read_string",
    "read_trace",
    "symbols",
    "without_collection",
]

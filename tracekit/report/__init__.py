"""Views of answers: text, JSON, CSV; no thinking."""

from tracekit.report.escape import visible
from tracekit.report.render import FORMATS, render

__all__ = ["FORMATS", "render", "visible"]

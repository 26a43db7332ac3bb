"""Every analyzer."""

from tracekit.analyzers.answer import Analyzer
from tracekit.analyzers.dispatch import Dispatch
from tracekit.analyzers.docroot import Docroot
from tracekit.analyzers.files import Files

ANALYZERS: dict[str, type[Analyzer]] = {analyzer.name: analyzer for analyzer in (Docroot, Files, Dispatch)}
"""Every analyzer by the name of its question."""

"""Analyzers: one question about a trace each, answered with evidence."""

from tracekit.analyzers.answer import Analyzer, Answer, Evidence
from tracekit.analyzers.dispatch import Dispatch
from tracekit.analyzers.docroot import Docroot
from tracekit.analyzers.files import Files

ANALYZERS: dict[str, type[Analyzer]] = {analyzer.name: analyzer for analyzer in (Docroot, Files, Dispatch)}
"""Every analyzer by its name; the command line lists them from here."""

__all__ = ["ANALYZERS", "Analyzer", "Answer", "Evidence"]

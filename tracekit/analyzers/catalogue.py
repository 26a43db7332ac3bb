"""Every analyzer."""

from tracekit.analyzers.answer import Analyzer
from tracekit.analyzers.dispatch import Dispatch
from tracekit.analyzers.docroot import Docroot
from tracekit.analyzers.files import Files
from tracekit.analyzers.mpm import Mpm

ANALYZERS: dict[str, type[Analyzer]] = {
    analyzer.name: analyzer for analyzer in (Docroot, Files, Dispatch, Mpm)
}
"""Every analyzer by the name of its question."""

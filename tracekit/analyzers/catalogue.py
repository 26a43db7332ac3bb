"""Every analyzer."""

from tracekit.analyzers.answer import Analyzer
from tracekit.analyzers.coverage import Coverage
from tracekit.analyzers.crashes import Crashes
from tracekit.analyzers.dispatch import Dispatch
from tracekit.analyzers.docroot import Docroot
from tracekit.analyzers.files import Files
from tracekit.analyzers.mpm import Mpm
from tracekit.analyzers.scaling import Scaling
from tracekit.analyzers.security import Security
from tracekit.analyzers.summary import Summary
from tracekit.analyzers.tasks import Tasks

ANALYZERS: dict[str, type[Analyzer]] = {
    analyzer.name: analyzer
    for analyzer in (Docroot, Files, Dispatch, Mpm, Tasks, Scaling, Crashes, Security, Summary, Coverage)
}
"""Every analyzer by the name of its question."""

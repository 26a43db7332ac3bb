"""What can be asked of a trace, and which calls an answer takes: data alone.

The command line is made of it and a live trace is filtered by it, without an analyzer being there.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from tracekit.analyzers.gaps.needs import of_coverage, of_security
from tracekit.analyzers.state.calls import of_files, of_models, of_requests
from tracekit.analyzers.state.task_calls import of_tasks
from tracekit.syscalls.families import every_call


class Question(NamedTuple):
    """One question about a trace.

    Attributes:
        name: the command that asks it.
        question: what a person would ask.
        calls: finds the syscalls that its answer lives on.
    """

    name: str
    question: str
    calls: Callable[[], frozenset[str]]

    @property
    def needs(self) -> frozenset[str]:
        """The syscalls that its answer lives on, found when asked; a live trace takes no more."""
        return self.calls()


DOCROOT: Final = Question("docroot", "Where is the document root?", of_requests)
FILES: Final = Question("files", "Which files did the server open, and for which requests?", of_files)
DISPATCH: Final = Question(
    "dispatch", "Which process and which thread took and served each request?", of_models
)
MPM: Final = Question("mpm", "Is the server prefork, worker or event, or does it work otherwise?", of_models)
SCALING: Final = Question(
    "scaling", "How many processes and threads were there, and was that the limit?", of_tasks
)
CRASHES: Final = Question(
    "crashes", "Which process crashed, due to which thread, and what was lost?", of_tasks
)
TASKS: Final = Question("tasks", "Which processes and threads are there, and what does each do?", of_tasks)
COVERAGE: Final = Question("coverage", "Was the trace complete, and what is not in it?", of_coverage)
SUMMARY: Final = Question(
    "summary", "Which calls were made, how often, and how long did they take?", every_call
)
SECURITY: Final = Question("security", "What did requests reach that they should not?", of_security)

QUESTIONS: Final[Mapping[str, Question]] = {
    one.name: one
    for one in (DOCROOT, FILES, DISPATCH, MPM, TASKS, SCALING, CRASHES, SECURITY, SUMMARY, COVERAGE)
}
"""Every question by its name, in the order in which the command line lists them."""

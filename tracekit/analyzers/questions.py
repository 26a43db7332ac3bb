"""What can be asked of a trace, and which calls an answer takes: data alone.

The command line is made of it and a live trace is filtered by it, without an analyzer being there.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from tracekit.analyzers.calls import OF_REQUESTS


class Question(NamedTuple):
    """One question about a trace.

    Attributes:
        name: the command that asks it.
        question: what a person would ask.
        needs: the syscalls that its answer lives on; a live trace asks for no more than those.
    """

    name: str
    question: str
    needs: frozenset[str]


DOCROOT: Final = Question("docroot", "Where is the document root?", OF_REQUESTS)
FILES: Final = Question("files", "Which files did the server open, and for which requests?", OF_REQUESTS)
DISPATCH: Final = Question(
    "dispatch", "Which process and which thread took and served each request?", OF_REQUESTS
)

QUESTIONS: Final[Mapping[str, Question]] = {one.name: one for one in (DOCROOT, FILES, DISPATCH)}
"""Every question by its name, in the order in which the command line lists them."""

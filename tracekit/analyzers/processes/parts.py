"""What parts there are for processes and threads to have, and who has which."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from tracekit.analyzers.state.lifetimes import Lifetimes, Process, Thread
from tracekit.analyzers.state.service import Task

PARENT: Final = "parent"
LISTENER: Final = "listener"
WORKER: Final = "worker"
MAIN: Final = "main"
STARTER: Final = "starter"
POOL: Final = "pool"
LOGGER: Final = "logger"
CGI: Final = "cgi"
PROGRAM: Final = "program"
LAUNCHER: Final = "launcher"
IDLE: Final = "idle"
UNKNOWN: Final = "unknown"

SERVING: Final = frozenset({LISTENER, WORKER})
"""The parts of processes that make out a server, beside its parent."""


@dataclass(slots=True)
class Parts:
    """All processes of a trace with the parts that they have.

    Attributes:
        lives: every process and thread.
        tasks: what each thread was seen doing for clients.
        processes: the part of each process.
        threads: the part of each thread.
        headless: those whose number is a guess: their main thread is not seen for certain.
        doubtful: threads that did nothing that shows which of several processes they are of.
    """

    lives: Lifetimes
    tasks: dict[Thread, Task] = field(default_factory=dict)
    processes: dict[Process, str] = field(default_factory=dict)
    threads: dict[Thread, str] = field(default_factory=dict)
    headless: set[Process] = field(default_factory=set)
    doubtful: set[Thread] = field(default_factory=set)

    @property
    def serving(self) -> list[Process]:
        """The processes that accept or serve, or are about to: the server without its parent."""
        return [process for process, part in self.processes.items() if part in SERVING]

    @property
    def parents(self) -> list[Process]:
        """The processes that manage them."""
        return [process for process, part in self.processes.items() if part == PARENT]

    @property
    def idle(self) -> list[Process]:
        """The processes that were only seen waiting, all the time."""
        return [process for process, part in self.processes.items() if part == IDLE]

    def doing(self, process: Process) -> Iterable[Task]:
        """Yield what the threads of a process were seen doing."""
        return (self.tasks[thread] for thread in process.threads if thread in self.tasks)


@dataclass(slots=True)
class Signs:
    """What the parts are told from.

    Attributes:
        serves: the tasks that read from or wrote to clients.
        passes: the tasks whose connections others serve.
        across: those of them that others' processes serve.
        opens: the tasks that opened files.
        waits: the condition variables that each task waits on.
    """

    parts: Parts
    serves: set[Task]
    passes: set[Task]
    across: set[Task]
    opens: set[int | None]
    waits: dict[int | None, set[int]]

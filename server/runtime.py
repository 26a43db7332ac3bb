"""What every process of the server works with, made by the parent before the first fork."""

import socket
from dataclasses import dataclass, field

from .config import ServerConfig
from .content.content import Content
from .logs.error_log import ErrorLog
from .mpm.accept_mutex import AcceptMutex
from .processes.child import ChildState
from .processes.limits import Limits
from .processes.pipe_of_death import PipeOfDeath
from .processes.scoreboard import Scoreboard
from .sites import Sites


@dataclass(frozen=True)
class Runtime:
    """The configuration and everything that was opened for it: one generation of the server.

    Attributes:
        generation: 0 at the start, one more with each restart.
        one_process: -X: the parent serves by itself, there are no children.
        child: what one child knows of itself; after the fork each has its own.
    """

    config: ServerConfig
    limits: Limits
    error_log: ErrorLog
    listeners: list[socket.socket]
    accept_mutex: AcceptMutex
    scoreboard: Scoreboard
    pipe_of_death: PipeOfDeath
    sites: Sites
    handler: Content
    generation: int = 0
    one_process: bool = False
    child: ChildState = field(default_factory=ChildState)

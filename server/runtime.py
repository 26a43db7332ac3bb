"""What every process of the server works with, made by the parent before the first fork."""

import socket
from dataclasses import dataclass, field

from .accept_mutex import AcceptMutex
from .child import ChildState
from .config import ServerConfig
from .content.content import Content
from .error_log import ErrorLog
from .limits import Limits
from .pipe_of_death import PipeOfDeath
from .scoreboard import Scoreboard
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

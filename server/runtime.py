"""What every process of the server works with, made by the parent before the first fork."""

import socket
from dataclasses import dataclass

from .accept_mutex import AcceptMutex
from .config import ServerConfig
from .error_log import ErrorLog
from .handler import StaticFiles
from .limits import Limits
from .pipe_of_death import PipeOfDeath
from .scoreboard import Scoreboard
from .sites import Sites


@dataclass(frozen=True)
class Runtime:
    """The configuration and everything that was opened for it."""

    config: ServerConfig
    limits: Limits
    error_log: ErrorLog
    listeners: list[socket.socket]
    accept_mutex: AcceptMutex
    scoreboard: Scoreboard
    pipe_of_death: PipeOfDeath
    sites: Sites
    handler: StaticFiles

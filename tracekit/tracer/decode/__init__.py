"""From a stop to text: the arguments and the return value of a call, as strace prints them.

``Decoder`` takes a task that stands at a call's entry or exit and gives the two
halves of its line. What they hold is said by the tables of ``tracekit.syscalls``;
how a kind of value prints, by the modules beside this one.
"""

from tracekit.tracer.decode import kinds
from tracekit.tracer.decode.decoder import Decoder
from tracekit.tracer.decode.multiplexed import resolve
from tracekit.tracer.decode.view import Call, Options, Task

__all__ = ["Call", "Decoder", "Options", "Task", "kinds", "resolve"]

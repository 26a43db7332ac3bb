"""One event of a trace: the row that everything to the right of the reader works on."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["syscall", "signal", "exit", "attach", "detach", "exec", "note", "unparsed"]


@dataclass(slots=True)
class Event:
    """One event of the stream, in the order in which it began.

    A split call is one event: it stands where its first half stood, and
    ``end_line`` is where the second half was.

    ========  ==========================  =============================  ==================
    kind      name                        args                           ret
    ========  ==========================  =============================  ==================
    syscall   the call                    its arguments, as printed      its return value
    signal    the signal (or stop)        the siginfo, as printed
    exit      ``exited`` or ``killed``    signal name when killed        exit status
    exec      ``superseded``              tid that took this one's place
    attach    ``attached``                the diagnostic's text
    detach    ``detached``
    note      key of a ``# tracekit`` line  its JSON payload
    note      ``half``: ends a call of another ``-ff`` file, its text; else what strace says besides
    unparsed                              the raw text
    ========  ==========================  =============================  ==================
    """

    kind: Kind
    line: int
    end_line: int
    file: str = ""
    time_ns: int | None = None
    tid: int | None = None
    name: str | None = None
    args: str | None = None
    ret: int | None = None
    ret_text: str | None = None
    """Everything after ``= ``: ``14<TCP:[...]>``, ``-1 EAGAIN (...)``, ``0 (Timeout)``, ``?``."""
    errno: str | None = None
    duration_ns: int | None = None
    complete: bool = True
    """False when a half of the call is missing, or its line is cut."""
    column: int | None = None
    """Of an unparsed line: where reading stopped, from 1."""
    hint: str | None = None
    """Of an unparsed or incomplete event: what was expected, in one line."""

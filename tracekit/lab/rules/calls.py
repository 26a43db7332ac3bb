"""What one event of a trace shows: a rule over that event alone."""

import posixpath
import re
from collections.abc import Collection
from typing import Final
from urllib.parse import unquote

from tracekit.lab.evidence import Call

ACCEPTS: Final = frozenset({"accept", "accept4"})
OPENS: Final = frozenset({"open", "openat", "openat2"})
READS: Final = frozenset({"read", "recvfrom", "recv", "recvmsg", "readv"})
CREATES: Final = frozenset({"clone", "clone3", "fork", "vfork"})
WAITS: Final = frozenset({"poll", "ppoll", "select", "pselect6"})

REQUEST_LINE: Final = re.compile(r"[A-Z]{3,10} (?P<target>\S+) HTTP/\d")
"""The head of a request, as RFC 9112, 3 has it."""

SENT_ON: Final = frozenset({"SI_USER", "SI_TKILL", "SI_QUEUE"})
"""Origins of a signal that was sent by kill(2), tgkill(2) or sigqueue(3): sigaction(2), si_code."""


def accepts(call: Call) -> bool:
    """Tell whether it takes a connection."""
    return call.name in ACCEPTS and call.ret is not None and call.ret >= 0


def why_no_accept(call: Call) -> str:
    """Return what is wrong with a line that was cited for taking a connection."""
    if call.name not in ACCEPTS:
        return "no connection is accepted here: look for accept4"
    return "this accept took no connection: its result is no descriptor"


def opens(call: Call) -> bool:
    """Tell whether it opens a file."""
    return call.name in OPENS and call.ret is not None and call.ret >= 0


def why_no_open(call: Call) -> str:
    """Return what is wrong with a line that was cited for opening a file."""
    if call.name not in OPENS:
        return "no file is opened here: look for openat"
    return "this open failed: a file that is not there shows no folder that files are served from"


def request(call: Call) -> str:
    """Return the head of the request that it reads; empty when it reads none."""
    if call.name not in READS or not call.ret or call.ret < 0:
        return ""
    for text in call.strings:
        if REQUEST_LINE.match(text):
            return text
    return ""


def target(call: Call) -> str:
    """Return the target of the request that it reads; empty when it reads none."""
    found = REQUEST_LINE.match(request(call))
    return found["target"] if found else ""


def why_no_request(call: Call) -> str:
    """Return what is wrong with a line that was cited for reading a request."""
    if call.name not in READS:
        return "nothing is read here: look for the read that returns the request's first line"
    return "something else than a request is read here, or nothing"


def path_of(asked: str) -> str:
    """Return the path of a request's target, decoded and without its query."""
    return unquote(asked.partition("?")[0])


def inside(path: str | None, folder: str | None) -> bool:
    """Tell whether a path is a folder or lies below it."""
    if path is None or folder is None:
        return False
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def below(call: Call, folder: str) -> bool:
    """Tell whether the file of an open lies below a folder."""
    return any(path != folder and inside(path, folder) for path in call.paths)


def leads_to(asked: str, call: Call, root: str) -> bool:
    """Tell whether a target and a document root make the path that is opened.

    The target of a folder, which ends in a slash, leads to any file right inside: its index.
    """
    wanted = posixpath.join(root, path_of(asked).lstrip("/"))
    for path in call.paths:
        if path == wanted or (wanted.endswith("/") and posixpath.dirname(path) + "/" == wanted):
            return True
    return False


def hands_back(call: Call) -> bool:
    """Tell whether a descriptor is given to an epoll set: whoever waits there will see it."""
    return call.name == "epoll_ctl" and re.search(r"EPOLL_CTL_(ADD|MOD)", call.args) is not None


def waits(call: Call) -> bool:
    """Tell whether it waits by itself until a descriptor can be read."""
    return call.name in WAITS and "POLLIN" in call.args


def makes_thread(call: Call) -> bool:
    """Tell whether it creates a thread of the same process (clone(2), CLONE_THREAD)."""
    return call.name in CREATES and bool(call.ret) and "CLONE_THREAD" in call.args


def makes_process(call: Call) -> bool:
    """Tell whether it creates a process."""
    return call.name in CREATES and (call.ret or 0) > 0 and "CLONE_THREAD" not in call.args


def why_no_process(call: Call) -> str:
    """Return what is wrong with a line that was cited for creating a process."""
    if call.name not in CREATES:
        return "nothing is created here: look for clone"
    if makes_thread(call):
        return "a thread is created here (CLONE_THREAD), not a process"
    return "nothing was created here: the call failed, or its result is not in the trace"


def sender(call: Call) -> int | None:
    """Return the process that sent a signal; None for one that the kernel raised."""
    found = re.search(r"\bsi_pid=(\d+)", call.args) if call.si_code in SENT_ON else None
    return int(found[1]) if found else None


def faults(call: Call, insiders: Collection[int]) -> bool:
    """Tell whether it is the signal that a death begins with, and not one that the dying process sent on.

    Args:
        call: the event.
        insiders: the ids of the trace. A handler raises the signal again in its own process; one that comes
            from outside is as good a beginning as a fault.
    """
    return call.kind == "signal" and bool(call.si_code) and sender(call) not in insiders


def why_no_fault(call: Call) -> str:
    """Return what is wrong with a line that was cited for a fault."""
    if call.kind == "signal":
        return f"{call.si_code}: this signal was sent on (see its si_pid), look for who got it first"
    if call.kind == "exit":
        return "the end of a thread: what killed it stands earlier, in a line with ---"
    return "no signal arrives here: look for lines with ---"

"""Requests about the server or the protocol, which no file answers: TRACE and ``OPTIONS *``."""

from .request import Request
from .response import Response
from .status import HttpError

# Fields that say who somebody is are not shown to whoever can read the answer (RFC 9110, 9.3.8).
SENSITIVE = (b"authorization:", b"cookie:", b"proxy-authorization:")


def answer_by_protocol(request: Request, *, trace_enable: bool) -> Response | None:
    """Return the answer to such a request; None for one that is about a resource.

    Args:
        request: a request whose body has been read.
        trace_enable: TraceEnable; where it is off, the handler refuses the method.

    Raises:
        HttpError: 413, TRACE has no content (RFC 9110, 9.3.8).
    """
    if request.method == b"TRACE" and trace_enable:
        if request.content_length:
            raise HttpError(413)
        lines = request.head.split(b"\r\n")
        kept = [line for line in lines if not line.lower().startswith(SENSITIVE)]
        return Response(200, [(b"Content-Type", b"message/http")], b"\r\n".join(kept))
    if request.origin == b"*":
        return Response(200, [])
    return None

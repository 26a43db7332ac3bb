"""One request, its response and who served it: what an access log line is made of."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..http.request import Request
from ..http.response import Response
from ..sites import Site

if TYPE_CHECKING:
    from .connection import Connection


@dataclass(slots=True)
class Transaction:
    """A request being answered.

    Attributes:
        connection: where it came in.
        request, response, site: what was asked, what is answered, in whose name.
        started_ns: epoch time of the first byte that was read for it.
        nth: requests that the connection had before this one.
        serve_tid: LWP that serves it; when several send parts of it, the last.
        keep_alive: the connection may go on after it.
        request_size: bytes that were received for it, head and body.
        aborted: the client was gone before everything was sent.
    """

    connection: "Connection"
    request: Request
    response: Response
    site: Site
    started_ns: int
    nth: int
    serve_tid: int
    keep_alive: bool
    request_size: int = 0
    aborted: bool = False

    def finish(self) -> None:
        """Write the access logs and close the file."""
        for log in self.site.access_logs:
            log.log(self)
        self.response.close()

"""What a request is: the record of what its head says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

CHUNKED = -1  # as the length of a body
CONTINUE = b"100-continue"


class Limits(NamedTuple):
    """How long a request head may be: LimitRequestLine, -FieldSize and -Fields (0: any number)."""

    line: int = 8190
    field_size: int = 8190
    fields: int = 100

    @property
    def head(self) -> int:
        """Bytes of a whole head; httpd has no limit on the sum."""
        return self.line + 8 * self.field_size


@dataclass(frozen=True, slots=True)
class Request:
    """What a request head says.

    Attributes:
        line: the request line as received, for the log; b'' when none came.
        method, target: as received; ``target`` is what stands in the request line.
        version: major and minor; what is above (1, 1) is served like it.
        headers: field values by lower-case name; values of one name joined with ', '.
        authority: the Host, or that of an absolute target, as received.
        host: the same in lower case and without port.
        origin: the path and query, '*' for the asterisk form.
        keep_alive: the client lets the connection go on.
        asks_keep_alive: it says so in as many words, and is then told for how long.
        content_length: bytes of the body; CHUNKED for one in chunks.
        expectation: Expect in lower case; b'' for none, and in HTTP/1.0, which does not know it.
        is_conditional: it has preconditions, or asks for a range.
        head: all of it as received.
    """

    line: bytes = b""
    method: bytes = b""
    target: bytes = b""
    version: tuple[int, int] = (1, 0)
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    authority: bytes = b""
    host: bytes = b""
    origin: bytes = b""
    keep_alive: bool = False
    asks_keep_alive: bool = False
    content_length: int = 0
    expectation: bytes = b""
    is_conditional: bool = False
    head: bytes = b""

    @property
    def expects_continue(self) -> bool:
        """The client waits for 100 (Continue) before it sends the body (RFC 9110, 10.1.1)."""
        return self.expectation == CONTINUE

"""One request on its way to a response, and what has been found out for it so far."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..config import DirectorySettings
from ..http.request import Request
from ..sites import Site

if TYPE_CHECKING:
    from .lookup import Resource

Address = tuple[str, int]


@dataclass(slots=True)
class Exchange:
    """What the handlers work on.

    Attributes:
        request: as the client sent it; it is not changed.
        site: the host that it is for.
        client, local: address and port of both ends.
        settings: what holds for it, as far as is known: at first what holds everywhere on the site.
        path: the file that it is mapped to, for %f; b'' for none yet.
        url_path: the decoded path, after DirectoryIndex that of the index file, for %U; b'' for none yet.
        handler: who answers by name, for %R; None for the usual one.
        resource: what the target leads to, if that was looked up before the body was read.
    """

    request: Request
    site: Site
    client: Address
    local: Address
    settings: DirectorySettings = field(init=False)
    path: bytes = field(init=False, default=b"")
    url_path: bytes = field(init=False, default=b"")
    handler: bytes | None = field(init=False, default=None)
    resource: "Resource | None" = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.settings = self.site.base

    @property
    def query(self) -> bytes:
        """What stands behind the question mark of the target."""
        return self.request.origin.partition(b"?")[2]

    @property
    def state(self) -> tuple[DirectorySettings, bytes, bytes, bytes | None]:
        """What has been found out so far, to be set again after something else was looked up."""
        return self.settings, self.path, self.url_path, self.handler

    @state.setter
    def state(self, values: tuple[DirectorySettings, bytes, bytes, bytes | None]) -> None:
        self.settings, self.path, self.url_path, self.handler = values

    def url(self, path: bytes) -> bytes:
        """Return an absolute URL on the host that the client named (httpd's ap_construct_url)."""
        authority = self.request.authority.lower().removesuffix(b":80")
        if not authority or self.settings.use_canonical_name == "on":
            port = b"" if self.site.port in (0, 80) else b":%d" % self.site.port
            authority = self.site.name + port
        return b"http://" + authority + path

    @property
    def server_name(self) -> bytes:
        """The name that the client knows the server by (ap_get_server_name)."""
        by_client = self.settings.use_canonical_name != "on"
        return (self.request.host if by_client else b"") or self.site.name

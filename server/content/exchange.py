"""One request on its way to a response, and what has been found out for it so far."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..config import DirectorySettings
from ..http.request import Request
from ..logs.error_log import new_request_id
from ..sites import Site

if TYPE_CHECKING:
    from .lookup import Resource

HTTP_PORT = 80
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
        log_id: what names it in the error log, if anything was logged for it, for %L.
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
    log_id: bytes | None = field(init=False, default=None)
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

    def log(self, module: str, level: str, text: str | bytes) -> None:
        """Write to the error log of the host, if that level is wanted there, or in the section."""
        levels, error_log = self.settings.log_levels, self.site.error_log
        if levels is not None:
            error_log = error_log.with_levels(levels)
        if error_log.wants(module, level):
            self.log_id = self.log_id or new_request_id()
            error_log.log(module, level, text, self.client, request_id=self.log_id)

    def url(self, path: bytes) -> bytes:
        """Return an absolute URL on this server (httpd's ap_construct_url)."""
        port = self.server_port
        return b"http://" + self.server_name + (b"" if port == HTTP_PORT else b":%d" % port) + path

    @property
    def server_name(self) -> bytes:
        """The name that the client knows the server by, or ServerName (ap_get_server_name)."""
        is_canonical = self.settings.use_canonical_name == "on"
        return (b"" if is_canonical else self.request.host.removesuffix(b".")) or self.site.name

    @property
    def server_port(self) -> int:
        """The port that belongs to the name (ap_get_server_port)."""
        request, site, settings = self.request, self.site, self.settings
        asked = request.authority[len(request.host) :].rpartition(b":")[2]
        is_canonical = settings.use_canonical_name == "on"
        by_client = int(asked) if asked.isdigit() and not is_canonical else 0
        physical = self.local[1] if settings.use_canonical_physical_port else 0
        in_order = (site.port, physical) if is_canonical else (by_client, physical, site.port)
        return next(filter(None, in_order), HTTP_PORT)

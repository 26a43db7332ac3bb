"""The server's content part without a server: a site made of records, and requests put to it."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from server.config import DirectorySettings, Section
from server.config.authorization import Authorization, Condition
from server.config.model import Alias, ServerConfig
from server.content.content import Content
from server.content.exchange import Exchange
from server.http.framing import take_request
from server.logs.error_log import ErrorLog
from server.media_types import MediaTypes
from server.processes.scoreboard import Scoreboard
from server.sites import Sites

GRANTED = Authorization("any", (Condition("all", ("granted",)),))
DENIED = Authorization("any", (Condition("all", ("denied",)),))


@dataclass(frozen=True)
class Reply:
    """What came back, as the client of a GET would see it."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The content of a page."""
        return self.body.decode("latin-1")


@dataclass
class ContentSite:
    """A site with a document root, and what is configured for it.

    Attributes:
        root: a folder of the test's own; the document root is ``htdocs`` in it.
        base: what holds outside of all sections.
        directories: by path below ``root``; '' is ``root`` itself, '/' the whole file system.
        files, locations: by name or URL path.
        aliases: of the main server, in their order.
        values: others of the main server, by their names in HostValues.
        local: address and port that clients connect to.
    """

    root: Path
    base: DirectorySettings = field(default_factory=DirectorySettings)
    directories: dict[str, DirectorySettings] = field(default_factory=dict)
    files: dict[str, DirectorySettings] = field(default_factory=dict)
    locations: dict[str, DirectorySettings] = field(default_factory=dict)
    aliases: list[Alias] = field(default_factory=list)
    scoreboard: Scoreboard = field(default_factory=lambda: Scoreboard(2, 3))
    mpm: str = "event"
    values: dict[str, object] = field(default_factory=dict)
    local: tuple[str, int] = ("127.0.0.1", 80)

    def __post_init__(self) -> None:
        self.docroot.mkdir(parents=True, exist_ok=True)
        config = ServerConfig(mpm=self.mpm)
        for name, value in self.values.items():
            setattr(config, name, value)
        main = config.main
        main.server_name = "localhost"
        main.document_root = bytes(self.docroot)
        main.settings = self.base
        main.aliases = self.aliases
        main.directories = [
            Section(path.encode() if path == "/" else bytes(self.root / path), settings)
            for path, settings in self.directories.items()
        ]
        main.files = [
            Section(name.encode(), settings, has_wildcards="*" in name)
            for name, settings in self.files.items()
        ]
        main.locations = [Section(path.encode(), settings) for path, settings in self.locations.items()]
        self.config = config
        self.error_log = ErrorLog()
        self.content = Content(config, MediaTypes(config), self.scoreboard)
        self.sites = Sites(config, self.error_log)

    @property
    def docroot(self) -> Path:
        """The document root."""
        return self.root / "htdocs"

    def write(self, name: str, text: bytes | str = b"") -> Path:
        """Write a file below ``root``, with the folders above it."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def exchange(
        self, target: str | bytes, *headers: str, method: str = "GET", client: str = "127.0.0.1"
    ) -> Exchange:
        """Return a request as the content part is given it."""
        target = target if isinstance(target, bytes) else target.encode("latin-1")
        lines = "".join(f"{header}\r\n" for header in headers)
        lines += "" if "host:" in lines.lower() else "Host: localhost\r\n"
        head = method.encode() + b" " + target + b" HTTP/1.1\r\n" + lines.encode("latin-1") + b"\r\n"
        request = take_request(bytearray(head))
        assert request is not None
        return Exchange(request, self.sites.select(self.local, request.host), (client, 50000), self.local)

    def ask(
        self, target: str | bytes, *headers: str, method: str = "GET", client: str = "127.0.0.1"
    ) -> Reply:
        """Answer a request and read all of the answer."""
        response = self.content.respond(self.exchange(target, *headers, method=method, client=client))
        try:
            body = b"".join(
                piece if isinstance(piece, bytes) else os.pread(response.file, piece.length, piece.offset)
                for piece in response.content
            )
        finally:
            response.close()
        fields = {name.decode(): value.decode("latin-1") for name, value in response.headers}
        return Reply(response.status, fields, body)

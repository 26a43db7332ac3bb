"""Where a recorded server lives: its folder, its ports and the files that it serves."""

import socket
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support.load import Address

VHOST: Final = "two.example"
FILES: Final = {
    "site/index.html": b"<html><body><h1>It works!</h1></body></html>\n",
    "site/pic.png": b"\x89PNG" + bytes(range(256)) * 40,
    "site/big.bin": b"0123456789abcdef" * 50_000,
    "site/sub/index.html": b"sub\n",
    "site/sub/deep/page.html": b"nested\n" * 100,
    "two/index.html": b"v2\n",
    "two/other.html": b"v2o\n",
    "shared/a.txt": b"al\n",
    "shared/b.txt": b"al\n",
}


@dataclass(frozen=True)
class Place:
    """A folder with a site (and a second host's), and a port for each listener."""

    root: Path
    ports: tuple[int, ...]
    site_name: str = "site"

    @property
    def site(self) -> Path:
        """The document root."""
        return self.root / self.site_name

    @property
    def addresses(self) -> list[Address]:
        """Where the server listens."""
        return [("127.0.0.1", port) for port in self.ports]

    @property
    def truth_log(self) -> Path:
        """Where a program of ours writes down who served what."""
        return self.root / "truth.log"

    def docroots(self, *, vhosts: bool, linked: bool) -> list[dict[str, Any]]:
        """Return the document roots that its configuration amounts to."""
        path = str(self.root / "link" if linked else self.site)
        found: list[dict[str, Any]] = [{"host": "localhost" if vhosts else None, "path": path}]
        return [*found, {"host": VHOST, "path": str(self.root / "two")}] if vhosts else found


def make_place(root: Path, listens: int, site_name: str = "site") -> Place:
    """Lay out the files below a folder and choose ports."""
    for name, content in FILES.items():
        path = root / name.replace("site", site_name, 1) if name.startswith("site/") else root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)  # servers that give up root's rights read them, too
    if not (root / "link").is_symlink():
        (root / "link").symlink_to(site_name)
    return Place(root, tuple(free_ports(listens)), site_name)


def encrypted(place: Place) -> ssl.SSLContext:
    """Write a key and a certificate of its own for a server, and return what its clients take."""
    words = "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=localhost -days 3650"
    files = ["-keyout", str(place.root / "key.pem"), "-out", str(place.root / "certificate.pem")]
    subprocess.run(["openssl", *words.split(), *files], check=True, capture_output=True)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on at this moment."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()

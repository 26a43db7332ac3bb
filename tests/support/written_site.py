"""A server whose log is written by hand, and what tracekit says of its document root."""

from tests.support.traces import Written, accept, get, ok
from tracekit.analyzers.docroot import Docroot, DocrootAnswer


class Site:
    """A server that answers each request on a connection of its own."""

    def __init__(self, log: Written) -> None:
        self.log = log
        self.port = 1000

    def serve(
        self,
        target: str,
        *calls: str,
        host: str | None = "a",
        status: str = "200 OK",
        read: str | None = None,
        method: str = "GET",
    ) -> None:
        """Answer one request with calls in between; ``/path`` stands for open, read and close of it."""
        self.port += 1
        self.log.add(10, accept(5, self.port), read or get(5, target, host=host, method=method))
        for call in calls:
            if call.startswith("/"):
                self.log.add(10, f'openat(AT_FDCWD, "{call}", O_RDONLY) = 6', 'read(6, "hi", 99) = 2')
                self.log.add(10, "close(6) = 0")
            else:
                self.log.add(10, call)
        self.log.add(10, ok(5, status=status), "close(5) = 0")

    def answer(self) -> DocrootAnswer:
        """Return what is said of the log so far."""
        return Docroot().answer(self.log.read())

    def roots(self) -> list[tuple[str | None, str]]:
        """Return the roots, each with its host."""
        return [(root.host, root.path) for root in self.answer().docroots]

    def aliases(self) -> list[tuple[str, str]]:
        """Return what stands for what."""
        return [(alias.url, alias.path) for alias in self.answer().aliases]

    def folders(self) -> list[str]:
        """Return the roots alone."""
        return [root.path for root in self.answer().docroots]

    def kinds(self) -> list[tuple[str, str, str]]:
        """Return the aliases, each with its kind."""
        return [(alias.url, alias.path, alias.kind) for alias in self.answer().aliases]

    def plain(self) -> None:
        """Serve two files from /srv/www."""
        self.serve("/a.html", "/srv/www/a.html")
        self.serve("/b/c.html", "/srv/www/b/c.html")

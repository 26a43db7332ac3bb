"""Open sockets, by what a log tells of them: what one process shows first, another may have had before."""

from dataclasses import dataclass, field

from tracekit.analyzers.state.annotations import inode_of, kind_of, tcp_addresses
from tracekit.analyzers.state.openfiles import OpenFile


@dataclass(slots=True)
class Sockets:
    """Those that anybody has, or that are on their way.

    Attributes:
        files: by their two addresses, or by inode (OpenFile.ends).
    """

    files: dict[tuple[str | None, str | None], OpenFile] = field(default_factory=dict)

    def named(self, annotation: str) -> OpenFile:
        """Return what an annotation names; a new file where that is no socket, or not one of these."""
        local, peer = tcp_addresses(annotation)
        key = (local, peer) if local and peer else (None, inode_of(annotation))
        known = self.files.get(key) if key[1] else None
        return known or OpenFile(kind_of(annotation))

    def numbered(self, inode: str) -> OpenFile:
        """Return the unix socket that has an inode; one that nobody has yet is made."""
        return self.files.setdefault((None, inode), OpenFile("socket", inode=inode, socket=True))

    def enter(self, file: OpenFile, *, made: bool) -> None:
        """Take in what became known of a file.

        Args:
            file: the file.
            made: True for what a call made: what had its addresses before was closed, whatever is shown.
        """
        if file.ends[1]:
            self.files[file.ends] = file if made else self.files.get(file.ends, file)

    def forget(self, file: OpenFile) -> None:
        """Take in that nobody has a file any more."""
        for key in ((file.local, file.peer), (None, file.inode)):
            if self.files.get(key) is file:
                del self.files[key]

"""Where names begin: the working directory and the root of each process."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tracekit.analyzers.state import paths
from tracekit.events import decode_path

TOP = "/"


@dataclass(slots=True)
class Place:
    """What CLONE_FS shares (clone(2)).

    Attributes:
        folder: the working directory as the process knows it; None when it is not known.
        root: what the process knows as ``/``, as others see it; None when it is not known.
    """

    folder: str | None = None
    root: str | None = TOP
    _annotation: str = ""

    @property
    def jail(self) -> str | None:
        """The folder that is ``/`` to the process, when it is another than that of the system."""
        return None if self.root == TOP else self.root

    def inside(self, path: str | None) -> str | None:
        """Return a path of an annotation as the process knows it; None when it is outside its root."""
        return path if path is None or self.root in (TOP, None) else paths.below(path, self.root or TOP)

    def annotated(self, annotation: str) -> str | None:
        """Take in what stands behind AT_FDCWD (-y), and return the working directory."""
        if annotation != self._annotation:
            self._annotation, self.folder = annotation, self.inside(decode_path(annotation))
        return self.folder

    def change(self, folder: str | None) -> None:
        """Take in a chdir; None when it is not known where it went."""
        self.folder, self._annotation = folder if folder and folder.startswith(TOP) else None, ""

    def imprison(self, name: str | None) -> None:
        """Take in a chroot(2): the working directory stays where it is, though it has another name."""
        path = None if name is None else paths.resolve(name, self.folder)
        root, folder = self.root, self.folder
        if root is None or path is None or not path.startswith(TOP):
            self.root = None
            self.change(None)
            return
        self.root = paths.joined(root, path)
        self.change(None if folder is None else self.inside(paths.joined(root, folder)))


@dataclass(slots=True)
class Folders:
    """Who has which place.

    Attributes:
        places: that of each process, by its key (Descriptors.process).
        apart: those of the threads that have not that of their process.
    """

    places: dict[int, Place] = field(default_factory=dict)
    apart: dict[int, Place] = field(default_factory=dict)

    def of(self, process: int, tid: int | None = None) -> Place:
        """Return the place of a process, or of one of its threads."""
        if self.apart and tid in self.apart:
            return self.apart[tid]
        place = self.places.get(process)
        if place is None:
            place = self.places[process] = Place()
        return place

    def fork(self, place: Place, child: int, *, shared: bool) -> None:
        """Give a new process its maker's place, or one like it."""
        self.apart.pop(child, None)
        self.places[child] = place if shared else replace(place)

    def thread(self, place: Place, child: int, *, shared: bool) -> None:
        """Give a new thread its maker's place, or one like it; that of their process need not be noted."""
        self.apart.pop(child, None)
        if not shared or any(place is other for other in self.apart.values()):
            self.apart[child] = place if shared else replace(place)

    def part(self, process: int, tid: int | None, *, alone: bool) -> None:
        """Give a process, or one thread of several, a place of its own: unshare(CLONE_FS)."""
        place = replace(self.of(process, tid))
        if tid is None or (alone and tid not in self.apart):
            self.places[process] = place
        else:
            self.apart[tid] = place

    def exec(self, process: int, tid: int | None) -> None:
        """Leave a process the place of the thread that went on as its first (execve(2))."""
        self.places[process] = self.of(process, tid)
        self.apart = {other: place for other, place in self.apart.items() if other not in (process, tid)}

    def prepare(self, pid: int, known: Mapping[str, Any]) -> None:
        """Take over what a note says about a process."""
        folder, root = known.get("cwd"), known.get("root")
        place = self.of(pid)
        if isinstance(root, str) and root.startswith(TOP):
            place.root = paths.normal(root)
        if isinstance(folder, str):
            place.folder = place.inside(folder)

"""What is so in a scene, as its recorder knows it: from configuration, logs and proc(5), not from the trace.

The same classes hold the truth of a base recording, the key of a student's variant of it, and what was
noted while a live server ran. All numbers and texts are those that stand in the trace.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from tracekit.errors import UnreadableError


@dataclass(frozen=True)
class Thread:
    """One LWP.

    Attributes:
        tid: its id.
        role: ``main``, ``listener``, ``worker`` (it serves requests), ``starter`` (it makes the others and
            ends), ``launcher`` or ``stranger`` (of no server). The main thread of a process of one thread
            that serves is a ``worker``.
    """

    tid: int
    role: str


@dataclass(frozen=True)
class Process:
    """One process.

    Attributes:
        pid: its id.
        ppid: its parent's.
        role: ``launcher`` (it started the server), ``main`` (the server's first), ``worker`` (it serves) or
            ``stranger`` (a helper that is none of these).
        threads: all that it ever had, as far as they were seen.
    """

    pid: int
    ppid: int
    role: str
    threads: tuple[Thread, ...]


@dataclass(frozen=True)
class Alias:
    """A part of the URL space that lies elsewhere (mod_alias): ``url`` is mapped to ``path``."""

    url: str
    path: str


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        client: its client's address and port.
        nth: which request of its connection, from 1.
        method: as sent.
        target: as sent.
        status: of the answer.
        pid: the process that served it.
        tid: the thread (LWP) that served it.
        accept_tid: the thread that accepted its connection; None where nobody wrote it down.
        file: what was served; None for an answer that is no file's.
    """

    client: str
    nth: int
    method: str
    target: str
    status: int
    pid: int
    tid: int
    accept_tid: int | None
    file: str | None


@dataclass(frozen=True)
class Scaling:
    """How the number of worker processes followed the load.

    Attributes:
        peak_processes: the most worker processes that there were at a time.
        peak_threads: the most threads that these had at a time, starters left out.
        limit: how many worker processes the configuration allows.
        limit_reached: whether there were ever so many.
        spawned: the pids of the worker processes that were started meanwhile, in their order.
        series: the number of worker processes over time, changes only.
    """

    peak_processes: int
    peak_threads: int
    limit: int
    limit_reached: bool
    spawned: tuple[int, ...]
    series: tuple[int, ...]


@dataclass(frozen=True)
class Crash:
    """The death of a worker process by a signal.

    Attributes:
        signal: its name.
        tid: the thread that it came from.
        pid: the process that died.
        main_tid: that process's main thread.
        victims: every thread that died, the culprit included.
        survivors: the worker processes that lived on.
        replacement: the worker process that was made instead.
    """

    signal: str
    tid: int
    pid: int
    main_tid: int
    victims: tuple[int, ...]
    survivors: tuple[int, ...]
    replacement: int


@dataclass(frozen=True)
class Coverage:
    """Whether every thread of the server was traced.

    Attributes:
        complete: whether it was so.
        traced: the LWPs that the trace has lines of.
        untraced: the LWPs that were not traced; they were there when ps was asked.
        untraced_pids: the processes with a thread among these.
    """

    complete: bool
    traced: tuple[int, ...]
    untraced: tuple[int, ...]
    untraced_pids: tuple[int, ...]


@dataclass(frozen=True)
class Truth:
    """All that is so in a scene.

    Attributes:
        server: ``apache2`` or ``tracekit``.
        mpm: ``prefork``, ``worker`` or ``event``.
        numbers: the directives with a number, by name.
        docroot: the document root, without a trailing slash.
        aliases: what lies elsewhere.
        decoys: folders that the trace names and that are not the document root.
        processes: parents before their children.
        requests: in the order in which they were answered.
        scaling: where the load made processes come and go.
        crash: where a process died.
        coverage: which threads were traced.
        tokens: what a variant rewrites, by kind: ``words`` (parts of paths and targets), ``pids``
            (of processes and threads) and ``ports``, each as it stands in the trace.
    """

    server: str
    mpm: str
    numbers: dict[str, int]
    docroot: str
    aliases: tuple[Alias, ...]
    decoys: tuple[str, ...]
    processes: tuple[Process, ...]
    requests: tuple[Request, ...]
    scaling: Scaling | None = None
    crash: Crash | None = None
    coverage: Coverage | None = None
    tokens: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Build it from plain data, as `json.loads` gives it.

        Raises:
            UnreadableError: a field is missing, unknown, or of another shape.
        """
        shape: dict[str, Callable[[Any], Any]] = {
            "aliases": _each(Alias),
            "decoys": tuple,
            "processes": _each(_process),
            "requests": _each(Request),
            "scaling": _maybe(Scaling),
            "crash": _maybe(Crash),
            "coverage": _maybe(Coverage),
            "tokens": lambda kinds: {kind: tuple(words) for kind, words in kinds.items()},
        }
        try:
            return cls(**{name: shape.get(name, _same)(value) for name, value in data.items()})
        except (AttributeError, TypeError) as error:
            raise UnreadableError(f"not the truth of a scene: {error}", "record the scene again") from None

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Build it from JSON.

        Raises:
            UnreadableError: it is no JSON, or not a truth.
        """
        try:
            data = json.loads(text)
        except ValueError as error:
            raise UnreadableError(f"not the truth of a scene: {error}", "record the scene again") from None
        return cls.of(data)

    def data(self) -> dict[str, Any]:
        """Return it as plain data, from which `of` builds it again."""
        return asdict(self)

    def process(self, pid: int) -> Process | None:
        """Return the process of that id."""
        return next((one for one in self.processes if one.pid == pid), None)

    def workers(self) -> tuple[Process, ...]:
        """Return the worker processes."""
        return tuple(one for one in self.processes if one.role == "worker")


def _same(value: Any) -> Any:
    return value


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}


def _process(pid: int, ppid: int, role: str, threads: Sequence[Mapping[str, Any]]) -> Process:
    return Process(pid, ppid, role, tuple(Thread(**one) for one in threads))


def _each(kind: Callable[..., Any]) -> Callable[[Sequence[Mapping[str, Any]]], tuple[Any, ...]]:
    return lambda rows: tuple(kind(**row) for row in rows)


def _maybe(kind: Callable[..., Any]) -> Callable[[Mapping[str, Any] | None], Any]:
    return lambda data: None if data is None else kind(**_tuples(data))

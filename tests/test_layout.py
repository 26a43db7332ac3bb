"""The arrows of the layout: which part may import which (docs/adr), held against every file."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

BASE = {"", "__version__", "errors", "invoker", "resources"}
"""What everything may import: tracekit itself, its version, its errors, for whom and where its files lie."""

MAY_IMPORT: dict[str, set[str]] = {
    "__init__": {"events"},  # the front door of the library: tracekit.read_trace
    "errors": set(),
    "invoker": set(),
    "resources": {"errors"},
    "syscalls": BASE,
    "tracer": BASE | {"syscalls"},
    "stream": BASE | {"syscalls"},
    "events": BASE | {"syscalls", "stream"},
    "analyzers": BASE | {"syscalls", "events"},
    "report": BASE | {"events", "analyzers"},
    "lab": BASE | {"tracer", "stream", "events", "analyzers", "report"},
    "cli": BASE | {"syscalls", "tracer", "stream", "events", "analyzers", "report", "lab"},
    "__main__": BASE | {"cli"},
}
"""Each part of tracekit (a package or a module) and the other parts that it may import."""

ONLY_IN = {"ptrace": "tracekit/tracer/kernel/ptrace.py"}
"""Libraries that one file alone may import."""

PROGRAMS = {"server", "grammars", "fixtures", "tests", "benchmarks"}
"""Top-level names that nothing in tracekit imports: they are run or read, not imported."""


def imported(tree: ast.Module, package: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the dotted name of every import; a ``from`` import names what it takes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else []
            module = node.module.split(".") if node.module else []
            yield from ((node.lineno, [*parents, *module, alias.name]) for alias in node.names)


def part_of(path: Path) -> str:
    """Return the part of tracekit that a file belongs to."""
    return Path(path.parts[1]).stem


def wrong_arrows(path: Path, source: str) -> list[str]:
    """Return what the file at ``path`` (relative to the root) imports and may not."""
    wrong = []
    inside = path.parts[0]
    for line, name in imported(ast.parse(source), list(path.parent.parts)):
        top = name[0]
        target = name[1] if len(name) > 1 else ""
        if top in ONLY_IN and path != Path(ONLY_IN[top]):
            wrong.append(f"{path}:{line}: imports {top}, which only {ONLY_IN[top]} may")
        elif inside == "server" and top in (PROGRAMS | {"tracekit"}) - {"server"}:
            wrong.append(f"{path}:{line}: the server imports {top}")
        elif inside == "tracekit" and top in PROGRAMS:
            wrong.append(f"{path}:{line}: tracekit imports {top}")
        elif inside == "tracekit" and top == "tracekit" and not allowed(part_of(path), target):
            wrong.append(f"{path}:{line}: {part_of(path)} imports {target}")
    return wrong


def allowed(part: str, target: str) -> bool:
    """Whether a part of tracekit may import ``tracekit.<target>``, or that name from tracekit."""
    return target == part or target in MAY_IMPORT[part]


def sources() -> list[Path]:
    return sorted(
        path.relative_to(ROOT) for folder in ("tracekit", "server") for path in (ROOT / folder).rglob("*.py")
    )


def test_every_part_of_tracekit_has_its_row() -> None:
    assert {part_of(path) for path in sources() if path.parts[0] == "tracekit"} <= set(MAY_IMPORT)


@pytest.mark.parametrize("path", sources(), ids=str)
def test_no_file_imports_what_it_may_not(path: Path) -> None:
    assert wrong_arrows(path, (ROOT / path).read_text()) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("tracekit/stream/pairing.py", "from tracekit.events import Trace"),
        ("tracekit/stream/pairing.py", "from tracekit import events"),
        ("tracekit/stream/pairing.py", "import tracekit.analyzers.docroot"),
        ("tracekit/stream/pairing.py", "from ..events import schema"),
        ("tracekit/stream/pairing.py", "from .. import events"),
        ("tracekit/stream/pairing.py", "def late():\n    from tracekit.cli import main"),
        ("tracekit/stream/pairing.py", "import ptrace"),
        ("tracekit/tracer/loop.py", "from ptrace.binding import ptrace"),
        ("tracekit/report/html.py", "from tracekit.stream import Event"),
        ("tracekit/analyzers/docroot.py", "from tracekit.stream import Event"),
        ("tracekit/errors.py", "from tracekit import resources"),
        ("tracekit/stream/pairing.py", "from tracekit import read_trace"),
        ("tracekit/cli/serve.py", "import server.processes.parent"),
        ("tracekit/lab/grading/grade.py", "from server.processes import scoreboard"),
        ("server/processes/parent.py", "from tracekit.errors import TracekitError"),
        ("server/mpm/event.py", "import tracekit"),
        ("server/mpm/event.py", "from ptrace.debugger import PtraceDebugger"),
    ],
)
def test_a_wrong_arrow_is_found(path: str, source: str) -> None:
    assert len(wrong_arrows(Path(path), source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("tracekit/stream/pairing.py", "from tracekit.errors import UnreadableError"),
        ("tracekit/stream/pairing.py", "from .event import Event\nfrom . import values\nimport re"),
        ("tracekit/stream/pairing.py", "from tracekit import __version__"),
        ("tracekit/tracer/kernel/ptrace.py", "import ptrace.binding"),
        ("tracekit/cli/attach.py", "from tracekit.tracer import attach"),
        ("server/mpm/event.py", "from server.http import request\nfrom ..processes.parent import Parent"),
    ],
)
def test_a_right_arrow_passes(path: str, source: str) -> None:
    assert wrong_arrows(Path(path), source) == []

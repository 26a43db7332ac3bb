"""Record the scenes of the graded lab again: ``python -m tests.support.recording.lab [NAME]...`` (root).

Each scene is recorded in namespaces of its own (unshare(1)): process ids of six digits, a network and a host
name that are nobody's, and folders in which nothing of this machine lies. What cannot be rewritten without
doubt, or lacks something of its truth, is recorded again.
"""

import json
import lzma
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.support.recording.lab_noise import record_noise
from tests.support.recording.lab_place import BUNDLE
from tests.support.recording.lab_plan import Plan
from tests.support.recording.lab_scene import record
from tests.support.recording.lab_sound import flaws
from tests.support.requirements import need
from tracekit.lab.scenes import FOLDER, PS, TRACE, TRUTH

CHECKOUT: Final = Path(__file__).resolve().parents[3]
ATTEMPTS: Final = 6
UNSHARE: Final = ["--fork", "--pid", "--kill-child", "--mount", "--mount-proc", "--net", "--uts"]
LIBRARIES: Final = ("lark", "httptools", "pcre2")
"""What the built-in server imports, besides Python's own."""


def _numbers(mpm: str, start: int, threads: int, limit: int, spare: tuple[int, int]) -> dict[str, int]:
    what = "Servers" if mpm == "prefork" else "Threads"
    size = {} if mpm == "prefork" else {"ThreadsPerChild": threads}
    workers = limit * (1 if mpm == "prefork" else threads)
    return {
        "StartServers": start,
        f"MinSpare{what}": spare[0],
        f"MaxSpare{what}": spare[1],
        **size,
        "MaxRequestWorkers": workers,
    }


def _plans() -> Iterator[tuple[str, Plan]]:
    """Yield every scene: its name, and what is recorded."""
    for name, mpm, server, start, threads, limit in SITES:
        yield name, Plan("site", mpm, server, _numbers(mpm, start, threads, limit, (1, 40)))
    for name, mpm, server, start, threads, limit, spare, hold, back in RUSHES:
        yield name, Plan("rush", mpm, server, _numbers(mpm, start, threads, limit, spare), hold, back=back)
    for name, mpm, server, start, threads in CRASHES:
        yield name, Plan("crash", mpm, server, _numbers(mpm, start, threads, 8, (1, 60)))
    for name, mpm, server, start, threads, hold, traced, main in PARTS:
        numbers = _numbers(mpm, start, threads, 5, (2, 40))
        yield name, Plan("partial", mpm, server, numbers, hold, traced, main)


SITES: Final = [
    ("site-prefork-apache2", "prefork", "apache2", 4, 1, 8),
    ("site-worker-apache2", "worker", "apache2", 2, 3, 8),
    ("site-event-apache2", "event", "apache2", 3, 2, 8),
    ("site-prefork-tracekit", "prefork", "tracekit", 5, 1, 8),
    ("site-worker-tracekit", "worker", "tracekit", 3, 3, 8),
    ("site-event-tracekit", "event", "tracekit", 2, 4, 8),
    ("site-prefork-apache2-2", "prefork", "apache2", 6, 1, 12),
    ("site-worker-apache2-2", "worker", "apache2", 3, 4, 6),
    ("site-event-apache2-2", "event", "apache2", 2, 5, 6),
    ("site-prefork-tracekit-2", "prefork", "tracekit", 3, 1, 6),
    ("site-worker-tracekit-2", "worker", "tracekit", 2, 5, 6),
    ("site-event-tracekit-2", "event", "tracekit", 4, 3, 9),
]
"""Name, model, server; worker processes at the start, threads that serve in each, processes at most."""
RUSHES: Final = [
    ("rush-prefork-apache2", "prefork", "apache2", 2, 1, 7, (1, 3), 12, 4),
    ("rush-worker-apache2", "worker", "apache2", 2, 3, 6, (3, 6), 30, 4),
    ("rush-event-apache2", "event", "apache2", 1, 4, 5, (4, 8), 34, 3),
    ("rush-prefork-tracekit", "prefork", "tracekit", 3, 1, 14, (2, 4), 5, 0),
    ("rush-worker-tracekit", "worker", "tracekit", 1, 5, 9, (5, 10), 9, 0),
    ("rush-event-tracekit", "event", "tracekit", 2, 3, 5, (3, 6), 40, 3),
    ("rush-prefork-apache2-2", "prefork", "apache2", 3, 1, 15, (2, 4), 5, 5),
    ("rush-worker-apache2-2", "worker", "apache2", 2, 4, 12, (4, 12), 13, 0),
    ("rush-event-apache2-2", "event", "apache2", 2, 3, 11, (3, 9), 10, 0),
    ("rush-prefork-tracekit-2", "prefork", "tracekit", 2, 1, 6, (1, 2), 12, 3),
    ("rush-worker-tracekit-2", "worker", "tracekit", 2, 3, 5, (3, 6), 30, 3),
    ("rush-event-tracekit-2", "event", "tracekit", 2, 4, 12, (4, 8), 12, 3),
]
"""As above, then MinSpare and MaxSpare, connections that are held, processes waited for afterwards."""
CRASHES: Final = [
    ("crash-worker-apache2", "worker", "apache2", 3, 4),
    ("crash-event-apache2", "event", "apache2", 4, 3),
    ("crash-worker-tracekit", "worker", "tracekit", 2, 5),
    ("crash-event-tracekit", "event", "tracekit", 3, 3),
    ("crash-worker-apache2-2", "worker", "apache2", 4, 3),
    ("crash-event-apache2-2", "event", "apache2", 3, 5),
    ("crash-worker-tracekit-2", "worker", "tracekit", 3, 3),
    ("crash-event-tracekit-2", "event", "tracekit", 2, 4),
]
PARTS: Final = [
    ("partial-prefork-apache2", "prefork", "apache2", 3, 1, 6, 2, False),
    ("partial-worker-apache2", "worker", "apache2", 2, 3, 12, 2, False),
    ("partial-event-apache2", "event", "apache2", 2, 3, 12, 1, True),
    ("partial-worker-tracekit", "worker", "tracekit", 2, 3, 12, 1, True),
    ("partial-event-tracekit", "event", "tracekit", 2, 4, 14, 1, False),
    ("partial-prefork-tracekit", "prefork", "tracekit", 3, 1, 6, 1, True),
    ("partial-event-apache2-2", "event", "apache2", 3, 2, 9, 2, False),
    ("partial-worker-tracekit-2", "worker", "tracekit", 2, 4, 13, 1, False),
    ("partial-prefork-tracekit-2", "prefork", "tracekit", 4, 1, 8, 3, False),
]
"""As above, then connections that are held, how many worker processes are traced, and whether the main is:
if so, what is started later is traced, and some of what was there before is not."""
PLANS: Final[Mapping[str, Plan]] = dict(_plans())


def say(text: str) -> None:
    """Tell how it goes."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def keep(name: str) -> None:
    """Record one scene, in namespaces of our own, and write its files."""
    for attempt in range(ATTEMPTS):
        _furnish()
        with tempfile.TemporaryDirectory() as work:
            out = Path(work) / "trace"
            try:
                truth, ps = record(PLANS[name], f"{name} {attempt}", out)
            except (RuntimeError, TimeoutError, ValueError) as error:
                say(f"{name}: {error!r}")
                continue
            finally:
                os.chdir("/")
            text = out.read_text(encoding="ascii")
        found = flaws(PLANS[name], truth, text.splitlines(), os.environ.get("LAB_STRANGERS", "").split())
        if not found:
            _write(name, text, json.dumps(truth.data(), indent=0), ps)
            return
        say(f"{name}: {len(found)} flaws\n  " + "\n  ".join(one[:300] for one in found[:4]))
    raise SystemExit(f"{name}: {ATTEMPTS} attempts in vain")


def _write(name: str, text: str, truth: str, ps: str) -> None:
    packed = lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)
    (FOLDER / f"{name}{TRACE}").write_bytes(packed)
    (FOLDER / f"{name}{TRUTH}").write_text(truth + "\n")
    (FOLDER / f"{name}{PS}").unlink(missing_ok=True)
    if ps:
        (FOLDER / f"{name}{PS}").write_text(ps)
    say(f"{name}: {text.count(chr(10))} lines, {len(packed)} bytes")


def _furnish() -> None:
    """Have empty folders where the scene takes place, with the built-in server in one of them."""
    for folder in ("/srv", "/opt"):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder], check=True)
    BUNDLE.mkdir()
    packages = [
        next(Path(path, name) for path in sys.path if Path(path, name).is_dir()) for name in LIBRARIES
    ]
    for source in (CHECKOUT / "server", CHECKOUT / "grammars", *packages):
        subprocess.run(["cp", "-r", str(source), str(BUNDLE)], check=True)
    bundle = Path(__file__).with_name("lab_bundle.py")
    environment = {**os.environ, "PYTHONPATH": str(BUNDLE), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(["/usr/bin/python3", "-P", "-S", str(bundle), str(BUNDLE)], check=True, env=environment)


def _inside(name: str) -> None:
    """Record in the namespaces that `_outside` made."""
    os.umask(0o022)
    subprocess.run(["hostname", "localhost"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("41000 60999")
    if name == "noise":
        _furnish()
        packed = lzma.compress(record_noise().encode(), preset=9 | lzma.PRESET_EXTREME)
        (FOLDER / f"{name}{TRACE}").write_bytes(packed)
    else:
        keep(name)


def _outside(name: str) -> None:
    strangers = f"{platform.node()} {platform.release()}"
    command = [need("unshare"), *UNSHARE, sys.executable, "-m", __spec__.name, "--inside", name]
    subprocess.run(command, check=True, cwd=CHECKOUT, env={**os.environ, "LAB_STRANGERS": strangers})


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        _inside(sys.argv[2])
    else:
        for chosen in sys.argv[1:] or [*PLANS, "noise"]:
            _outside(chosen)

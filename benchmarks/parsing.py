"""How fast logs are read, with how much memory, and how much of them is right: ``make bench-parsing``.

Our reader and those that pip can install read the same logs in the same rounds, each in the layout
that its own page asks strace for. A call is right when its task, its name, what it returned and, of
readers that tell them, all its arguments are. Readers are measured by processor time, so that what
else the machine does does not count; ``tracekit parse``, as a whole, by time elapsed. Needs root,
apache2, ab and strace for the recorded log.
"""

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.logs import Found, Model, first_word, names, recorded, scanned, with_times_of_day, written
from benchmarks.measuring import PROGRAMS
from tests.support.strace_log import Look

PEERS = ("stracetools==1.0.0", "strace-process-tree==1.5.3", "flametrace==1.1.1", "strace-parser==0.2.0")
OF_DAY = {"stracetools"}
"""Readers that ask for -tt; the others take -ttt."""
SLOW = {"strace-parser": 2_000}
"""Readers that get the first so many lines only: they read some hundreds a second."""
OURS = ("tracekit", "tracekit, arguments")
THEIRS = ("stracetools", "strace-process-tree", "flametrace", "strace-parser")


class Subject(NamedTuple):
    """A log in both layouts, how many lines it has, and what is in it."""

    title: str
    log: Path
    of_day: Path
    lines: int
    model: Model


class Measured(NamedTuple):
    """What a reader took for a log, and what it found."""

    rate: float
    start: float
    memory: float
    calls: Model
    splits: bool


def environment(folder: Path) -> Path:
    """Make an environment of the peers' own; return its interpreter."""
    python = folder / "peers" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "peers"], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
    return python


def subjects(folder: Path, lines: int, requests: int) -> list[Subject]:
    """Make the logs."""
    made: list[Subject] = []
    for title, alike, split in (
        ("calls that repeat, nine of ten split", True, 0.9),
        ("calls that repeat, none split", True, 0.0),
        ("no two lines alike, half of them split", False, 0.5),
    ):
        log = folder / f"{len(made)}.strace"
        model = written(log, lines, Look(time="-ttt", duration=True), alike=alike, split=split)
        made.append(_subject(title, log, model))
    if requests:
        log = folder / "apache.strace"
        counted = recorded(log, requests)
        model = scanned(log)
        if Counter(dict(names(model))) != counted:
            differ = {name for name in counted if counted[name] != dict(names(model)).get(name)}
            print(f"strace -C counted otherwise than our plain scanner: {sorted(differ)}")
        made.append(_subject("a busy apache2, -f -ttt -T -yy", log, model))
    return made


def _subject(title: str, log: Path, model: Model) -> Subject:
    of_day = log.with_suffix(".tt.strace")
    with_times_of_day(log, of_day)
    with log.open("rb") as file:
        return Subject(title, log, of_day, sum(1 for _ in file), model)


def measured(python: Path, reader: str, subject: Subject, folder: Path) -> Measured:
    """Have a reader read a log, in a process of its own."""
    log = subject.of_day if reader in OF_DAY else subject.log
    lines = min(subject.lines, SLOW.get(reader, subject.lines))
    if lines < subject.lines:
        short = folder / "short.strace"
        with log.open() as whole:
            short.write_text("".join(line for _, line in zip(range(lines), whole, strict=False)))
        log = short
    result = folder / "result"
    run = subprocess.run(
        [python, PROGRAMS / "reading.py", reader, log, result], check=True, capture_output=True, text=True
    )
    told = json.loads(run.stdout)
    calls = Counter[Found]()
    found = pickle.loads(result.read_bytes())
    for tid, name, args, ret in found:
        calls[Found(tid, name, (args,) if isinstance(args, str) else args, first_word(ret))] += 1
    splits = any(isinstance(args, tuple) for _, _, args, _ in found)
    return Measured(lines / told["seconds"], told["start"], told["memory"], calls, splits)


def right(found: Measured, subject: Subject, reader: str) -> float:
    """Return the share of the calls that a reader got right, of those in the lines that it got."""
    truth = scanned_share(subject, SLOW[reader]) if reader in SLOW else subject.model
    if not found.splits:
        truth = joined(truth)
    return sum((truth & found.calls).values()) / max(1, sum(truth.values()))


def joined(model: Model) -> Model:
    """Return calls with their arguments as one text."""
    texts = Counter[Found]()
    for each, times in model.items():
        texts[each._replace(args=(", ".join(each.args or ()),))] += times
    return texts


def scanned_share(subject: Subject, lines: int) -> Model:
    """Return the calls of the first so many lines."""
    with tempfile.NamedTemporaryFile("w", suffix=".strace") as file, subject.log.open() as whole:
        file.writelines(line for _, line in zip(range(lines), whole, strict=False))
        file.flush()
        return scanned(Path(file.name))


def stored(subject: Subject, folder: Path, jobs: int, words: list[str]) -> tuple[float, float]:
    """Return the lines/s and the memory (MiB) of ``tracekit parse`` to Parquet."""
    command = [sys.executable, "-m", "tracekit", "parse", "-q", "--jobs", str(jobs), *words]
    command += [str(subject.log), "-o", str(folder / "out.parquet")]
    watched = [sys.executable, "-c", WATCH, *command]
    began = time.perf_counter()
    run = subprocess.run(watched, check=True, capture_output=True, text=True)
    return subject.lines / (time.perf_counter() - began), float(run.stdout.splitlines()[-1])


WATCH = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def report(subject: Subject, readers: Mapping[str, Path], folder: Path, rounds: int) -> str:
    """Read one log with every reader, in turn, and say how it went."""
    best: dict[str, Measured] = {}
    for _ in range(rounds):
        for reader, python in readers.items():
            found = measured(python, reader, subject, folder)
            if reader not in best or found.rate > best[reader].rate:
                best[reader] = found
    lines = [f"{subject.title}: {subject.lines:,} lines, {sum(subject.model.values()):,} calls"]
    lines.append(f"  {'':34} {'lines/s':>10} {'start':>6} {'MiB':>6} {'right':>8}  arguments")
    for reader, found in best.items():
        share = right(found, subject, reader)
        told = "split" if found.splits else "as one text"
        figures = f"{found.rate:10,.0f} {found.start:4.1f} s {found.memory:6,.0f}"
        lines.append(f"  {reader:34} {figures} {share:8.2%}  {told}")
    for title, jobs, words in (
        ("tracekit parse to Parquet", 1, []),
        ("tracekit parse to Parquet, 2 jobs", 2, []),
        ("tracekit parse --args to Parquet", 1, ["--args"]),
    ):
        rate, memory = max(stored(subject, folder, jobs, words) for _ in range(rounds))
        lines.append(f"  {title:34} {rate:10,.0f} {'in it':>6} {memory:6,.0f}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Make the logs, install the peers, and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=200_000, help="of the logs that are written")
    parser.add_argument("--requests", type=int, default=10_000, help="of the log that is recorded; 0: none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep logs and environment here")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tracekit-bench-") as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        peers = environment(folder)
        readers = {**dict.fromkeys(OURS, Path(sys.executable)), **dict.fromkeys(THEIRS, peers)}
        for subject in subjects(folder, chosen.lines, chosen.requests):
            print(report(subject, readers, folder, chosen.rounds), flush=True)


if __name__ == "__main__":
    main()

"""What the benchmarks share: peers take turns, medians are compared, ratios printed."""

import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PROGRAMS = Path(__file__).with_name("programs")

Figures = dict[str, list[float]]
"""What was measured of each peer, a number a round."""


def build(name: str, folder: Path) -> Path:
    """Compile one of our programs."""
    program = folder / name
    subprocess.run(["cc", "-O2", "-pthread", "-o", program, PROGRAMS / f"{name}.c"], check=True)
    return program


def in_turn(peers: Mapping[str, Callable[[], float]], rounds: int) -> Figures:
    """Measure every peer once a round, so that what else the machine does meets all of them alike."""
    figures: Figures = {name: [] for name in peers}
    for _ in range(rounds):
        for name, measure in peers.items():
            figures[name].append(measure())
    return figures


def table(title: str, unit: str, figures: Figures, against: Sequence[str], digits: int = 0) -> str:
    """A row for each peer: its median with the extremes, and its ratio to the medians of others."""
    medians = {name: statistics.median(values) for name, values in figures.items()}
    width = max(map(len, figures))
    lines = [title]
    for name, values in figures.items():
        ratios = "".join(f"  {medians[name] / medians[other]:6.2f} x {other}" for other in against)
        extremes = f"({min(values):.{digits}f} to {max(values):.{digits}f})"
        lines.append(f"  {name:{width}}  {medians[name]:10.{digits}f} {unit} {extremes:22}{ratios}")
    return "\n".join(lines) + "\n"

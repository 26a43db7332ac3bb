"""What all answers about a long log cost, and that the cost is linear: ``make bench-analysis``.

Logs of a busy threaded server grow; each is read, observed and asked every question by a process of its own.
There is no peer that answers these questions, so lengths are compared with each other: seconds and memory of
each step, and the whole per million calls beside that of the shortest log. The bounds: a million calls in
30 s and 1.5 GB on two cores.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.busy import written
from benchmarks.measuring import PROGRAMS

MILLION = 1_000_000
SECONDS, MEMORY = 30.0, 1_500.0
"""What a million calls may take: seconds, and MB of memory."""
MEBI = 1.048576


class Step(NamedTuple):
    """What a step took: seconds that passed, seconds of processors, most memory so far (MiB)."""

    seconds: float
    processor: float
    memory: float


class Cost(NamedTuple):
    """What a log took, step by step."""

    calls: int
    steps: dict[str, Step]

    @property
    def whole(self) -> Step:
        """All steps together."""
        seconds, processor, memory = zip(*self.steps.values(), strict=True)
        return Step(sum(seconds), sum(processor), max(memory))


def measured(log: Path) -> Cost:
    """Have a process answer everything about a log."""
    run = subprocess.run(
        [sys.executable, PROGRAMS / "analysing.py", log], check=True, capture_output=True, text=True
    )
    told = json.loads(run.stdout)
    return Cost(told["calls"], {name: Step(*step) for name, step in told["steps"].items()})


def table(title: str, costs: list[Cost]) -> str:
    """A row for each step, a column for each length; and the whole per million calls."""
    heads = "".join(f"{cost.calls:>26,} calls" for cost in costs)
    lines = [title, f"  {'':12}{heads}"]
    for step in (*costs[0].steps, "whole"):
        found = [cost.whole if step == "whole" else cost.steps[step] for cost in costs]
        cells = (f"{each.seconds:9.2f} s {each.processor:7.2f} s {each.memory:7,.0f} MiB" for each in found)
        lines.append(f"  {step:12}" + "  ".join(cells))
    first = costs[0].whole.processor / costs[0].calls
    ratios = (f"{cost.whole.processor / cost.calls / first:.2f} x" for cost in costs)
    lines.append("  seconds of processors per call, beside the first: " + ", ".join(ratios))
    return "\n".join(lines) + "\n"


def verdict(cost: Cost) -> str:
    """Say whether a log keeps to the bounds, scaled to its length."""
    share, whole = cost.calls / MILLION, cost.whole
    kept = whole.seconds <= SECONDS * share and whole.memory * MEBI <= MEMORY * share
    told = f"{whole.seconds / share:.1f} s and {whole.memory * MEBI / share:,.0f} MB per million calls"
    return f"{told}: {'within' if kept else 'BEYOND'} {SECONDS:.0f} s and {MEMORY:,.0f} MB"


def main() -> None:
    """Write the logs, have them analysed, and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, nargs="+", default=[250_000, 500_000, MILLION])
    parser.add_argument("--rounds", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tracekit-bench-") as temporary:
        for title, alike in (("a few pages, again and again", True), ("no page twice", False)):
            costs = []
            for calls in chosen.calls:
                log = Path(temporary) / "busy.strace"
                written(log, calls, alike=alike)
                runs = [measured(log) for _ in range(chosen.rounds)]
                costs.append(min(runs, key=lambda cost: cost.whole.seconds))
            print(table(title, costs), flush=True)
            print(f"  {verdict(costs[-1])}\n", flush=True)


if __name__ == "__main__":
    main()

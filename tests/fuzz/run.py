"""Mutated logs by the million: ``python -m tests.fuzz.run --lines 1000000``.

Every case has a number, and with the seed it makes its own chance: ``--seed S --case N`` plays one
case again. The first case that fails is printed, and written to a file.
"""

import argparse
import functools
import multiprocessing
import os
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.fuzz.invariants import check
from tests.fuzz.mutations import OF_BYTES, mutated
from tests.fuzz.streams import Stream, valid_stream

LENGTH = 120
"""About how many lines a log has."""


def case_of(seed: int, number: int) -> tuple[bytes, Stream]:
    """Return one case: a damaged log, and what it was."""
    chance = random.Random(f"{seed}:{number}")
    stream = valid_stream(chance, chance.randrange(2, 2 * LENGTH))
    lines = mutated(chance, stream.lines, chance.choice((0, 1, 3, 10, 40)))
    data = b"".join(line + b"\n" for line in lines)
    if chance.random() < 0.2:
        data = chance.choice(list(OF_BYTES.values()))(chance, data)
    return data, stream


def run_case(seed: int, number: int) -> tuple[int, int, str]:
    """Try one case; return its number, its lines, and what failed."""
    data, stream = case_of(seed, number)
    try:
        check(data, stream.calls)
    except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
        return number, 0, traceback.format_exc()
    return number, data.count(b"\n"), ""


def run(seed: int, lines: int, jobs: int) -> tuple[int, int, str]:
    """Try cases until so many lines were read, or one fails; return the case, the lines, what failed."""
    done = 0
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        cases = pool.imap_unordered(functools.partial(run_case, seed), range(lines), chunksize=16)
        for number, count, failure in cases:
            done += count
            if failure or done >= lines:
                return number, done, failure
    return 0, done, ""


def main() -> int:
    """Run; the status is 1 when a case failed."""
    parser = argparse.ArgumentParser(description="Read mutated logs.")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--case", type=int, help="play one case again")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    chosen = parser.parse_args()
    sys.stdout.write(f"seed {chosen.seed}\n")
    began = time.monotonic()
    if chosen.case is None:
        number, lines, failure = run(chosen.seed, chosen.lines, chosen.jobs)
    else:
        number, lines, failure = run_case(chosen.seed, chosen.case)
    if failure:
        with tempfile.NamedTemporaryFile(prefix="tracekit-fuzz-", suffix=".strace", delete=False) as file:
            Path(file.name).write_bytes(case_of(chosen.seed, number)[0])
        sys.stdout.write(
            f"{failure}case {number} failed: --seed {chosen.seed} --case {number}; {file.name}\n"
        )
        return 1
    sys.stdout.write(f"{lines:,} lines in {time.monotonic() - began:.0f} s: nothing failed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

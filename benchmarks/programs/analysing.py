"""Answer every question about a log, in a process of its own: ``python analysing.py LOG``.

Prints, as JSON, what each step took: the seconds that passed, those of the processor (of this process and of
those that helped it), and the most memory (MiB) that this process had in use so far.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what is loaded counts to the step that needs it
    from tracekit.analyzers.answer import Analyzer
    from tracekit.events import Trace


def memory() -> float:
    """Return the most memory that this process ever had in use, in MiB."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def processor() -> float:
    """Return the processor seconds of this process and of its children that ended."""
    every = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in every)


def _answered(analyzer: "type[Analyzer]", trace: "Trace") -> str:
    return json.dumps(analyzer().answer(trace).to_json())


def main() -> None:
    """Read, observe, and answer."""
    steps: dict[str, tuple[float, float, float]] = {}

    def took(step: str, work: Callable[[], Any]) -> Any:
        clock, used = time.perf_counter(), processor()
        result = work()
        steps[step] = (time.perf_counter() - clock, processor() - used, memory())
        return result

    from tracekit.analyzers.catalogue import ANALYZERS
    from tracekit.analyzers.state.observe import observe
    from tracekit.events import read_trace

    trace = took("read", lambda: read_trace(sys.argv[1]))
    took("observe", lambda: observe(trace))
    for name, analyzer in ANALYZERS.items():
        took(name, partial(_answered, analyzer, trace))
    print(json.dumps({"calls": trace.calls, "steps": steps}))


if __name__ == "__main__":
    main()

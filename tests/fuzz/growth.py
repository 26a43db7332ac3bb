"""Time grows with the length of a line and no faster: processor time at one size and at four times that.

``python -m tests.fuzz.growth`` prints the ratios; four is linear, sixteen is quadratic.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from tests.fuzz.invariants import check
from tracekit.stream import parse_arguments, read_events

MOST = 8.0
"""The ratio from which on something is wrong: twice that of what is linear, half that of what is not."""
SIZE = 20_000
"""Characters of the smaller one; of logs, about as many lines a tenth."""
ENOUGH = 0.02
"""Seconds below which a measure says nothing, and is not judged."""

LINES: Mapping[str, Callable[[int], str]] = {
    "brackets that open": lambda n: "f(" + "[" * n,
    "brackets that close, too": lambda n: "f(" + "[" * (n // 2) + "]" * (n // 2) + ") = 0",
    "braces": lambda n: "f(" + "{" * (n // 2) + "}" * (n // 2) + ") = 0",
    "structs in structs": lambda n: "f(" + "{a=" * (n // 4) + "1" + "}" * (n // 4) + ") = 0",
    "parentheses that open": lambda n: "f(" + "(" * n,
    "parentheses that close, too": lambda n: "f" + "(" * (n // 2) + ")" * (n // 2) + " = 0",
    "functions in functions": lambda n: "f(" + "g(" * (n // 3) + ")" * (n // 3) + ") = 0",
    "a string": lambda n: 'f("' + "x" * n + '", 1) = 0',
    "a string without an end": lambda n: 'f("' + "x" * n,
    "backslashes": lambda n: 'f("' + "\\" * n + '") = 0',
    "backslashes without an end": lambda n: 'f("' + "\\" * (n | 1),
    "quotes": lambda n: "f(" + '"' * n + ") = 0",
    "strings": lambda n: "f(" + '"", ' * (n // 4) + ") = 0",
    "angles that open": lambda n: "f(3" + "<" * n + ") = 0",
    "angles": lambda n: "f(3" + "<a>" * (n // 3) + ") = 0",
    "annotations": lambda n: "f(" + "3<a>, " * (n // 6) + "3) = 0",
    "annotations without an end": lambda n: "f(" + "3<a, " * (n // 5) + ") = 0",
    "annotations that begin as sockets": lambda n: "f(" + "3<A:[->" * (n // 7) + ") = 0",
    "sockets with strings without an end": lambda n: "f(3<UNIX:[" + '"a' * (n // 2) + ") = 0",
    "arrows": lambda n: "f(" + "1 => " * (n // 5) + "1) = 0",
    "flags": lambda n: "f(" + "A|" * (n // 2) + "A) = 0",
    "sums": lambda n: "f(" + "1*" * (n // 2) + "1) = 0",
    "a set": lambda n: "f([" + "A " * (n // 2) + "A]) = 0",
    "comments": lambda n: "f(1" + " /* a */" * (n // 8) + ") = 0",
    "comments without an end": lambda n: "f(1" + " /*" * (n // 3) + ") = 0",
    "slashes": lambda n: "f(" + "/" * n + ") = 0",
    "a number": lambda n: "f(" + "9" * n + ") = 0",
    "a return": lambda n: "f(1) = " + "9" * n,
    "notes": lambda n: "f(1) = 0" + " (a)" * (n // 4),
    "notes without an end": lambda n: "f(1) = 0" + " (a" * (n // 3),
    "a note of parentheses": lambda n: "f(1) = 0 " + "(" * (n // 2) + ")" * (n // 2),
    "a note of angles": lambda n: "f(1) = 0 (" + "a<" * (n // 2) + ")",
    "returns": lambda n: "f(1)" + " = 0" * (n // 4),
    "calls without an end": lambda n: "f(1) = 0" * (n // 8) + "f(",
    "blanks": lambda n: "f(1)" + " " * n + "= 0",
    "blanks at the end": lambda n: "f(1) = 0" + " " * n + "x",
    "durations": lambda n: "f(1) = 0" + " <0.1>" * (n // 6),
    "digits": lambda n: "1" * n,
    "a name": lambda n: "f" * n,
    "a pid of blanks": lambda n: "7" + " " * n + "f",
    "brackets at the start": lambda n: "[" * n,
    "contexts": lambda n: "[a_t] " * (n // 6) + "f(",
    "numbers in brackets": lambda n: "[ 1] " * (n // 5) + "f(",
    "unfinished": lambda n: "f(" + " <unfinished ...>" * (n // 17),
    "resumed": lambda n: "<... f resumed>" * (n // 15),
    "diagnostics": lambda n: "f(" + "strace: Process 9 attached" * (n // 26),
    "strace:": lambda n: "f(" + "strace: " * (n // 8),
    "paths to strace": lambda n: "/" + "a/" * (n // 2) + "strace",
    "colours": lambda n: "\x1b[1m" * (n // 4) + "f() = 0",
    "colours without an end": lambda n: "\x1b[" * (n // 2) + "f() = 0",
    "a signal": lambda n: "--- SIGHUP {" + "a=1, " * (n // 5) + "} ---",
    "a signal without an end": lambda n: "--- SIGHUP {" + "}" * n,
    "a header": lambda n: "# tracekit a {" + '"a":{' * (n // 5),
    "a header of digits": lambda n: '# tracekit a {"a":' + "1" * n + "}",
    "letters that are none": lambda n: "\u2028\x85\x0b" * (n // 3),
}
LOGS: Mapping[str, Callable[[int], list[str]]] = {
    "calls": lambda n: [f"7  f({k}) = {k}" for k in range(n)],
    "halves that never end": lambda n: [f"{k}  f(1 <unfinished ...>" for k in range(n)],
    "ends that never began": lambda n: [f"{k}  <... f resumed>) = 0" for k in range(n)],
    "one call around all": lambda n: ["1 f( <unfinished ...>", *["2 g() = 0"] * n, "1 <... f resumed>) = 0"],
    "layouts in turn": lambda n: [("7  f() = 0", "f() = 0", "12:00:00 f() = 0")[k % 3] for k in range(n)],
    "diagnostics in a line": lambda n: ["f(strace: Process 7 attached"] * n,
    "tasks on a terminal": lambda n: [f"[pid {k}] f() = 0" for k in range(n)],
    "diagnostics": lambda n: [f"strace: Process {k} attached" for k in range(n)],
    "a call that goes on for ever": lambda n: [
        "7 f( <unfinished ...>", *["7 <... f resumed>1,  <unfinished ...>"] * n
    ],
    "pids that change": lambda n: [f"{k} execve(1 <pid changed to {k + 1} ...>" for k in range(n)],
    "no trace": lambda n: ["It is a truth universally acknowledged"] * n,
}  # fmt: skip


def of_line(text: str) -> None:
    """Read one line, and its values."""
    for before in ("", "7  12:00:00.000001 "):
        for event in read_events([before + text, "7  12:00:00 getpid() = 7"]):
            parse_arguments(event.args or "")


def of_log(lines: list[str]) -> None:
    """Read a log as a file."""
    check("".join(f"{line}\n" for line in lines).encode(), {})


def seconds(work: Callable[[], None]) -> float:
    """Return the processor time that something takes, the less of two."""
    taken = []
    for _ in range(2):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def shapes() -> Iterator[tuple[str, Callable[[int], Callable[[], None]]]]:
    """Yield every shape: its name, and what makes the work of a size."""
    for name, line in LINES.items():
        yield f"line: {name}", lambda n, line=line: partial(of_line, line(n * SIZE))  # type: ignore[misc]
    for name, log in LOGS.items():
        yield f"log: {name}", lambda n, log=log: partial(of_log, log(n * SIZE // 10))  # type: ignore[misc]


def main() -> int:
    """Print the figures; the status is 1 if something grows faster than it may."""
    wrong = 0
    for name, work in shapes():
        less, more = seconds(work(1)), seconds(work(4))
        ratio = more / max(less, 1e-9)
        bad = more > ENOUGH and ratio > MOST
        wrong += bad
        sys.stdout.write(
            f"{'WRONG' if bad else '     '} {name:40} {less:8.3f} s {more:8.3f} s  x {ratio:5.1f}\n"
        )
        sys.stdout.flush()
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())

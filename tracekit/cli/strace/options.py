"""The options of strace 6.1: letter, long names, argument, and what they do. See strace(1)."""

from typing import Final

from tracekit.cli.strace import asked as ask
from tracekit.cli.strace.getopt import Option, Takes

_NO: Final = Takes.NOTHING
_VALUE: Final = Takes.VALUE
_PERHAPS: Final = Takes.PERHAPS

STARTUP: Final = "Startup"
TRACING: Final = "Tracing"
FILTERING: Final = "Filtering"
FORMAT: Final = "Output format"
STATISTICS: Final = "Statistics"
TAMPERING: Final = "Tampering"
OTHER: Final = "Miscellaneous"


def _option(
    letter: str,
    names: str,
    takes: Takes,
    apply: ask.Apply,
    shown: tuple[str, str, str] = ("", "", ""),
) -> Option:
    """An option; ``shown`` is the group of the help, the argument's name, and the text."""
    return Option(letter, tuple(names.split()), takes, apply, *shown)


def _qualifier(name: str, shown: tuple[str, str, str], default: str | None = None) -> Option:
    """The long form of ``-e NAME=``; with a default its argument may be left out."""
    field = name.replace("-", "_")
    takes = _VALUE if default is None else _PERHAPS
    return _option("", name, takes, ask.qualifier(field, default or ""), shown)


OPTIONS: Final[tuple[Option, ...]] = (
    _option(
        "E",
        "env",
        _VALUE,
        ask.listed("environment"),
        (STARTUP, "VAR[=VALUE]", "set or remove a variable in the program's environment"),
    ),
    _option("p", "attach", _VALUE, ask.pids, (STARTUP, "PID[,PID]...", "trace these processes")),
    _option("u", "user", _VALUE, ask.text("user"), (STARTUP, "USERNAME", "run the program as this user")),
    _option(
        "b", "detach-on", _VALUE, ask.detach_on, (TRACING, "execve", "let go of a process that calls execve")
    ),
    _option(
        "f",
        "",
        _NO,
        ask.flag("f"),
        (TRACING, "", "follow threads and children; -ff writes each to a file of its own"),
    ),
    _option("", "follow-forks", _NO, ask.flag("follow"), (TRACING, "", "follow threads and children")),
    _option(
        "",
        "output-separately",
        _NO,
        ask.flag("separately"),
        (FORMAT, "", "write each task to a file of its own, FILE.TID"),
    ),
    _option("F", "", _NO, ask.flag("F")),
    _option(
        "I",
        "interruptible",
        _VALUE,
        ask.value_of("interruptible", ask.interruptible),
        (TRACING, "WHEN", "when signals end the trace: anywhere, waiting, never, never_tstp"),
    ),
    _option(
        "D",
        "",
        _NO,
        ask.flag("D"),
        (
            TRACING,
            "",
            "trace as a grandchild of the program; -DD in a process group, -DDD in a session of its own",
        ),
    ),
    _option(
        "",
        "daemonize daemonised daemonized",
        _PERHAPS,
        ask.daemonize,
        (TRACING, "WHERE", "the same: grandchild, pgroup, session"),
    ),
    _option(
        "",
        "seccomp-bpf",
        _NO,
        ask.flag("seccomp"),
        (TRACING, "", "let the kernel pass over calls that are not traced (with -f)"),
    ),
    _option(
        "e",
        "",
        _VALUE,
        ask.expression,
        (
            FILTERING,
            "QUALIFIER=SET",
            "trace, abbrev, verbose, raw, signal, status, quiet, read, write, fault, inject, decode-fds",
        ),
    ),
    _qualifier("trace", (FILTERING, "SET", "trace these calls: names, numbers, %classes, /regex; ! inverts")),
    _qualifier("signal", (FILTERING, "SET", "write the delivery of these signals")),
    _option("", "signals", _VALUE, ask.qualifier("signal")),
    _qualifier(
        "status",
        (
            FILTERING,
            "SET",
            "write calls that end like this: successful, failed, unfinished, unavailable, detached",
        ),
    ),
    _option(
        "P",
        "trace-path",
        _VALUE,
        ask.listed("paths"),
        (FILTERING, "PATH", "trace calls that touch this path"),
    ),
    _option("z", "successful-only", _NO, ask.only("successful"), (FILTERING, "", "write calls that succeed")),
    _option(
        "Z", "failed-only failing-only", _NO, ask.only("failed"), (FILTERING, "", "write calls that fail")
    ),
    _option(
        "a",
        "columns",
        _VALUE,
        ask.value_of("column", ask.plain_number),
        (FORMAT, "COLUMN", "where return values stand (40)"),
    ),
    _qualifier("abbrev", (FORMAT, "SET", "cut structures of these calls short")),
    _qualifier("verbose", (FORMAT, "SET", "look into structures of these calls")),
    _qualifier("raw", (FORMAT, "SET", "print arguments of these calls as numbers")),
    _qualifier("read", (FORMAT, "SET", "dump what is read from these descriptors")),
    _qualifier("write", (FORMAT, "SET", "dump what is written to these descriptors")),
    _option(
        "",
        "quiet silent silence",
        _PERHAPS,
        ask.qualifier("quiet", "attach,personality"),
        (FORMAT, "SET", "leave out messages: attach, exit, path-resolution, personality, thread-execve"),
    ),
    _option(
        "q",
        "",
        _NO,
        ask.flag("q"),
        (FORMAT, "", "leave out messages about attaching; -qq exits too, -qqq all"),
    ),
    _qualifier("kvm", ("", "", "")),
    _qualifier("decode-fds", (FORMAT, "SET", "tell of descriptors: path, socket, dev, pidfd"), "path"),
    _qualifier("decode-pids", (FORMAT, "SET", "tell of tasks: comm, pidns")),
    _option(
        "Y",
        "",
        _NO,
        lambda asked, _: ask.qualifier("decode_pids")(asked, "comm"),
        (FORMAT, "", "print the command of each task, as --decode-pids=comm"),
    ),
    _option("", "pidns-translation", _NO, lambda asked, _: ask.qualifier("decode_pids")(asked, "pidns")),
    _option("", "secontext", _PERHAPS, ask.qualifier("secontext", "!full,mismatch")),
    _option("i", "instruction-pointer", _NO, ask.flag("i"), (FORMAT, "", "print the instruction pointer")),
    _option("k", "stack-traces", _NO, ask.flag("k")),
    _option("n", "syscall-number", _NO, ask.flag("n"), (FORMAT, "", "print the number of each call")),
    _option(
        "o",
        "output",
        _VALUE,
        ask.text("output"),
        (FORMAT, "FILE", "write to FILE (mode 0600), or to a program: '|COMMAND'"),
    ),
    _option("A", "output-append-mode", _NO, ask.flag("A"), (FORMAT, "", "append to FILE")),
    _option(
        "r",
        "relative-timestamps",
        _PERHAPS,
        ask.value_of("relative", ask.precision),
        (FORMAT, "PRECISION", "print the time since the line before: s, ms, us, ns"),
    ),
    _option(
        "s",
        "string-limit",
        _VALUE,
        ask.value_of("strings", ask.string_limit),
        (FORMAT, "SIZE", "print at most SIZE bytes of a string"),
    ),
    _option(
        "t",
        "",
        _NO,
        ask.flag("t"),
        (FORMAT, "", "print the time; -tt with microseconds, -ttt since the epoch"),
    ),
    _option(
        "",
        "absolute-timestamps timestamps",
        _PERHAPS,
        ask.timestamps,
        (FORMAT, "FORMAT,PRECISION", "print the time: none, time, unix; s, ms, us, ns"),
    ),
    _option(
        "T",
        "syscall-times",
        _PERHAPS,
        ask.value_of("durations", ask.precision),
        (FORMAT, "PRECISION", "print how long each call took"),
    ),
    _option("v", "no-abbrev", _NO, ask.unabbreviated, (FORMAT, "", "print structures in full")),
    _option(
        "x", "", _NO, ask.flag("x"), (FORMAT, "", "print strings that are no text in hexadecimal; -xx all")
    ),
    _option(
        "",
        "strings-in-hex",
        _PERHAPS,
        ask.value_of("hex_strings", ask.hex_strings),
        (FORMAT, "WHICH", "print strings in hexadecimal: none, non-ascii-chars, non-ascii, all"),
    ),
    _option(
        "X",
        "const-print-style",
        _VALUE,
        ask.value_of("names", ask.name_style),
        (FORMAT, "STYLE", "print named constants: raw, abbrev, verbose"),
    ),
    _option("y", "", _NO, ask.flag("y"), (FORMAT, "", "print paths of descriptors; -yy ends of sockets too")),
    _option(
        "c",
        "summary-only",
        _NO,
        ask.summary("c"),
        (STATISTICS, "", "count calls, errors and time, and no more"),
    ),
    _option("C", "summary", _NO, ask.summary("C"), (STATISTICS, "", "count calls, and write them too")),
    _option(
        "O",
        "summary-syscall-overhead",
        _VALUE,
        ask.value_of("overhead_ns", ask.duration),
        (STATISTICS, "TIME", "take this off each call's time"),
    ),
    _option(
        "S", "summary-sort-by", _VALUE, ask.sort_by, (STATISTICS, "COLUMN", "sort the summary by this column")
    ),
    _option(
        "U",
        "summary-columns",
        _VALUE,
        ask.summary_columns,
        (
            STATISTICS,
            "COLUMN,...",
            "columns of the summary: " + ", ".join(dict.fromkeys(ask.COLUMNS.values())),
        ),
    ),
    _option(
        "w",
        "summary-wall-clock",
        _NO,
        ask.flag("w"),
        (STATISTICS, "", "count time on the clock, not the system's"),
    ),
    _qualifier("inject", (TAMPERING, "SET:...", "do something to these calls: error, retval, signal, delay")),
    _qualifier("fault", (TAMPERING, "SET:...", "let these calls fail")),
    _option("d", "debug", _NO, ask.flag("d")),
    _option("h", "help", _NO, ask.flag("h"), (OTHER, "", "print this help")),
    _option("", "tips", _PERHAPS, ask.tips),
    _option("V", "version", _NO, ask.flag("V"), (OTHER, "", "print the version")),
)
"""Every option, in the order of the help."""

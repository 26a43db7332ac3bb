"""The command line. ``main`` is the console script."""

import gc
import os
import sys

from tracekit.cli import streams
from tracekit.errors import ExitCode, TracekitError

_INTERRUPTED = 130
_YOUNG = 100_000
"""Objects that are made before a look for garbage. Python's 700 has it look all the while at modules and
tables that are being loaded, and a traced program waits for that."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    gc.set_threshold(_YOUNG)
    code = _run(sys.argv[1:])
    if "duckdb" not in sys.modules:  # its binding complains of objects that are never freed
        gc.freeze()  # what is left goes with the process: there is nothing to collect
    sys.exit(code)


def _run(words: list[str]) -> int:
    streams.prepare()
    try:
        code = _work(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: a user never sees a traceback unasked
        return _failed(error)
    return code


def _work(words: list[str]) -> int:
    """Do what the words say. strace's command line needs no click, and is to begin as quickly as strace."""
    if words[:1] == ["strace"]:
        from tracekit.cli import strace  # noqa: PLC0415

        return strace.main(words[1:])
    from tracekit.cli import commands  # noqa: PLC0415

    return commands.main()


def _failed(error: Exception) -> int:
    """Say in one line why a command ended, and return the exit code that it means."""
    match error:
        case TracekitError():
            streams.complain(error.message, error.hint)
            return error.exit_code
        case BrokenPipeError():
            # The reader of our output has gone; what is left of it has nowhere to go.
            streams.forget(sys.stdout, sys.stderr)
            return ExitCode.ANSWERED
        case OSError() if error.errno in streams.NO_ROOM:
            streams.forget(sys.stdout)
            streams.complain(f"cannot write the output: {error.strerror}", "make room, or write elsewhere")
            return ExitCode.USAGE
    if os.environ.get("TRACEKIT_DEBUG"):
        sys.excepthook(type(error), error, error.__traceback__)
    streams.complain(f"a bug of tracekit: {type(error).__name__}: {error}", "TRACEKIT_DEBUG=1 shows where")
    return ExitCode.BUG

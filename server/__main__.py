"""``python -m server -f httpd.conf``: the server, started as a program."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while modules load ends it, without a traceback

import sys  # noqa: E402

from .command_line import run  # noqa: E402


def main() -> int:
    """Run the server; return its exit status."""
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

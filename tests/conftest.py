"""What holds for every test."""

import os
import signal
import sys

from hypothesis import settings

pytest_plugins = ["tests.support.no_skips"]

# Hundreds of programs are started from this checkout: compiling it for each of them, as without its
# bytecode on disk, is a third of all the processor time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The same examples in every run, and as much time for each as the machine takes.
settings.register_profile("tracekit", derandomize=True, deadline=None)
settings.load_profile("tracekit")

# What nohup(1) or a shell's "&" has us ignore, every program that a test starts would ignore, too.
for _number in (signal.SIGHUP, signal.SIGQUIT):
    signal.signal(_number, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

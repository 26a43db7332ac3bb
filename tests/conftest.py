"""What holds for every test."""

import signal

from hypothesis import settings

pytest_plugins = ["tests.support.no_skips"]

# The same examples in every run, and as much time for each as the machine takes.
settings.register_profile("tracekit", derandomize=True, deadline=None)
settings.load_profile("tracekit")

# What nohup(1) or a shell's "&" has us ignore, every program that a test starts would ignore, too.
for _number in (signal.SIGHUP, signal.SIGQUIT):
    signal.signal(_number, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

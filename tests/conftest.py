"""What holds for every test."""

from hypothesis import settings

pytest_plugins = ["tests.support.no_skips"]

# The same examples in every run, and as much time for each as the machine takes.
settings.register_profile("tracekit", derandomize=True, deadline=None)
settings.load_profile("tracekit")

"""The tracer: live tasks to text in strace's format.

``tracing.attach`` and ``tracing.run`` are all that the rest of tracekit knows of it. Nothing is
imported here: a mistake on a command line is to be told without it.
"""

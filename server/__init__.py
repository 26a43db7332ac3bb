"""An HTTP/1.1 static file server built like Apache httpd, to be traced.

It is started as a program, ``python -m server -f httpd.conf``, and has httpd's
parts under httpd's names: a parent that keeps a :mod:`scoreboard <.processes.scoreboard>`,
children that it ends through a :mod:`pipe of death <.processes.pipe_of_death>`, listeners,
an :mod:`fd queue <.mpm.fd_queue>`, and one :mod:`MPM <.mpm>` that says who accepts
a connection and who serves it.
"""

import time
from pathlib import Path

PROGRAM = "tracekit-server"
VERSION = "0.1"
SERVER_SOFTWARE = f"{PROGRAM}/{VERSION}"
SERVER_BUILT = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(Path(__file__).stat().st_mtime))

"""What is kept in fixtures/traces/servers: a table of recordings."""

from collections.abc import Mapping
from typing import Final

from tests.support.recording.recorder import Case
from tests.support.recording.strangers import STRANGERS

FULL: Final = "-f -ttt -T -yy -s 4096"
USUAL: Final = "-f -ttt -T -yy"

NOBODY_CAME: Final = {"docroot": "no request", "dispatch": "", "mpm": "no traffic"}
NO_SERVER: Final = {"docroot": "", "dispatch": "", "mpm": "it is no server's"}
NOT_READ: Final = {
    "docroot": "no request|not traced|-e trace",
    "files": "",
    "dispatch": "not traced|-e trace|requests that the trace shows: 0",
    "mpm": "not traced|-e trace",
}
"""The calls that take requests were not traced."""
NO_TEXT: Final = {
    "docroot": "no request|-s|address",
    "files": "",
    "dispatch": "-s|address|requests that the trace shows: 0",
}
"""What was read is not shown."""
ENCRYPTED: Final = {"docroot": "encrypted|TLS", "files": "", "dispatch": "encrypted|TLS"}

CASES: Final[Mapping[str, Case]] = {
    # each server, with strace's usual options
    "apache-prefork": Case("apache-prefork", options=FULL),
    "apache-worker": Case("apache-worker", options=FULL),
    "apache-event": Case("apache-event", options=FULL),
    "apache-prefork-two": Case("apache-prefork-two", options=USUAL),
    "apache-worker-two": Case("apache-worker-two", options=USUAL),
    "apache-event-two": Case("apache-event-two", options=USUAL),
    "apache-event-symlink": Case("apache-event-symlink", "pages", USUAL),
    "apache-worker-errors": Case("apache-worker-errors", "pages", "-f -ttt -s 256"),
    "apache-prefork-lucky": Case("apache-prefork", "lucky", USUAL, cannot={"docroot": ""}),
    "nginx": Case("nginx", options=FULL),
    "nginx-errors": Case("nginx-errors", "pages", "-f -ttt -s 256"),
    "nginx-nosendfile": Case("nginx-nosendfile", options=FULL),
    "nginx-cache": Case("nginx-cache", options=FULL),
    "lighttpd": Case("lighttpd", options=USUAL),
    "http.server": Case("http.server", options=USUAL),
    "http.server-threads": Case("http.server-threads", "pages", USUAL),
    "node": Case("node", options=FULL),
    "node-relative": Case("node-relative", "pages", USUAL),
    "busybox": Case("busybox", options=USUAL),
    "gunicorn-sync": Case("gunicorn-sync", options=USUAL),
    "gunicorn-gthread": Case("gunicorn-gthread", "pages", USUAL),
    "built-in-prefork": Case("built-in-prefork", options=USUAL),
    "built-in-worker": Case("built-in-worker", options=USUAL),
    "built-in-event": Case("built-in-event", options=USUAL),
    # other options: no -y, relative times, seconds alone, a file a task, standard error, no text at all
    "apache-event-bare": Case("apache-event", options="-f"),
    "apache-worker-seconds": Case("apache-worker", options="-f -t"),
    "apache-prefork-relative": Case("apache-prefork", options="-f -r"),
    "apache-event-ff": Case("apache-event", options="-ff -ttt -T"),
    "nginx-stderr": Case("nginx", options="-f -tt", how="stderr"),
    "lighttpd-launched": Case("lighttpd", options="-f -r -y", how="launch"),
    "busybox-launched": Case("busybox", "pages", "-f -tt", how="launch"),
    "http.server-forks-bare": Case("http.server-forks", "pages", "-f"),
    "apache-event-no-text": Case("apache-event", options="-f -ttt -s 0", cannot=NO_TEXT),
    "nginx-escaped": Case("nginx-one", options="-f -ttt -xx -s 512"),
    "apache-worker-spaces": Case("apache-worker", options="-f -ttt", site="my site é"),
    # encrypted
    "nginx-tls": Case("nginx-tls", "pages", USUAL, cannot=ENCRYPTED),
    "apache-worker-tls": Case("apache-worker-tls", "pages", USUAL, cannot=ENCRYPTED),
    # a part of it: some tasks, some calls, no right to read memory
    "apache-event-child": Case("apache-event-plain", options=USUAL, how="child"),
    "apache-prefork-child": Case(
        "apache-prefork", options=FULL, how="child", cannot={"docroot": "one target"}
    ),
    "apache-worker-parent": Case(
        "apache-worker",
        options="-ttt -T -yy",
        how="parent",
        cannot={"docroot": "no request", "mpm": "not traced|were not"},
    ),
    "apache-event-thread": Case(
        "apache-event-plain",
        options="-ttt -T -yy",
        how="thread",
        cannot={"docroot": "no request", "mpm": "who serves was not traced|no traffic|were not"},
    ),
    "apache-event-silent": Case("apache-event", "silent", USUAL, cannot=NOBODY_CAME),
    "apache-event-single": Case("apache-event-plain", "single", USUAL),
    "apache-worker-network": Case("apache-worker", options="-f -ttt -yy -e trace=network", cannot=NOT_READ),
    "apache-event-files": Case("apache-event", options="-f -ttt -e trace=file", cannot=NOT_READ),
    "nginx-descriptors": Case("nginx", options="-f -ttt -e trace=desc", cannot=NOT_READ),
    "apache-event-unprivileged": Case(
        "apache-event",
        options="-f -ttt -T",
        how="unprivileged",
        cannot={**NO_TEXT, "mpm": "address"},
    ),
    # something happens
    "apache-event-crash": Case("apache-event", "pages", USUAL, act="crash"),
    "built-in-crash": Case("built-in-worker", "pages", "-f -tt", act="crash"),
    "apache-prefork-restart": Case("apache-prefork", "pages", USUAL, act="restart"),
    # clients that mean no good, or are slow, or hurry
    "apache-event-hostile": Case("apache-event", "hostile", "-f -tt -s 512"),
    "nginx-hostile": Case("nginx", "hostile", "-f -ttt -yy -s 4096"),
    "node-hostile": Case("node", "hostile", "-f -ttt -yy -s 4096"),
    "http.server-hostile": Case("http.server-threads", "hostile", "-f -ttt -s 256"),
    "http.server-stderr": Case("http.server-threads", "hostile", "-f -tt", how="stderr"),
    "built-in-hostile": Case("built-in-event", "hostile", "-f -ttt -yy -s 4096"),
    "apache-worker-pipelined": Case("apache-worker", "pipelined", "-f -ttt -s 512"),
    "nginx-pipelined": Case("nginx", "pipelined", "-f -ttt -yy -s 512"),
    "apache-event-held": Case("apache-event", "held", USUAL),
    "lighttpd-slow": Case("lighttpd", "slow", "-f -ttt -T"),
}

CANNOT: Final[Mapping[str, Mapping[str, str]]] = {
    **{name: case.cannot for name, case in CASES.items()},
    **dict.fromkeys(STRANGERS, NO_SERVER),
    "stranger-lines": {"docroot": "", "dispatch": "", "mpm": ""},
}
"""Of every recording, the questions that it cannot answer, and what the reasons have to match."""

"""``server-status`` as a page: header, table of processes, scoreboard, table of workers."""

from html import escape

from ..logs.escape import escape as escape_log
from ..processes.scoreboard import Status
from .error_pages import DOCTYPE
from .escaping import html_of
from .status_auto import KILOBYTE, cpu_load, date, duration, short
from .status_snapshot import ProcessRow, Snapshot, WorkerRow

EMPTY_LETTER = "."
LETTERS_A_LINE = 64
MEGABYTE = KILOBYTE**2
GIGABYTE = KILOBYTE**3

KEY = """\
<p>Scoreboard Key:<br />
"<b><code>_</code></b>" Waiting for Connection, 
"<b><code>S</code></b>" Starting up, 
"<b><code>R</code></b>" Reading Request,<br />
"<b><code>W</code></b>" Sending Reply, 
"<b><code>K</code></b>" Keepalive (read), 
"<b><code>D</code></b>" DNS Lookup,<br />
"<b><code>C</code></b>" Closing connection, 
"<b><code>L</code></b>" Logging, 
"<b><code>G</code></b>" Gracefully finishing,<br /> 
"<b><code>I</code></b>" Idle cleanup of worker, 
"<b><code>.</code></b>" Open slot with no current process<br />
</p>
"""  # noqa: W291  httpd's page has these blanks, too
PROCESS_HEAD = """

<table rules="all" cellpadding="1%">
<tr><th rowspan="2">Slot</th><th rowspan="2">PID</th><th rowspan="2">Stopping</th>\
<th colspan="2">Connections</th>
<th colspan="3">Threads</th><th colspan="4">Async connections</th></tr>
<tr><th>total</th><th>accepting</th><th>busy</th><th>graceful</th><th>idle</th>\
<th>wait-io</th><th>writing</th><th>keep-alive</th><th>closing</th></tr>
"""
WORKER_COLUMNS = (
    ("Srv", "Child Server number - generation"),
    ("PID", "OS process ID"),
    ("Acc", "Number of accesses this connection / this child / this slot"),
    ("M", "Mode of operation"),
    ("CPU", "CPU usage, number of seconds"),
    ("SS", "Seconds since beginning of most recent request"),
    ("Req", "Milliseconds required to process most recent request"),
    ("Dur", "Sum of milliseconds required to process all requests"),
    ("Conn", "Kilobytes transferred this connection"),
    ("Child", "Megabytes transferred this child"),
    ("Slot", "Total megabytes transferred this slot"),
)
UNEXPLAINED_COLUMNS = ("Client", "Protocol", "VHost", "Request")
PLAIN_LETTERS = frozenset({Status.READY, Status.DEAD, Status.GRACEFUL, Status.IDLE_KILL})
STATES = {
    Status.READY: "Ready",
    Status.STARTING: "Starting",
    Status.READING: "<b>Read</b>",
    Status.WRITING: "<b>Write</b>",
    Status.KEEP_ALIVE: "<b>Keepalive</b>",
    Status.LOGGING: "<b>Logging</b>",
    Status.DNS: "<b>DNS lookup</b>",
    Status.CLOSING: "<b>Closing</b>",
    Status.DEAD: "Dead",
    Status.GRACEFUL: "Graceful",
    Status.IDLE_KILL: "Dying",
}
NOT_EXTENDED = (
    "<hr />To obtain a full report with current status information you need to use the "
    "<code>ExtendedStatus On</code> directive.\n"
)


def render(
    shot: Snapshot, identity: dict[str, str], *, extended: bool, is_async: bool, has_table: bool = True
) -> bytes:
    """Return the page; everything that came from a client is escaped.

    Args:
        shot: what the scoreboard says.
        identity: name, version, mpm, built, local address and signature of the server.
        extended: ExtendedStatus is on.
        is_async: the MPM is event, which parks connections.
        has_table: the workers stand in a table, and not in a list.
    """
    parts = [_head(shot, identity)]
    if extended:
        parts.append(_totals(shot))
    parts.append(
        f"<dt>{shot.busy} requests currently being processed, {shot.graceful} workers gracefully restarting, "
        f"{shot.idle} idle workers</dt>\n</dl>"
    )
    if is_async:
        parts.append(_process_table(shot))
    parts += ["<pre>", _letters(shot.letters), "</pre>\n", KEY]
    if extended:
        parts.append(_worker_table(shot) if has_table else _worker_list(shot))
    else:
        parts.append(_pid_key(shot) + NOT_EXTENDED)
    parts += [identity["signature"], "</body></html>\n"]
    return "".join(parts).encode("latin-1", "replace")


def _head(shot: Snapshot, identity: dict[str, str]) -> str:
    loads = " ".join(f"{load:.2f}" for load in shot.load)
    return (
        f"{DOCTYPE}<html><head>\n<title>Apache Status</title>\n</head><body>\n"
        f"<h1>Apache Server Status for {escape(identity['name'])} (via {identity['address']})</h1>\n\n"
        f"<dl><dt>Server Version: {identity['version']}</dt>\n"
        f"<dt>Server MPM: {identity['mpm']}</dt>\n"
        f"<dt>Server Built: {identity['built']}\n</dt></dl><hr /><dl>\n"
        f"<dt>Current Time: {date(shot.now_s)}</dt>\n"
        f"<dt>Restart Time: {date(shot.restart_s)}</dt>\n"
        f"<dt>Parent Server Config. Generation: {shot.config_generation}</dt>\n"
        f"<dt>Parent Server MPM Generation: {shot.mpm_generation}</dt>\n"
        f"<dt>Server uptime: {duration(shot.uptime_s)}</dt>\n"
        f"<dt>Server load: {loads}</dt>\n"
    )


def _totals(shot: Snapshot) -> str:
    kilobytes = shot.sent // KILOBYTE
    load = cpu_load(shot)
    share = "" if load is None else f" - {short(load, 3)}% CPU load"
    rates = []
    if shot.uptime_s:
        rates.append(f"{short(shot.accesses / shot.uptime_s, 3)} requests/sec")
        rates.append(f"{_size(KILOBYTE * kilobytes // shot.uptime_s)}/second")
    if shot.accesses:
        rates.append(f"{_size(KILOBYTE * kilobytes // shot.accesses)}/request")
        rates.append(f"{short(shot.duration_ms / shot.accesses)} ms/request")
    return (
        f"<dt>Total accesses: {shot.accesses} - Total Traffic: {_traffic(kilobytes)} - "
        f"Total Duration: {shot.duration_ms}</dt>\n"
        f"<dt>CPU Usage: u{{}} s{{}} cu{{}} cs{{}}{share}</dt>\n".format(*map(short, shot.cpu_s))
        + f"<dt>{' - '.join(rates)}</dt>\n"
    )


def _size(count: int) -> str:
    """Return mod_status' format_byte_out."""
    if count < 5 * KILOBYTE:
        return f"{count} B"
    if count < MEGABYTE // 2:
        return f"{count / KILOBYTE:.1f} kB"
    if count < GIGABYTE // 2:
        return f"{count / MEGABYTE:.1f} MB"
    return f"{count / GIGABYTE:.1f} GB"


def _traffic(kilobytes: int) -> str:
    """Return mod_status' format_kbyte_out."""
    if kilobytes < KILOBYTE:
        return f"{kilobytes} kB"
    if kilobytes < MEGABYTE:
        return f"{kilobytes / KILOBYTE:.1f} MB"
    return f"{kilobytes / MEGABYTE:.1f} GB"


def _process_table(shot: Snapshot) -> str:
    rows = shot.processes
    names = ("wait_io", "writing", "keep_alive", "closing")
    total = {name: sum(getattr(row, name) for row in rows) for name in ("connections", *names)}
    last: list[object] = ["Sum", len(rows), sum(row.is_stopping for row in rows), total["connections"]]
    last += ["&nbsp;", shot.busy, shot.graceful, shot.idle, *(total[name] for name in names)]
    return f"{PROCESS_HEAD}{''.join(map(_process_row, rows))}{_cells(last)}</table>\n"


def _process_row(row: ProcessRow) -> str:
    stopping = ("yes" if row.is_stopping else "no") + (" (old gen)" if row.is_old else "")
    cells: list[object] = [row.slot, row.pid, stopping, row.connections, "yes" if row.is_accepting else "no"]
    cells += [row.busy, row.graceful, row.idle, row.wait_io, row.writing, row.keep_alive, row.closing]
    return _cells(cells)


def _cells(values: list[object]) -> str:
    return f"<tr>{''.join(f'<td>{value}</td>' for value in values)}</tr>\n"


def _letters(letters: str) -> str:
    """Break the scoreboard into lines; one that is full ends with a newline, also the last."""
    lines = (letters[start : start + LETTERS_A_LINE] for start in range(0, len(letters), LETTERS_A_LINE))
    return "".join(line + "\n" if len(line) == LETTERS_A_LINE else line for line in lines)


def _pid_key(shot: Snapshot) -> str:
    """Return the process of each slot that has one, three a line."""
    used = [
        (pid, letter) for pid, letter in zip(shot.pids, shot.letters, strict=True) if letter != EMPTY_LETTER
    ]
    ends = (",", ",", "\n")
    states = (f"   {pid} in state: {letter} {ends[number % 3]}" for number, (pid, letter) in enumerate(used))
    return f"PID Key: <br />\n<pre>\n{''.join(states)}\n</pre>\n"


def _worker_table(shot: Snapshot) -> str:
    titles = [title for title, _ in WORKER_COLUMNS] + list(UNEXPLAINED_COLUMNS)
    head = "".join(f"<th>{'CPU' + chr(10) if title == 'CPU' else title}</th>" for title in titles)
    key = "".join(
        f"{'' if title == 'SS' else ' ' * (title != 'CPU')}<tr><th>{title}</th><td>{meaning}</td></tr>\n"
        for title, meaning in WORKER_COLUMNS
    )
    return (
        f'\n\n<table border="0"><tr>{head}</tr>\n\n{"".join(map(_worker_row, shot.workers))}</table>\n'
        f" <hr /> <table>\n{key} </table>\n"
    )


def _worker_list(shot: Snapshot) -> str:
    """Return the workers for a browser without tables (``?notable``)."""
    return f"<hr /><h2>Server Details</h2>\n\n{''.join(map(_worker_item, shot.workers))}"


def _worker_item(row: WorkerRow) -> str:
    state = STATES.get(row.status, "?STATE?")
    pid = "-" if row.status is Status.DEAD else row.pid
    accesses, sizes = "|".join(map(str, row.accesses)), "|".join(map(_size, row.sent))
    user, system, children_user, children_system = map(short, row.cpu_s)
    client, protocol, vhost = (html_of(text) for text in (row.client, row.protocol, row.vhost))
    request = html_of(escape_log(row.request))
    return (
        f"<b>Server {row.slot}-{row.generation}</b> ({pid}): {accesses} [{state}] "
        f"u{user} s{system} cu{children_user} cs{children_system}\n"
        f" {row.idle_s} {row.request_ms} {row.duration_ms}({sizes})\n"
        f" <i>{client} {{{request}}}</i> <i>({protocol})</i> <b>[{vhost}]</b><br />\n\n"
    )


def _worker_row(row: WorkerRow) -> str:
    letter = row.status.letter if row.status in PLAIN_LETTERS else f"<b>{row.status.letter}</b>"
    pid = "-" if row.status is Status.DEAD else row.pid
    connection, child, slot = row.sent
    client, protocol, vhost = (html_of(text) for text in (row.client, row.protocol, row.vhost))
    request = html_of(escape_log(row.request))
    return (
        f"<tr><td><b>{row.slot}-{row.generation}</b></td><td>{pid}</td>"
        f"<td>{'/'.join(map(str, row.accesses))}</td><td>{letter}\n</td>"
        f"<td>{sum(row.cpu_s):.2f}</td><td>{row.idle_s}</td><td>{row.request_ms}</td><td>{row.duration_ms}</td>"
        f"<td>{connection / KILOBYTE:.1f}</td><td>{child / MEGABYTE:.2f}</td><td>{slot / MEGABYTE:.2f}\n</td>"
        f"<td>{client}</td><td>{protocol}</td><td nowrap>{vhost}</td><td nowrap>{request}</td></tr>\n\n"
    )

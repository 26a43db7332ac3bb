"""``server-status?auto``: one ``Name: value`` a line, for programs."""

import time

from .status_snapshot import Snapshot

KILOBYTE = 1024
DATE_FORMAT = "%A, %d-%b-%Y %H:%M:%S %Z"


def short(value: float, digits: int = 6) -> str:
    """Return a number as apr_snprintf writes ``%g``: no zero before the point."""
    text = f"{value:.{digits}g}"
    return text[1:] if text.startswith("0.") else text


def date(seconds: float) -> str:
    """Return a local time in mod_status' DEFAULT_TIME_FORMAT."""
    return time.strftime(DATE_FORMAT, time.localtime(seconds))


def duration(seconds: int) -> str:
    """Return ``" 2 days 1 hour"``; a unit of which there is none is left out, so 0 is an empty text."""
    units = (
        ("day", seconds // 86400),
        ("hour", seconds // 3600 % 24),
        ("minute", seconds // 60 % 60),
        ("second", seconds % 60),
    )
    return "".join(f" {count} {unit}{'s' if count > 1 else ''}" for unit, count in units if count)


def cpu_load(shot: Snapshot) -> float | None:
    """Return the share of one processor that was used since the start, in percent; None for none."""
    used = sum(shot.cpu_s)
    if not used:
        return None
    return used / shot.uptime_s * 100 if shot.uptime_s else float("inf")


def render(shot: Snapshot, identity: dict[str, str], *, extended: bool, is_async: bool) -> bytes:
    """Return the text.

    Args:
        shot: what the scoreboard says.
        identity: name, version, mpm and built of the server.
        extended: ExtendedStatus is on.
        is_async: the MPM is event, which parks connections.
    """
    fields: list[tuple[str, object]] = [
        ("ServerVersion", identity["version"]),
        ("ServerMPM", identity["mpm"]),
        ("Server Built", identity["built"]),
        ("CurrentTime", date(shot.now_s)),
        ("RestartTime", date(shot.restart_s)),
        ("ParentServerConfigGeneration", shot.config_generation),
        ("ParentServerMPMGeneration", shot.mpm_generation),
        ("ServerUptimeSeconds", shot.uptime_s),
        ("ServerUptime", duration(shot.uptime_s).lstrip(" ")),
        *((f"Load{minutes}", f"{load:.2f}") for minutes, load in zip((1, 5, 15), shot.load, strict=True)),
    ]
    if extended:
        fields += _totals(shot)
    fields += [("BusyWorkers", shot.busy), ("GracefulWorkers", shot.graceful), ("IdleWorkers", shot.idle)]
    if is_async:
        fields += _connections(shot)
    fields.append(("Scoreboard", shot.letters))
    lines = [identity["name"], *(f"{name}: {value}" for name, value in fields)]
    return "".join(line.rstrip() + "\n" for line in lines).encode("latin-1", "replace")


def _totals(shot: Snapshot) -> list[tuple[str, object]]:
    kilobytes = shot.sent // KILOBYTE
    names = ("CPUUser", "CPUSystem", "CPUChildrenUser", "CPUChildrenSystem")
    fields: list[tuple[str, object]] = [
        ("Total Accesses", shot.accesses),
        ("Total kBytes", kilobytes),
        ("Total Duration", shot.duration_ms),
        *((name, short(seconds)) for name, seconds in zip(names, shot.cpu_s, strict=True)),
    ]
    load = cpu_load(shot)
    if load is not None:
        fields.append(("CPULoad", short(load)))
    fields.append(("Uptime", shot.uptime_s))
    if shot.uptime_s:
        fields += [
            ("ReqPerSec", short(shot.accesses / shot.uptime_s)),
            ("BytesPerSec", short(KILOBYTE * kilobytes / shot.uptime_s)),
        ]
    if shot.accesses:
        fields += [
            ("BytesPerReq", short(KILOBYTE * kilobytes / shot.accesses)),
            ("DurationPerReq", short(shot.duration_ms / shot.accesses)),
        ]
    return fields


def _connections(shot: Snapshot) -> list[tuple[str, object]]:
    return [
        ("Processes", len(shot.processes)),
        ("Stopping", sum(row.is_stopping for row in shot.processes)),
        ("ConnsTotal", sum(row.connections for row in shot.processes)),
        ("ConnsAsyncWaitIO", sum(row.wait_io for row in shot.processes)),
        ("ConnsAsyncWriting", sum(row.writing for row in shot.processes)),
        ("ConnsAsyncKeepAlive", sum(row.keep_alive for row in shot.processes)),
        ("ConnsAsyncClosing", sum(row.closing for row in shot.processes)),
    ]

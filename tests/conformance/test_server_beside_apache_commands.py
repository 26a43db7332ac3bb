"""httpd's command line beside ours: -t on configurations that are wrong in many ways, -S, -M, -k.

The configurations are data (side_by_side/broken.toml), and so are the differences that are meant.
Each fourth of them is tried; ``TRACEKIT_ALL_SERVER=1`` (``make conformance-server``) tries all.
"""

import contextlib
import os
import signal
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from tests.support.processes import in_session, task, wait_until
from tests.support.side_by_side import DATA, MPMS, READY, Pair, Server, pair, template
from tests.support.side_by_side_differences import Found, compared, unexplained
from tests.support.side_by_side_story import messages, plain

pytestmark = pytest.mark.conformance

ALL: Final = os.environ.get("TRACEKIT_ALL_SERVER") == "1"
BROKEN: Final = tomllib.loads((DATA / "broken.toml").read_text("utf-8"))
DUMPS: Final = (
    ("-S",),
    ("-M",),
    ("-t", "-D", "DUMP_RUN_CFG"),
    ("-t", "-D", "DUMP_INCLUDES"),
)
"""Options that print something and end."""


@pytest.fixture(params=MPMS if ALL else MPMS[-1:])
def both(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """The two with their ports and folders, not started."""
    with pair(request.param, serving=False) as servers:
        yield servers


def said(server: Server, *options: str) -> dict[str, str]:
    """Run the program to its end: its status and what it printed, without what is chance.

    httpd prints some lines twice, to its log and to the terminal: each counts once. The order of
    its mutexes is that of a hash table.
    """
    run = server.run(*options)
    lines = list(dict.fromkeys(server.settled(plain(run.stdout + run.stderr)).splitlines()))
    mutexes = iter(sorted(line for line in lines if line.startswith("Mutex ")))
    lines = [next(mutexes) if line.startswith("Mutex ") else line for line in lines]
    return {"status": str(run.returncode), "output": "\n".join(lines)}


def checked(server: Server, name: str, text: str) -> dict[str, str]:
    """Let a server check a configuration in a folder of its own."""
    root = server.root.parent / f"{server.root.name}-{name}"
    root.mkdir()
    elsewhere = Server(server.mpm, root, server.argv, server.ports)
    elsewhere.configure(f"{template('lifecycle.conf')}{text}\n")
    return said(elsewhere, "-t")


def some(group: str) -> dict[str, str]:
    """Return configurations that are tried: all of a group, or each fourth of them."""
    return dict(list(BROKEN[group].items())[:: 1 if ALL else 4])


def check_all(both: Pair, configurations: dict[str, str]) -> dict[str, Found]:
    """Return what differs when both check the configurations."""
    with ThreadPoolExecutor(4) as pool:
        theirs, ours = (
            {name: pool.submit(checked, server, name, text) for name, text in configurations.items()}
            for server in both.both
        )
        return {name: compared(theirs[name].result(), ours[name].result()) for name in configurations}


def test_what_is_wrong_in_a_configuration_is_said_alike() -> None:
    with pair("event", serving=False) as both:
        assert not unexplained(check_all(both, some("any")), "event")


def test_limits_are_corrected_alike(both: Pair) -> None:
    assert not unexplained(check_all(both, some("limits")), both.httpd.mpm)


def test_what_is_configured_is_shown_alike(both: Pair) -> None:
    found = {
        " ".join(options): compared(*(said(server, *options) for server in both.both)) for options in DUMPS
    }
    assert not unexplained(found, both.httpd.mpm)


def test_two_real_ones_say_the_same() -> None:
    with pair("event", both_real=True, serving=False) as both:
        found = check_all(both, some("limits"))
    assert not {name: one for name, one in found.items() if one}


def test_a_server_is_started_and_stopped_by_its_pid_file(both: Pair) -> None:
    """Each command in its turn: what is said, the status, and what becomes of the server."""
    assert not unexplained({"commands": compared(*both.each(commanded))}, both.httpd.mpm)


def commanded(server: Server) -> dict[str, str]:
    """Start a server by -k start, restart it, stop it: what each command says and does."""
    story: dict[str, str] = {}

    def note(name: str, *options: str) -> None:
        for what, value in said(server, *options).items():
            story[f"{name}: {what}"] = value

    note("stop what does not run", "-k", "stop")
    note("restart what does not run: as start", "-k", "restart")
    started(server, 1)
    main = int((server.root / "httpd.pid").read_text())
    try:
        story["detached"] = f"{task(main) is not None} {detached(main)}"
        note("start what runs", "-k", "start")
        for count, command in enumerate(("restart", "graceful"), 2):
            note(command, "-k", command)
            started(server, count)
        note("graceful-stop", "-k", "graceful-stop")
        wait_until(lambda: ended(main), "the end of a server")
        note("start", "-k", "start")
        started(server, 4)
        main = int((server.root / "httpd.pid").read_text())
        note("stop", "-k", "stop")
        wait_until(lambda: ended(main), "the end of a server")
    finally:
        kill_all(main)
    story["pid file"] = str((server.root / "httpd.pid").exists())
    story["messages"] = "\n".join(messages(server))
    return story


def started(server: Server, times: int) -> None:
    """Wait until the error log tells that many starts."""
    wait_until(lambda: server.log().count(READY) == times, f"start number {times}")


def detached(main: int) -> bool:
    """Tell whether a process leads a session of its own, as a daemon does."""
    found = task(main)
    return found is not None and found.session == main


def ended(main: int) -> bool:
    """Tell whether a process is gone, or waits only for its parent to ask for its status."""
    found = task(main)
    return found is None or found.ended


def kill_all(main: int) -> None:
    """Kill what is left of a daemon's session."""
    for pid in in_session(main):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

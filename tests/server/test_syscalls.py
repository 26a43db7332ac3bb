"""What a tracer sees: the calls that tell httpd's models from each other, by the real strace."""

import re
from pathlib import Path

from tests.support import load
from tests.support.lab_server import LabServer, lab_server
from tests.support.processes import PATIENCE_S, ending, start, threads, wait_until
from tests.support.requirements import need, need_ptrace


def trace(server: LabServer, out: Path) -> str:
    """Return what strace writes of the children while one client makes three requests."""
    need_ptrace()
    children = server.children()
    pids = [word for pid in children for word in ("-p", str(pid))]
    with ending(start([need("strace"), "-f", "-yy", "-o", out, *pids])) as tracer:
        tasks = [task.tid for pid in children for task in threads(pid)]
        wait_until(lambda: all(task.tracer for pid in children for task in threads(pid)), "strace")
        assert tasks
        with load.connected(server.address) as connection:
            for target in ("/", "/missing", "/pic.png"):
                connection.ask(load.Request(target))
                server.served(connection.ask(load.Request(target)).nth + 1)
        wait_until(lambda: re.search(r"close\(\d+<TCP|<unfinished.*close", out.read_text()), "the close")
        tracer.terminate()
        tracer.wait(PATIENCE_S)
    return out.read_text()


def test_event_hands_over_and_parks(tmp_path: Path) -> None:
    with lab_server(tmp_path, "event", servers=1) as running:
        text = trace(running, tmp_path / "strace")
    accepted = re.search(r"= (\d+)<TCP:\[[^]]*->[^]]*\]>", text)
    assert accepted is not None
    assert re.search(rf"epoll_ctl\(.*EPOLL_CTL_ADD, {accepted[1]}<TCP:\[[^]]*->", text)
    common_calls(text, tmp_path)


def test_prefork_waits_with_poll(tmp_path: Path) -> None:
    with lab_server(tmp_path, "prefork", servers=1) as running:
        text = trace(running, tmp_path / "strace")
    assert re.search(r"poll\(\[\{fd=\d+<TCP:\[[^]]*->", text)
    assert "epoll" not in text
    common_calls(text, tmp_path)


def common_calls(text: str, root: Path) -> None:
    assert re.search(r'read\(\d+<TCP:.*"GET / HTTP/1\.1.*, 8000\)', text)
    assert f'"{root}/htdocs/index.html", O_RDONLY' in text
    assert re.search(r'writev\(\d+<TCP:.*"HTTP/1\.1 200 OK', text)
    assert re.search(r"write\(\d+<.*/access\.log>", text)
    assert not re.search(r"\b(sendto|recvfrom|send|recv)\(", text)

"""Who accepts and who serves, held against /proc and the client's own record."""

from pathlib import Path

import pytest

from tests.support import load
from tests.support.lab_server import LabServer, Served, lab_server
from tests.support.processes import wait_until
from tests.support.raw_http import answers, ask, send


def comm(served: Served, tid: int) -> str:
    return Path(f"/proc/{served.pid}/task/{tid}/comm").read_text().strip()


def test_the_access_log_names_who_accepted_and_who_served(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm) as running:
        exchanges = load.at_once(
            running.address, [load.Request("/"), load.Request("/pic.png")] * 10, clients=2
        )
        logged = running.served(len(exchanges))
        assert {(one.port, one.nth) for one in logged} == {(one.port, one.nth) for one in exchanges}
        assert {one.pid for one in logged} <= set(running.children())
        for one in logged:
            if mpm == "prefork":
                assert one.accept_tid == one.serve_tid == one.pid
            else:
                assert comm(one, one.accept_tid) == "listener"
                assert comm(one, one.serve_tid).startswith("worker-")


def test_with_event_different_workers_serve_one_connection(tmp_path: Path) -> None:
    with (
        lab_server(tmp_path, "event", servers=1) as running,
        load.connected(running.address) as connection,
    ):
        seen: set[int] = set()

        def another_worker() -> bool:
            exchange = connection.ask(load.Request("/"))
            seen.update(one.serve_tid for one in running.served(exchange.nth + 1))
            return len(seen) >= 3

        wait_until(another_worker, "a third worker on the same connection")
        assert len({one.accept_tid for one in running.served(1)}) == 1


def test_with_prefork_one_process_serves_one_connection(tmp_path: Path) -> None:
    with lab_server(tmp_path, "prefork") as running:
        load.in_turn(running.address, [load.Request("/")] * 20)
        assert len({one.pid for one in running.served(20)}) == 1


def test_many_clients_get_what_they_asked_for(server: LabServer) -> None:
    targets = ["/", "/sub/page.html", "/pic.png", "/missing", "/shared/a.txt", "/sub"]
    requests = [load.Request(target) for target in targets] * 5
    exchanges = load.at_once(server.address, requests, clients=3)
    assert [one.status for one in exchanges] == [200, 200, 200, 404, 200, 301] * 5 * 3


def test_more_clients_than_workers_are_all_served(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, servers=2, threads=2, extra="KeepAlive Off") as running:
        for _ in range(10):
            assert load.at_once(running.address, [load.Request("/")], clients=2)[0].status == 200
        data = [send(running.address, [b"GET / HTTP/1.0\r\n\r\n"]) for _ in range(20)]
        assert {answers(one)[0].status for one in data} == {200}


def test_every_listening_socket_is_served(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, listens=3) as running:
        assert len(set(running.addresses)) == 3
        for address in running.addresses * 3:
            assert ask(address, "/").status == 200
        for exchange in load.at_once(running.addresses[1], [load.Request("/")] * 5, clients=2):
            assert exchange.status == 200


@pytest.mark.parametrize("target", ['/a"b', "/a\\b", "/%0d%0ax"])
def test_what_a_client_sends_stays_inside_its_quotes(mpm: str, tmp_path: Path, target: str) -> None:
    with lab_server(tmp_path, mpm) as running:
        assert ask(running.address, target).status == 404
        assert send(running.address, [b"GET /\x1b[2J\xff\t HTTP/1.1\r\n\r\n"]).startswith(b"HTTP/1.1 400")
        good, bad = running.served(2)
        assert good.line == "GET " + target.replace("\\", "\\\\").replace('"', '\\"') + " HTTP/1.1"
        assert bad.line == r"GET /\x1b[2J\xff\t HTTP/1.1"
        assert b"\x1b" not in (tmp_path / "access.log").read_bytes()


def test_the_site_and_the_bytes_are_logged(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm) as running:
        ask(running.address, "/other.html", "Host: two.example")
        ask(running.address, "/big.bin", method="HEAD")
        ask(running.address, "/big.bin")
        sent = {(one.site, one.line.split()[0]): one.sent for one in running.served(3)}
        assert sent == {("two.example", "GET"): 6, ("localhost", "HEAD"): 0, ("localhost", "GET"): 3_072_000}


def test_a_missing_file_is_named_in_the_error_log(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm) as running:
        ask(running.address, "/not%0ahere")
        assert f"AH00128: File does not exist: {tmp_path}/htdocs/not\\nhere\n" in running.error_log()
        assert "[core:info] [pid " in running.error_log()

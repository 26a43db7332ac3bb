"""The request files of fixtures/requests, replayed in every way that TCP may deliver them."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from server.http.framing import BadRequestError, take_request
from tests.support.lab_server import LabServer
from tests.support.raw_http import answers, ask, send

FOLDER = Path(__file__).parents[2] / "fixtures" / "requests"
PIECES: dict[str, Callable[[bytes], list[bytes]]] = {
    "whole": lambda data: [data],
    "bytes": lambda data: [data[at : at + 1] for at in range(len(data))],
    "random": lambda data: list(random_pieces(data)),
}


@dataclass(frozen=True)
class Case:
    """A request file and what must come of it."""

    path: Path
    why: str
    statuses: list[int]
    methods: list[str] = field(default_factory=list)

    @property
    def data(self) -> bytes:
        return self.path.read_bytes()


def cases(kind: str) -> list[Case]:
    paths = sorted((FOLDER / kind).glob("*.http"))
    return [Case(path, **json.loads(path.with_suffix(".json").read_text())) for path in paths]


def random_pieces(data: bytes) -> Iterator[bytes]:
    chance = random.Random(len(data))
    while data:
        length = chance.randint(1, 40)
        yield data[:length]
        data = data[length:]


def name(case: Case) -> str:
    return case.path.stem


def test_every_request_file_has_its_sidecar() -> None:
    stems = {path.with_suffix("") for path in FOLDER.rglob("*.http")}
    assert stems == {path.with_suffix("") for path in FOLDER.rglob("*.json")}
    assert len(stems) > 80


@pytest.mark.parametrize("pieces", PIECES)
@pytest.mark.parametrize("case", cases("valid"), ids=name)
def test_a_valid_request_is_answered(server: LabServer, case: Case, pieces: str) -> None:
    got = answers(send(server.address, PIECES[pieces](case.data)), case.methods)
    assert [answer.status for answer in got] == case.statuses, case.why


@pytest.mark.parametrize("pieces", PIECES)
@pytest.mark.parametrize("case", cases("invalid"), ids=name)
def test_an_invalid_request_is_refused_and_nothing_after_it_is_served(
    server: LabServer, case: Case, pieces: str
) -> None:
    after = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    got = answers(send(server.address, [*PIECES[pieces](case.data), after]))
    assert [answer.status for answer in got] == case.statuses, case.why
    assert got[-1].headers["Connection"] == "close"


@pytest.mark.parametrize("case", cases("valid") + cases("invalid"), ids=name)
def test_where_the_bytes_are_cut_makes_no_difference(case: Case) -> None:
    data = case.data
    step = max(1, len(data) // 300)
    whole = first_head(data, len(data))
    assert whole is not None
    for cut in range(1, len(data), step):
        assert first_head(data, cut) == whole


def first_head(data: bytes, cut: int) -> tuple[object, ...] | None:
    """Give the parser the bytes in two pieces and return what it makes of the first head."""
    received = bytearray()
    for piece in (data[:cut], data[cut:]):
        received += piece
        try:
            request = take_request(received)
        except BadRequestError as error:
            return ("refused", error.status)
        if request is not None:
            return (request.method, request.origin, request.host, request.headers, request.keep_alive)
    return None


def test_the_server_still_serves_after_all_that(server: LabServer) -> None:
    assert ask(server.address, "/").status == 200

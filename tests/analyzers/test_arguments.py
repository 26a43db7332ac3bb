"""Arguments by the piece are the arguments that the grammar reads."""

import pytest

from tests.support.traces import recorded
from tracekit.analyzers.arguments import Field, buffers, pieces, read, value_of
from tracekit.events import parse_arguments


@pytest.mark.parametrize("name", ["apache-event", "apache-prefork-plain", "apache-worker-plain"])
def test_pieces_of_recorded_calls(name: str) -> None:
    texts = {row.args or "" for row in recorded(name).rows() if row.kind == "syscall" and row.complete}
    wrong = [text for text in texts if read(text) != _whole(text)]
    assert wrong == []


def _whole(text: str) -> tuple[object, ...]:
    return tuple(value.value if isinstance(value, Field) else value for value in parse_arguments(text))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("3, 4", ["3", "4"]),
        ('3</a, b) = "3 (x>, "c, \\"d\\", [", 5', ['3</a, b) = "3 (x>', '"c, \\"d\\", ["', "5"]),
        ("7<TCP:[127.0.0.1:80->127.0.0.1:4]>, {a=[1, 2], b=f(3, 4)}, [5, 6]", None),
        ('5<UNIX-STREAM:[7->8,"/run/a]>b"]>, 0', ['5<UNIX-STREAM:[7->8,"/run/a]>b"]>', "0"]),
        ("1</dev/null<char 1:3>>, 0x7f /* 3, 4 */, 8", ["1</dev/null<char 1:3>>", "0x7f /* 3, 4 */", "8"]),
        ("1<<CAP_CHOWN, 2", ["1<<CAP_CHOWN", "2"]),
    ],
)
def test_where_commas_divide(text: str, parts: list[str] | None) -> None:
    expected = ["7<TCP:[127.0.0.1:80->127.0.0.1:4]>", "{a=[1, 2], b=f(3, 4)}", "[5, 6]"]
    assert pieces(text) == (expected if parts is None else parts)


def test_buffers() -> None:
    shown = '[{iov_base="ab", iov_len=2}, {iov_base="cd"..., iov_len=90}, {iov_base=0x7f, iov_len=3}]'
    assert list(buffers(value_of(shown))) == [(b"ab", 2), (b"cd", 90), (b"", 3)]
    assert list(buffers(value_of('"ab"...'))) == [(b"ab", -1)]
    assert list(buffers(value_of('{msg_name=NULL, msg_iov=[{iov_base="x", iov_len=1}], msg_iovlen=1}'))) == [
        (b"x", 1)
    ]

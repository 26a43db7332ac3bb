"""Arguments read by the piece are what the grammar alone makes of the whole text."""

import pytest

from tests.support.traces import recorded
from tracekit.stream import parse_arguments
from tracekit.stream.arguments import arguments_by_grammar
from tracekit.stream.scan import split_arguments


@pytest.mark.parametrize("name", ["apache-event", "apache-prefork-plain", "apache-worker-plain"])
def test_recorded_calls(name: str) -> None:
    texts = {row.args or "" for row in recorded(name).rows() if row.kind == "syscall" and row.complete}
    assert len(texts) > 300
    assert [text for text in texts if parse_arguments(text) != arguments_by_grammar(text)] == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("3, 4", ["3", "4"]),
        ('3</a, b) = "3 (x>, "c, \\"d\\", [", 5', ['3</a, b) = "3 (x>', '"c, \\"d\\", ["', "5"]),
        (
            "7<TCP:[127.0.0.1:80->127.0.0.1:4]>, {a=[1, 2], b=f(3, 4)}, [5, 6]",
            ["7<TCP:[127.0.0.1:80->127.0.0.1:4]>", "{a=[1, 2], b=f(3, 4)}", "[5, 6]"],
        ),
        ('5<UNIX-STREAM:[7->8,"/run/a]>b"]>, 0', ['5<UNIX-STREAM:[7->8,"/run/a]>b"]>', "0"]),
        ("1</dev/null<char 1:3>>, 0x7f /* 3, 4 */, 8", ["1</dev/null<char 1:3>>", "0x7f /* 3, 4 */", "8"]),
        ("1<<CAP_CHOWN, 2", ["1<<CAP_CHOWN", "2"]),
    ],
)
def test_where_commas_divide(text: str, parts: list[str]) -> None:
    assert split_arguments(text) == parts

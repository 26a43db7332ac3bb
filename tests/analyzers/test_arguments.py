"""What moves through a call's buffers."""

import pytest

from tracekit.analyzers.state.arguments import buffers, read


@pytest.mark.parametrize(
    ("shown", "moved"),
    [
        (
            '[{iov_base="ab", iov_len=2}, {iov_base="cd"..., iov_len=90}, {iov_base=0x7f, iov_len=3}]',
            [(b"ab", 2), (b"cd", 90), (b"", 3)],
        ),
        ('"ab"...', [(b"ab", -1)]),
        ('{msg_name=NULL, msg_iov=[{iov_base="x", iov_len=1}], msg_iovlen=1}', [(b"x", 1)]),
    ],
)
def test_buffers(shown: str, moved: list[tuple[bytes, int]]) -> None:
    (value,) = read(shown)
    assert list(buffers(value)) == moved

"""Columns that are computed from a call's arguments."""

from pathlib import Path

import pandas as pd
import pytest

from tracekit.events import read_trace


@pytest.mark.parametrize(
    ("call", "fd"),
    [
        ('read(3, "x", 8) = 1', 3),
        ('read(3</srv/a>, "x", 8) = 1', 3),
        ('read(fd=3, buf="x", count=8) = 1', 3),
        ('openat(AT_FDCWD</>, "a", O_RDONLY) = 4</a>', 4),
        ('openat(9</srv>, "a", O_RDONLY) = 4</srv/a>', 9),
        ("mmap(NULL, 4096, PROT_READ, MAP_SHARED, 7</srv/a>, 0) = 0x7f0000000000", 7),
        ("mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000", None),
        ("kill(12, SIGTERM) = 0", None),
        ("kill(12<sh>, SIGTERM) = 0", None),
        ("getsid(12) = 12", None),
        ("setreuid(33, 33) = 0", None),
        ("semop(5, [{sem_num=0, sem_op=-1, sem_flg=SEM_UNDO}], 1) = 0", None),
        ("vfork() = 10652<sh>", None),
    ],
)
def test_which_descriptor_a_call_works_on(tmp_path: Path, call: str, fd: int | None) -> None:
    path = tmp_path / "log"
    path.write_text(f"7 {call}\n")
    [found] = read_trace(path).column("fd").tolist()
    assert (None if pd.isna(found) else found) == fd


@pytest.mark.parametrize(
    ("call", "moved"),
    [
        ('writev(5, [{iov_base="ab", iov_len=2}, {iov_base="c", iov_len=1}], 2) = 3', b"abc"),
        ('sendmsg(5, {msg_name=NULL, msg_iov=[{iov_base="ab", iov_len=2}], msg_iovlen=1}, 0) = 2', b"ab"),
        ("sendmsg(5, {msg_name=NULL, msg_iov=NULL, msg_iovlen=0}, 0) = 0", None),
        ("close(5) = 0", None),
    ],
)
def test_what_was_read_or_written(tmp_path: Path, call: str, moved: bytes | None) -> None:
    path = tmp_path / "log"
    path.write_text(f"7 {call}\n")
    assert read_trace(path).column("string").tolist() == [moved]

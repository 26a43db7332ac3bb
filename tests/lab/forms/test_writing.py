"""Files of scores: whole, private, and nothing else's place is taken."""

import os
from pathlib import Path

import pytest

from tracekit.errors import UsageError
from tracekit.lab.forms import write_atomically


def test_a_file_is_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "score.json"
    write_atomically(path, "old\n")
    write_atomically(path, "n\u00e9w\r\n")
    assert path.read_bytes() == "n\u00e9w\r\n".encode()
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    write_atomically(tmp_path / "link", "score")
    assert (tmp_path / "precious").read_text() == "precious"
    assert not (tmp_path / "link").is_symlink()


def test_what_cannot_be_written_leaves_all_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path, text in (
        (tmp_path / "none" / "x", "x"),
        (tmp_path / "folder", "x"),
        (tmp_path / "x", "\ud800"),
    ):
        with pytest.raises(UsageError, match="cannot be written"):
            write_atomically(path, text)
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]


def test_what_the_system_names_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    with (tmp_path / "there").open("wb") as file:
        write_atomically(Path(f"/proc/{os.getpid()}/fd/{file.fileno()}"), "score")
    assert (tmp_path / "there").read_text() == "score"
    with pytest.raises(UsageError, match="cannot be written"):
        write_atomically(Path("/dev/none/such"), "score")

"""Which folders are submissions: nobody's is left out in silence, and none is reached through a link."""

from pathlib import Path

import pytest

from tracekit.errors import UsageError
from tracekit.lab.submissions.finding import DEPTH, find


def submission(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "variant.toml").touch()
    return folder


def folders(*given: Path) -> list[Path]:
    return [found.folder for found in find(given)]


def test_a_submission_is_a_folder_with_a_variant(tmp_path: Path) -> None:
    alice = submission(tmp_path / "alice")
    (found,) = find([alice])
    assert (found.folder, found.names) == (alice, ("alice",))


def test_all_below_a_folder_are_found_by_name(tmp_path: Path) -> None:
    expected = [submission(tmp_path / name) for name in ("alice", "bob/lab", "carol/week/3")]
    found = find([tmp_path])
    assert [one.folder for one in found] == expected
    assert [one.names[1:] for one in found] == [("alice",), ("bob", "lab"), ("carol", "week", "3")]


def test_given_folders_keep_their_order_and_count_once(tmp_path: Path) -> None:
    bob, alice = submission(tmp_path / "bob"), submission(tmp_path / "alice")
    assert folders(bob, alice, tmp_path) == [bob, alice]


def test_what_lies_in_a_submission_is_no_other(tmp_path: Path) -> None:
    alice = submission(tmp_path / "alice")
    submission(alice / "bob")
    assert folders(tmp_path) == [alice]


def test_links_are_not_followed_and_hidden_folders_passed_by(tmp_path: Path) -> None:
    alice = submission(tmp_path / "class" / "alice")
    elsewhere = submission(tmp_path / "elsewhere")
    (tmp_path / "class" / "link").symlink_to(elsewhere)
    submission(tmp_path / "class" / ".git")
    assert folders(tmp_path / "class") == [alice]


def test_a_given_link_is_followed(tmp_path: Path) -> None:
    alice = submission(tmp_path / "alice")
    (tmp_path / "link").symlink_to(alice)
    (found,) = find([tmp_path / "link"])
    assert (found.folder, found.names) == (tmp_path / "link", ("alice",))


def test_a_neighbour_without_a_variant_is_a_submission_that_is_bad(tmp_path: Path) -> None:
    alice, bob = submission(tmp_path / "alice"), tmp_path / "bob"
    (bob / "docroot").mkdir(parents=True)
    assert folders(tmp_path) == [alice, bob]


def test_a_given_folder_without_any_is_one(tmp_path: Path) -> None:
    (tmp_path / "docroot").mkdir()
    assert folders(tmp_path) == [tmp_path]


def test_a_variant_that_is_a_link_to_nowhere_counts(tmp_path: Path) -> None:
    (tmp_path / "variant.toml").symlink_to("/nowhere")
    assert folders(tmp_path) == [tmp_path]


def test_depth_has_an_end(tmp_path: Path) -> None:
    near = submission(tmp_path.joinpath(*"a" * DEPTH))
    submission(tmp_path.joinpath(*"b" * (DEPTH + 1)))
    assert folders(tmp_path) == [near, tmp_path / "b"]


@pytest.mark.parametrize("name", ["nothing", "file"])
def test_what_is_no_folder_is_a_mistake_of_who_grades(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=name):
        find([tmp_path / name])

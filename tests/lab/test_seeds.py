"""The course's secret: where it is found, and that what comes from it is the same everywhere."""

from pathlib import Path

import pytest

from tracekit.errors import UnreadableError, UsageError
from tracekit.lab.seeds import VARIABLE, Chance, Secret

KEY = b"0123456789abcdef0123456789abcdef"
PINNED = [431, 495, 995, 642, 379]
PINNED_SOME = [3, 2, 7, 0]
SIGNED = ("os-lab", "ann", "offline", ("docroot", "mpm"))


@pytest.fixture(autouse=True)
def _no_secret_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def written(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_the_file_goes_before_the_environment_and_that_before_practice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Secret.find().practice
    monkeypatch.setenv(VARIABLE, "of-the-environment")
    assert Secret.find() == Secret(b"of-the-environment")
    assert Secret.find(written(tmp_path, KEY + b"\n")) == Secret(KEY)


@pytest.mark.parametrize("content", [b"", b" \n", b"short", b"a" * 5000])
def test_an_empty_short_or_endless_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UsageError, match=r"empty|could be guessed|too long"):
        Secret.find(written(tmp_path, content))


def test_an_empty_variable_is_no_practice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")
    with pytest.raises(UsageError, match="empty"):
        Secret.find()


@pytest.mark.parametrize("name", [".", "missing"])
def test_a_secret_that_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableError, match="cannot be read"):
        Secret.find(tmp_path / name)


def test_a_secret_that_everybody_can_read_is_warned_of(tmp_path: Path) -> None:
    assert "chmod o-r" in Secret.find(written(tmp_path, KEY, 0o644)).warnings[0]
    assert Secret.find(written(tmp_path, KEY, 0o640)).warnings == ()


def test_the_secret_is_not_shown() -> None:
    assert "0123" not in repr(Secret(KEY))


def test_the_chance_is_the_same_on_every_machine() -> None:
    """The numbers were worked out once with hmac and Mersenne Twister alone; they must never change."""
    chance = Secret(KEY).chance("os-lab", "ann", "mpm")
    assert [chance.below(1000) for _ in range(5)] == PINNED
    assert Chance(7).some(range(10), 4) == PINNED_SOME


def test_each_student_course_exercise_and_secret_has_its_own_chance() -> None:
    asked = [("a", "b", "c"), ("x", "b", "c"), ("a", "x", "c"), ("a", "b", "x")]
    drawn = {Secret(key).chance(*words).random() for key in (KEY, KEY[:16]) for words in asked}
    assert len(drawn) == 8


def test_some_gives_each_once_in_any_order() -> None:
    drawn = [tuple(Chance(seed).some("abc", 3)) for seed in range(60)]
    assert len(set(drawn)) == 6
    assert Chance(1).some("abc", 9) != []
    assert sorted(Chance(1).some("abc", 9)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "other",
    [
        ("x", "ann", "offline", ("docroot", "mpm")),
        ("os-lab", "ben", "offline", ("docroot", "mpm")),
        ("os-lab", "ann", "live", ("docroot", "mpm")),
        ("os-lab", "ann", "offline", ("docroot",)),
    ],
)
def test_a_tag_vouches_for_every_word(other: tuple[str, str, str, tuple[str, ...]]) -> None:
    tag = Secret(KEY).tag(*SIGNED)
    assert Secret(KEY).is_tag(tag, *SIGNED)
    assert not Secret(KEY).is_tag(tag, *other)
    assert not Secret(KEY[:16]).is_tag(tag, *SIGNED)
    assert not Secret(KEY).is_tag("ä", *SIGNED)

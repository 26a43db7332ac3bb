"""The key store: private, sealed, found again."""

import stat
from pathlib import Path

import pytest

from tracekit.errors import TracekitError, UsageError
from tracekit.lab import exercise
from tracekit.lab.live import records
from tracekit.lab.live.assignment import Assignment
from tracekit.lab.live.records import NoRecordError
from tracekit.lab.seeds import PRACTICE, Secret

KEY = b"k" * 32
SECRET = Secret(PRACTICE)


def assignment(
    course: str = "c", student: str = "s", name: str = "tree", server: str = "tracekit"
) -> Assignment:
    return Assignment(course, student, exercise.get(name), server)


def test_each_course_student_and_exercise_has_a_folder_and_a_key_of_its_own() -> None:
    several = [
        assignment(),
        assignment(course="../../etc"),
        assignment(course="x" * 100),
        assignment(student="t"),
        assignment(name="mpm"),
    ]
    assert len({one.name for one in several}) == len(several)
    assert all("/" not in one.name for one in several)
    assert len({records.sealing_key(SECRET, one) for one in several}) == len(several)
    assert records.sealing_key(SECRET, several[0]) != records.sealing_key(Secret(b"another"), several[0])


def test_what_was_sealed_is_read_again(tmp_path: Path) -> None:
    records.make(tmp_path / "one")
    records.seal(tmp_path / "one", KEY, {"crashes": [1, 2], "é": "ü"})
    assert records.opened(tmp_path / "one", KEY) == {"crashes": [1, 2], "é": "ü"}
    assert records.unsealed(tmp_path / "one") == {"crashes": [1, 2], "é": "ü"}


def test_all_of_it_is_private(tmp_path: Path) -> None:
    place = tmp_path / "keys" / "one"
    records.make(place)
    records.seal(place, KEY, {})
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in place.iterdir()] == [0o600]


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"seal": 1, "record": 2}', "\0"])
def test_no_record_is_said(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / records.RECORD).write_text(content)
    with pytest.raises(NoRecordError):
        records.opened(tmp_path, KEY)


def test_a_record_that_was_changed_or_is_anothers_does_not_count(tmp_path: Path) -> None:
    records.seal(tmp_path, KEY, {"mpm": "event"})
    with pytest.raises(NoRecordError, match="not sealed with this secret"):
        records.opened(tmp_path, b"another")
    file = tmp_path / records.RECORD
    file.write_text(file.read_text().replace("event", "worker"))
    with pytest.raises(NoRecordError, match="not sealed with this secret"):
        records.opened(tmp_path, KEY)


def test_a_new_start_begins_with_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / records.RECORD).write_text("old")
    records.make(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TracekitError, match="the key store cannot be used"):
        records.make(tmp_path / "file" / "one")


def test_where_the_store_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(records.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert records.store() == Path("/state/tracekit/lab")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert records.store() == Path("/home/me/.local/state/tracekit/lab")
    monkeypatch.setenv(records.VARIABLE, "/keys")
    assert records.store() == Path("/keys")
    assert records.store(tmp_path) == tmp_path


def test_an_unknown_server_and_an_exercise_without_the_form_are_refused() -> None:
    assert assignment().checked() == assignment()
    with pytest.raises(UsageError, match="no server 'nginx'"):
        assignment(server="nginx").checked()

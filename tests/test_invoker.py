"""Whose the files are that are made through sudo."""

import os
from pathlib import Path

import pytest

from tracekit.lab.handouts.starting import start
from tracekit.lab.seeds import Secret
from tracekit.tracer.text.output import opened

SOMEBODY = 65534 if os.geteuid() == 0 else os.getuid()


@pytest.fixture
def _through_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", str(SOMEBODY))
    monkeypatch.setenv("SUDO_GID", str(SOMEBODY if os.geteuid() == 0 else os.getgid()))


def owners(*paths: Path) -> set[int]:
    return {path.stat().st_uid for path in paths}


@pytest.mark.usefixtures("_through_sudo")
def test_a_new_trace_belongs_to_who_called(tmp_path: Path) -> None:
    there, new = tmp_path / "there", tmp_path / "new"
    there.write_text("old")
    for path in (there, new):
        opened(str(path)).close()
        assert path.stat().st_mode & 0o777 == 0o600
    assert owners(new) == {SOMEBODY}
    assert owners(there) == {os.geteuid()}, "what was there is not given away"


@pytest.mark.usefixtures("_through_sudo")
def test_an_exercise_belongs_to_who_called(tmp_path: Path) -> None:
    start(["tour"], "ann", "os", Secret(b"of the course"), tmp_path / "ann")
    assert owners(tmp_path / "ann", *(tmp_path / "ann").rglob("*")) == {SOMEBODY}


@pytest.mark.parametrize("wrong", [None, "", "root"])
def test_without_sudo_files_stay_ours(
    wrong: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUDO_UID", raising=False)
    if wrong is not None:
        monkeypatch.setenv("SUDO_UID", wrong)
    opened(str(tmp_path / "new")).close()
    assert owners(tmp_path / "new") == {os.geteuid()}

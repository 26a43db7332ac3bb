"""A file is whole or not there: on a full disk, on Ctrl-C, when the reader of a pipe has gone."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import wait_until
from tests.support.tracers import TRACEKIT
from tracekit.cli.outputs import ENDINGS, put, target_of, workspace
from tracekit.errors import ExitCode, UsageError

LINES = "".join(f'7 1.{number:06} write(1, "{number * 7919:x}", 8) = 8\n' for number in range(9_000))
FORMS = ["parquet", "csv", "jsonl"]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "t.strace"
    path.write_text(LINES)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "out"
    path.mkdir()
    return path


@pytest.fixture
def reading(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A ``tracekit parse`` that waits for the rest of its input, with a workspace beside its output."""
    target = folder / "t.parquet"
    target.write_text("what was there")
    with subprocess.Popen(
        [*TRACEKIT, "parse", "-", "-o", str(target)], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        process.stdin.write(LINES.encode())
        process.stdin.flush()
        wait_until(lambda: any(folder.glob(".tracekit-*")), "the workspace to be there")
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, *ENDINGS])
def test_what_is_ended_leaves_nothing_behind(
    reading: subprocess.Popen[bytes], folder: Path, number: signal.Signals
) -> None:
    reading.send_signal(number)
    assert reading.stderr
    assert reading.stderr.read().strip() == b""
    assert reading.wait() == 128 + signal.SIGINT
    assert [path.name for path in folder.iterdir()] == ["t.parquet"]
    assert (folder / "t.parquet").read_text() == "what was there"


def test_what_one_left_that_was_killed_is_gone_with_the_next(
    reading: subprocess.Popen[bytes], folder: Path
) -> None:
    (left,) = folder.glob(".tracekit-*")
    os.utime(left, (0, 0))
    with workspace(folder / "t"):
        assert left.exists()
    reading.kill()
    reading.wait()
    (left / "part").write_text("a part")
    os.utime(left, (0, 0))
    with workspace(folder / "t"):
        assert not left.exists()
    assert [path.name for path in folder.iterdir()] == ["t.parquet"]


@pytest.mark.parametrize("case", ["new", "named", "readable", "another's", "link", "file", "shared"])
def test_what_may_be_of_somebody_else_stays(folder: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder / "place"
    place.mkdir()
    left = place / (".tracekit-my-own-files" if case == "named" else ".tracekit-abcd0123")
    real = folder / "real" if case == "link" else left
    if case == "file":
        real.touch()
    else:
        real.mkdir(mode=0o755 if case == "readable" else 0o700)
        (real / "precious").write_text("precious")
    if case == "link":
        left.symlink_to(real)
    if case != "new":
        os.utime(real, (0, 0))
    if case == "shared":
        place.chmod(0o777)
    if case == "another's":
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with workspace(place / "t"):
        pass
    assert os.path.lexists(left)
    assert case == "file" or (real / "precious").exists()


def test_what_is_left_where_none_may_rename_it_is_gone(folder: Path) -> None:
    for mode in (0o1777, 0o755):
        folder.chmod(mode)
        left = folder / ".tracekit-abcd0123"
        left.mkdir(mode=0o700)
        os.utime(left, (0, 0))
        with workspace(folder / "t"):
            assert not left.exists()


def test_nohup_is_respected(folder: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with workspace(folder / "t"):
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk_is_told_in_one_line(log: Path, folder: Path, form: str) -> None:
    target = folder / f"t.{form}"
    target.write_text("what was there")

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    done = subprocess.run(
        [*TRACEKIT, "parse", str(log), "-o", str(target)],
        preexec_fn=little_room,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == ExitCode.USAGE
    assert (
        done.stderr == "tracekit: cannot write the output: File too large (make room, or write elsewhere)\n"
    )
    assert [path.name for path in folder.iterdir()] == [target.name]
    assert target.read_text() == "what was there"


@pytest.mark.parametrize("form", FORMS)
def test_a_full_device_is_told_in_one_line(log: Path, form: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{' '.join(TRACEKIT)} parse {log} --format {form} -q > /dev/full"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == ExitCode.USAGE
    assert done.stderr == (
        "tracekit: cannot write the output: No space left on device (make room, or write elsewhere)\n"
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_reader_that_has_gone_is_no_failure(log: Path, tmp_path: Path, form: str) -> None:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{' '.join(TRACEKIT)} parse {log} --format {form} | head -c 100"],
        check=False,
        capture_output=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout) == 100
    assert [path.name for path in tmp_path.iterdir()] == [log.name]


def test_a_file_that_is_done_takes_the_place_of_another(folder: Path) -> None:
    (folder / "old").write_text("old")
    (folder / "link").symlink_to("old")
    target = target_of(str(folder / "link"))
    with workspace(target) as made:
        assert made.stat().st_mode & 0o777 == 0o700
        assert made.parent == folder
        (made / "done").write_text("new")
        put(made / "done", target)
    assert (folder / "link").is_symlink()
    assert (folder / "old").read_text() == "new"
    assert (folder / "old").stat().st_mode & 0o777 == 0o600
    assert {path.name for path in folder.iterdir()} == {"old", "link"}


def test_a_pipe_gets_what_is_in_the_file(folder: Path) -> None:
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    command = [sys.executable, "-c", f"print(open({str(pipe)!r}).read())"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        with workspace(target_of(str(pipe))) as made:
            assert made.parent != folder
            (made / "done").write_text("new")
            put(made / "done", pipe)
        assert reader.stdout
        assert reader.stdout.read() == "new\n"
    assert pipe.is_fifo()


def test_where_nothing_can_be_made_is_told(folder: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"), workspace(folder / "missing" / "t"):
        pass
    with pytest.raises(UsageError, match="it is a folder"):
        target_of(str(folder))

"""``make run``, ``run-privileged`` and ``stop``: what they ask of docker or podman, and of the server.

The engine and the server are stand-ins that write down how they were called.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = '#!/bin/sh\necho "$(basename "$0") $*" >>"$CALLS"\n[ "$1" != info ] || exit "${INFO_STATUS:-0}"\n'


class Lab:
    """The script in a copy of the checkout's folder, with stand-ins for what it calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "calls"
        self.calls.touch()
        (folder / "server").mkdir()
        (folder / "bin").mkdir()
        (folder / "server" / "lab.sh").write_bytes((ROOT / "server" / "lab.sh").read_bytes())

    def has(self, *programs: str) -> None:
        """Have these programs in PATH."""
        for program in programs:
            path = self.folder / "bin" / program
            path.write_text(STAND_IN)
            path.chmod(0o755)

    def do(self, word: str, **environment: str) -> tuple[list[str], str]:
        """Run the script; return what was called, and what it printed."""
        self.calls.write_text("")
        self.has("tracekit")
        path = f"{self.folder}/bin:/usr/bin:/bin"
        done = subprocess.run(
            ["sh", self.folder / "server" / "lab.sh", word],
            env={"PATH": path, "CALLS": str(self.calls), "TRACEKIT": "tracekit", **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return self.calls.read_text().splitlines(), done.stdout


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def only(calls: list[str], word: str) -> str:
    (found,) = [call for call in calls if call.split()[1] == word]
    return found


def test_docker_is_taken_when_it_answers(lab: Lab) -> None:
    lab.has("docker", "podman")
    calls, printed = lab.do("run")
    assert not [call for call in calls if call.startswith("podman")]
    assert only(calls, "build") == "docker build -t tracekit-server -f server/Containerfile ."
    started = only(calls, "run")
    assert "-p 8080:80" in started
    assert "SYS_PTRACE" not in started
    assert "curl localhost:8080" in printed
    assert "docker exec -it tracekit-server bash" in printed


def test_podman_is_taken_when_docker_does_not_answer(lab: Lab) -> None:
    lab.has("docker")
    (lab.folder / "bin" / "docker").write_text("#!/bin/sh\nexit 1\n")
    lab.has("podman")
    calls, printed = lab.do("run-privileged")
    assert "--cap-add SYS_PTRACE" in only(calls, "run")
    assert "podman exec -it" in printed


def test_without_either_it_runs_in_place_and_says_so(lab: Lab) -> None:
    calls, printed = lab.do("run", CONTAINER_ENGINE="none")
    (started,) = calls
    assert started.startswith("tracekit serve -k start ")
    assert "neither docker nor podman" in printed
    (lab.folder / ".run" / "httpd.pid").write_text("1\n")
    calls, _ = lab.do("stop", CONTAINER_ENGINE="none")
    assert calls == [started.replace("-k start", "-k stop")]


def test_stop_removes_the_container(lab: Lab) -> None:
    lab.has("podman")
    calls, _ = lab.do("stop", CONTAINER_ENGINE="podman")
    assert calls == ["podman rm --force tracekit-server"]


def test_another_engine_and_more_options_are_passed_on(lab: Lab) -> None:
    lab.has("podman")
    calls, _ = lab.do(
        "run", CONTAINER_ENGINE="podman --root /x", CONTAINER_BUILD="--pull", CONTAINER_RUN="--memory 1g"
    )
    assert calls[0] == "podman --root /x build --pull -t tracekit-server -f server/Containerfile ."
    assert calls[-1].endswith("--memory 1g tracekit-server")


def test_everything_that_the_image_is_made_of_is_there() -> None:
    """Also for the engine, which is shown what .containerignore leaves."""
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "server" / "Containerfile").read_text(), re.MULTILINE)
    shown = (ROOT / ".containerignore").read_text().splitlines()
    for path in " ".join(copied).split():
        assert (ROOT / path).exists()
        assert f"!{path.partition('/')[0]}" in shown
    assert os.readlink(ROOT / ".dockerignore") == ".containerignore"  # noqa: PTH115

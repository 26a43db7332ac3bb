"""The scenes that ship: each can be read, can be rewritten, and its truth goes with its trace.

What is looked for in a trace is looked for as text, by nothing of tracekit.
"""

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.support.recording.lab_tokens import ambiguities
from tracekit.errors import TracekitError, UsageError
from tracekit.lab import scenes
from tracekit.lab.scenes import FOLDER, PS, TRACE, TRUTH, Scene, load, names, noise
from tracekit.lab.truth import Truth

KINDS = {"site": 6, "rush": 6, "crash": 4, "partial": 6}
"""So many scenes of a kind there are at least."""
SCENE_BYTES = 60 * 1024
ALL_BYTES = 2 * 1024 * 1024
FOREIGN = re.compile(r"/work\b|/root/|/home/|pyenv|/tmp/|\.venv|github|pypi")
READ = re.compile(r'^(\d+) .*(?:read|recvfrom)(?:\(| resumed>).*?"(\w+) (\S+) HTTP/1\.1\\r\\n')
TAKEN = re.compile(r"^(\d+) .*accept4.* = (\d+)<TCP:\[127\.0\.0\.1:\d+->(127\.0\.0\.1:\d+)\]>")


def of(kind: str) -> list[Scene]:
    return [load(name) for name in names(kind)]


def leaders(scene: Scene) -> set[int]:
    return {int(line.split(" ", 1)[0]) for line in scene.lines}


def tids(truth: Truth) -> set[int]:
    return {thread.tid for process in truth.processes for thread in process.threads}


def forks(scene: Scene) -> list[int]:
    """Return the processes (no threads) that the main process made, in order."""
    (main,) = (one.pid for one in scene.truth.processes if one.role == "main")
    own = [line for line in scene.lines if line.startswith(f"{main} ")]
    return [
        int(found[1])
        for line in own
        if (found := re.search(r"clone(?:\(.*SIGCHLD.*| resumed>.*) = (\d+) <", line))
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_enough_of_each_kind(kind: str) -> None:
    found = of(kind)
    assert len(found) >= KINDS[kind]
    assert {one.truth.server for one in found} == {"apache2", "tracekit"}
    assert {one.truth.mpm for one in found} >= {"worker", "event"}
    for one in found:
        assert one.name.split("-")[:3] == [kind, one.truth.mpm, one.truth.server]


def test_an_unknown_scene_is_told() -> None:
    with pytest.raises(UsageError, match="no scene moon"):
        load("moon")


def test_a_scene_that_is_not_whole_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "FOLDER", tmp_path)
    monkeypatch.setattr(scenes, "noise", scenes.noise.__wrapped__)
    with pytest.raises(TracekitError, match="cannot be read"):
        scenes.noise()
    (tmp_path / f"noise{TRACE}").write_bytes(b"no archive")
    with pytest.raises(TracekitError, match="cannot be read"):
        scenes.noise()


def test_they_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert sum(sizes.values()) <= ALL_BYTES
    assert all(size <= SCENE_BYTES for name, size in sizes.items() if name.endswith(TRACE)), sizes
    known = {f"{name}{end}" for name in names() for end in (TRACE, TRUTH, PS)} | {f"noise{TRACE}"}
    assert set(sizes) <= known


@pytest.mark.parametrize("name", names())
def test_a_scene_has_nothing_of_the_machine_and_can_be_rewritten(name: str) -> None:
    scene = load(name)
    for text in (*scene.lines, scene.truth_text, scene.ps):
        assert not FOREIGN.search(text), text
    tokens = scene.truth.tokens
    assert set(tokens) == {"words", "pids", "ports"}
    assert all(re.fullmatch("[a-z]{6}", word) for word in tokens["words"])
    assert all(re.fullmatch("[1-9][0-9]{5}", pid) for pid in tokens["pids"])
    assert all(re.fullmatch("[1-9][0-9]{4}", port) for port in tokens["ports"])
    assert ambiguities(scene.lines, tokens) == []
    assert {str(tid) for tid in leaders(scene) | tids(scene.truth)} <= set(tokens["pids"])
    secret = {word for path in (scene.truth.docroot, *scene.truth.decoys) for word in path.split("/")}
    assert secret - {"", "srv"} <= set(tokens["words"])


@pytest.mark.parametrize("name", names())
def test_who_is_said_to_have_lived_did(name: str) -> None:
    scene = load(name)
    truth = scene.truth
    size = 1 if truth.mpm == "prefork" else truth.numbers["ThreadsPerChild"] + 2
    assert leaders(scene) <= tids(truth)
    (main,) = (one for one in truth.processes if one.role == "main")
    for one in truth.workers():
        roles = Counter(thread.role for thread in one.threads if thread.role != "starter")
        assert one.ppid == main.pid
        assert roles.total() == size
        assert roles == (
            {"worker": 1}
            if size == 1
            else {"main": 1, "listener": 1, "worker": truth.numbers["ThreadsPerChild"]}
        )
    assert {one.pid for one in truth.workers()} >= {one.pid for one in truth.requests}


@pytest.mark.parametrize("name", names("site"))
def test_who_served_read_the_request_and_who_accepted_took_the_connection(name: str) -> None:
    scene = load(name)
    read, taken = defaultdict(set), defaultdict(set)
    for line in scene.lines:
        if found := READ.match(line):
            read[found[3]].add(int(found[1]))
        if found := TAKEN.match(line):
            taken[found[3]].add(int(found[1]))
    assert 60 <= len(scene.truth.requests) <= 100
    for one in scene.truth.requests:
        assert one.tid in read[one.target], one
        assert taken[one.client] == {one.accept_tid}, one
        assert (one.tid == one.accept_tid) == (scene.truth.mpm == "prefork")


@pytest.mark.parametrize("name", names("site"))
def test_a_site_has_what_the_exercises_ask_about_and_what_misleads(name: str) -> None:
    scene = load(name)
    truth, text = scene.truth, "\n".join(scene.lines)
    asked = Counter(one.target for one in truth.requests)
    once = [one for one in truth.requests if asked[one.target] == 1 and one.status == 200]
    below = [one.file for one in once if one.file and one.file.startswith(f"{truth.docroot}/")]
    shared = [one.file for one in once if one.file and one.file.startswith(f"{truth.aliases[0].path}/")]
    assert (len(below) >= 20, len(shared) >= 5) == (True, True)
    assert len({file.rpartition("/")[0] for file in below}) >= 3
    assert truth.requests[0].file in shared, "the first file is one of the alias"
    assert [one.file for one in truth.requests if one.status == 404] == [truth.aliases[1].path] * 6
    assert {one.status for one in truth.requests} == {200, 404}
    assert len({one.client for one in truth.requests}) >= 15
    assert all(path in text and not path.startswith(f"{truth.docroot}/") for path in truth.decoys)
    (launcher,) = (one for one in truth.processes if one.role == "launcher")
    assert scene.lines[0].startswith(f"{launcher.pid} ")
    assert "execve(" in scene.lines[0]
    for one in once:
        assert f'"{one.file}' in text, one


@pytest.mark.parametrize("name", names("site"))
def test_a_join_on_the_descriptor_alone_goes_wrong(name: str) -> None:
    pids = defaultdict(set)
    scene = load(name)
    owner = {thread.tid: one.pid for one in scene.truth.processes for thread in one.threads}
    for line in scene.lines:
        if found := TAKEN.match(line):
            pids[found[2]].add(owner[int(found[1])])
    assert max(map(len, pids.values())) >= 2


def test_models_differ_in_what_they_do_and_not_in_a_name() -> None:
    for scene in of("site"):
        text = "\n".join(scene.lines)
        assert not re.search("mpm_(prefork|worker|event)|AH00(163|292|489)", text), scene.name
        added = re.search(r"epoll_ctl\(\d+<[^,]*, EPOLL_CTL_ADD, \d+<TCP:\[[\d.]+:\d+->", text)
        assert bool(added) == (scene.truth.mpm == "event"), scene.name


@pytest.mark.parametrize("name", names("rush"))
def test_a_rush_made_the_processes_that_it_is_said_to_have_made(name: str) -> None:
    scene = load(name)
    scaling = scene.truth.scaling
    assert scaling is not None
    assert list(scaling.spawned) == forks(scene)
    assert scaling.limit == scene.truth.numbers["MaxRequestWorkers"] // scene.truth.numbers.get(
        "ThreadsPerChild", 1
    )
    assert scaling.peak_processes == max(scaling.series) <= scaling.limit
    assert scaling.limit_reached == (scaling.peak_processes == scaling.limit)
    size = 1 if scene.truth.mpm == "prefork" else scene.truth.numbers["ThreadsPerChild"] + 2
    assert scaling.peak_threads == scaling.peak_processes * size
    assert scaling.series[0] == scene.truth.numbers["StartServers"]
    assert len(scene.truth.workers()) == scaling.series[0] + len(scaling.spawned)


def test_some_rushes_reach_their_limit_and_some_do_not() -> None:
    for server in ("apache2", "tracekit"):
        reached = [
            one.truth.scaling.limit_reached
            for one in of("rush")
            if one.truth.server == server and one.truth.scaling
        ]
        assert min(reached.count(True), reached.count(False)) >= 2


@pytest.mark.parametrize("name", names("rush"))
def test_that_the_limit_is_reached_is_written_to_the_error_log_and_nothing_else_is(name: str) -> None:
    scene = load(name)
    (main,) = (one.pid for one in scene.truth.processes if one.role == "main")
    own = [line for line in scene.lines if line.startswith(f"{main} ")]
    told = [line for line in own if re.match(r"\d+ [\d.]+ write\(\d+</srv/httpd/error\.log>", line)]
    made = [number for number, line in enumerate(own) if re.search(r"clone.* = \d+ <", line)]
    assert scene.truth.scaling is not None
    assert len(told) == scene.truth.scaling.limit_reached
    assert all(own.index(line) > made[-1] for line in told)


@pytest.mark.parametrize("name", names("crash"))
def test_the_first_signal_is_the_culprits_and_all_of_its_process_die(name: str) -> None:
    scene = load(name)
    crash = scene.truth.crash
    assert crash is not None
    got = [int(line.split()[0]) for line in scene.lines if "--- SIGSEGV {" in line]
    died = {int(line.split()[0]) for line in scene.lines if line.endswith("+++ killed by SIGSEGV +++")}
    process = scene.truth.process(crash.pid)
    assert process is not None
    roles = {thread.tid: thread.role for thread in process.threads}
    assert (got[0], roles[crash.tid]) == (crash.tid, "worker")
    assert died == set(crash.victims)
    assert crash.main_tid == crash.pid != crash.tid
    assert forks(scene) == [crash.replacement]
    assert {crash.pid, crash.replacement}.isdisjoint(crash.survivors)
    assert {one.pid for one in scene.truth.workers()} == {crash.pid, crash.replacement, *crash.survivors}
    if scene.truth.server == "apache2":
        assert len(got) == 2, "httpd's handler sends the signal on"


@pytest.mark.parametrize("name", names("partial"))
def test_what_was_traced_has_lines_and_ps_shows_the_rest(name: str) -> None:
    scene = load(name)
    coverage = scene.truth.coverage
    assert coverage is not None
    head, *rows = (row.split() for row in scene.ps.splitlines())
    shown = {int(row[head.index("LWP")]): int(row[head.index("PID")]) for row in rows}
    assert leaders(scene) == set(coverage.traced)
    starters = {
        thread.tid for one in scene.truth.processes for thread in one.threads if thread.role == "starter"
    }
    assert set(shown) - set(coverage.traced) == set(coverage.untraced)
    assert set(coverage.traced) - set(shown) <= starters
    assert set(coverage.traced).isdisjoint(coverage.untraced)
    assert set(coverage.untraced_pids) == {shown[tid] for tid in coverage.untraced}
    assert (coverage.complete, len(coverage.untraced) >= 2) == (False, True)


def test_some_parts_have_the_main_process_and_some_have_not() -> None:
    mains = [
        one.pid in scene.truth.coverage.traced
        for scene in of("partial")
        for one in scene.truth.processes
        if one.role == "main" and scene.truth.coverage
    ]
    assert min(mains.count(True), mains.count(False)) >= 2


def test_noise_is_of_one_process_that_serves_nobody() -> None:
    lines = noise()
    assert 100 <= len(lines) <= 200
    assert {line.split()[0] for line in lines} == {lines[0].split()[0]}
    assert not re.search("TCP:|accept|FOREIGN", "\n".join(lines))
    assert {"clock_nanosleep", "openat", "read", "close", "write"} <= {
        re.split(r"[ (]+", line)[2] for line in lines
    }
    assert not FOREIGN.search("\n".join(lines))

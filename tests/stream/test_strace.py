"""What the real strace prints, with the options that people give it, is read with nothing lost."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.requirements import need
from tracekit.events import Trace, read_trace
from tracekit.stream import parse_arguments
from tracekit.stream.values import String, Unknown

pytestmark = pytest.mark.conformance

PROGRAM = """
import json, os, signal, socket, subprocess, sys, threading
folder = sys.argv[1]
truth = {"pid": os.getpid(), "threads": []}
listener = socket.create_server(("127.0.0.1", 0))
def serve():
    truth["threads"].append(threading.get_native_id())
    connection, truth["peer"] = listener.accept()
    connection.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n) = 7", <unfinished ...>')
    connection.close()
server = threading.Thread(target=serve)
server.start()
with socket.create_connection(listener.getsockname()) as client:
    truth["got"] = client.recv(100).decode()
server.join()
for name in ('a, b) = 3 (x', 'q"q<>', 'nl\\nend', 'plain'):
    with open(os.path.join(folder, name), "w") as file:
        file.write("x")
child = os.fork()
if not child:
    os.kill(os.getpid(), signal.SIGSEGV)
truth["child"] = child
os.waitpid(child, 0)
subprocess.run(["/bin/true"], check=True)
with open(os.path.join(folder, "truth.json"), "w") as file:
    json.dump(truth, file)
os._exit(3)
"""
TIMES = ["", "-t", "-tt", "-ttt", "-r", "-T"]
OPTIONS = [*TIMES, "-y", "-yy", "-s 4", "-s 400 -v", "-tt -T -yy", "-ttt -T -yy -i", "-x"]


def traced(folder: Path, *options: str) -> tuple[Trace, dict[str, Any]]:
    """Run the program under strace; return its trace and what it says of itself."""
    strace = need("strace")
    (folder / "program.py").write_text(PROGRAM)
    where = [] if "stderr" in options else ["-o", str(folder / "log")]
    chosen = [option for option in options if option != "stderr"]
    command = [strace, *where, *chosen, sys.executable, "-I", "program.py"]
    run = subprocess.run([*command, str(folder)], cwd=folder, capture_output=True, check=False, timeout=60)
    assert run.returncode == 3, run.stderr
    if not where:
        (folder / "log").write_bytes(run.stderr)
    return read_trace(folder / "log"), json.loads((folder / "truth.json").read_text())


def check_all_read(trace: Trace) -> None:
    assert trace.unparsed.to_dict("records") == []
    for row in trace.rows():
        if row.kind == "syscall" and row.complete:
            values = parse_arguments(row.args or "")
            odd = [value.text for value in values if isinstance(value, Unknown)]
            odd = [text for text in odd if text[:3] not in ("???", "...", "<..")]
            assert odd == [], row.args


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("where", ["file", "stderr"])
def test_following(tmp_path: Path, options: str, where: str) -> None:
    trace, truth = traced(tmp_path, "-f", *options.split(), *(["stderr"] if where == "stderr" else []))
    check_all_read(trace)
    assert trace.incomplete <= 2  # the child and the last call may be killed in a call
    rows = list(trace.rows())
    assert rows[0].name == "execve"
    ends = {row.tid: (row.name, row.ret, row.args) for row in rows if row.kind == "exit"}
    assert ends[truth["pid"]] == ("exited", 3, None)
    assert ends[truth["child"]] == ("killed", None, "SIGSEGV")
    (thread,) = truth["threads"]
    assert {row.pid for row in rows if row.tid == thread} == {truth["pid"]}
    assert {row.pid for row in rows if row.tid == truth["child"]} == {truth["child"]}
    assert all(row.pid_known for row in rows if row.tid is not None and row.kind == "syscall")
    if options not in ("-x", "-s 4"):
        values = [value for row in rows for value in parse_arguments(row.args or "")]
        opened = [value.data for value in values if isinstance(value, String)]
        for name in (b"a, b) = 3 (x", b'q"q<>', b"nl\nend"):
            assert any(data.endswith(b"/" + name) for data in opened)
    if "-yy" in options:
        host, port = truth["peer"]
        assert f"{host}:{port}" in set(trace.column("peer").dropna())
        assert f"{tmp_path}/a, b) = 3 (x" in set(trace.column("path").dropna())


@pytest.mark.parametrize("options", ["-ttt -yy", "-tt", "-r", ""])
def test_a_file_for_each_task(tmp_path: Path, options: str) -> None:
    strace = need("strace")
    (tmp_path / "program.py").write_text(PROGRAM)
    where = ["-ff", "-o", str(tmp_path / "log")]
    command = [strace, *where, *options.split(), sys.executable, "-I", "program.py"]
    subprocess.run([*command, str(tmp_path)], cwd=tmp_path, capture_output=True, check=False, timeout=60)
    truth = json.loads((tmp_path / "truth.json").read_text())
    trace = read_trace(tmp_path / "log")
    check_all_read(trace)
    tids = {int(Path(name).suffix[1:]) for name in trace.files}
    assert {row.tid for row in trace.rows()} == tids >= {truth["pid"], truth["child"], *truth["threads"]}
    assert {row.pid for row in trace.rows() if row.tid in truth["threads"]} == {truth["pid"]}
    assert trace.lines == sum(len(Path(name).read_text().splitlines()) for name in trace.files)


def test_without_following(tmp_path: Path) -> None:
    trace, truth = traced(tmp_path, "-tt")
    check_all_read(trace)
    assert {(row.tid, row.pid) for row in trace.rows()} == {(truth["pid"], truth["pid"])}
    assert trace.lines == len(trace.events)


def test_execve_in_a_thread(tmp_path: Path) -> None:
    code = (
        "import os, threading;"
        "t = threading.Thread(target=os.execv, args=('/bin/true', ['true'])); t.start(); t.join()"
    )
    log = tmp_path / "log"
    subprocess.run([need("strace"), "-f", "-o", str(log), sys.executable, "-c", code], check=True, timeout=60)
    trace = read_trace(log)
    check_all_read(trace)
    rows = [row for row in trace.rows() if row.name == "execve"]
    assert [row.complete for row in rows] == [True, True]
    assert rows[1].pid == rows[0].tid != rows[1].tid
    assert "superseded" in {row.name for row in trace.rows()}

"""Answers of other packages: a good one is a command, a broken one is told and takes nothing else down."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tracers import TRACEKIT
from tracekit.errors import ExitCode

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "analyzers.md").read_text()
FILES = {
    name: re.search(rf"`{re.escape(name)}`[^`]*```\w+\n(.*?)```", PAGE, re.DOTALL)
    for name in ("tracekit_disk.py", "test_tracekit_disk.py", "pyproject.toml")
}
LOG = "7 1700000000.000001 fsync(3) = 0 <0.000200>\n8 1700000000.100000 fdatasync(4) = 0 <0.000300>\n"

TOGETHER = """
import json, sys
from tracekit.cli import commands
for words in json.loads(sys.argv[1]):
    sys.argv = ["tracekit", *words]
    print("", commands.main(), "", sep="\\0", end="", flush=True)
"""
GOOD = """
from dataclasses import dataclass
from tracekit.analyzers.answer import Answer

@dataclass(frozen=True, kw_only=True)
class Said(Answer):
    name = "NAME"
    text: object

class Analyzer:
    name = "NAME"
    question = "What is said?"
    needs = frozenset({"write"})

    def answer(self, trace):
        return Said(text="said", trace=trace.summary())
"""
BROKEN = {
    "missing": ("import no_such_module_here", "cannot be loaded: ModuleNotFoundError: No module named"),
    "ending": ("raise SystemExit('at\\nonce')", "cannot be loaded: SystemExit: at once"),
    "classless": ("", "cannot be loaded: AttributeError: module 'classless' has no attribute 'Analyzer'"),
    "needless": (GOOD.replace("    needs =", "    need ="), "cannot be used: AttributeError: 'Analyzer'"),
    "texts": (GOOD.replace('frozenset({"write"})', '"write"'), "cannot be used: ValueError: needs has to be"),
    "misspelt": (GOOD.replace('"write"', '"wirte"'), "ValueError: needs has names of no system call: wirte"),
    "asking": (
        GOOD.replace("    needs =", "    def __init__(self, how): ...\n    needs ="),
        "cannot be used: TypeError: Analyzer.__init__() missing",
    ),
    "other": (GOOD.replace('"NAME"', '"another"'), "cannot be used: ValueError: its name is 'another'"),
    "docroot": (GOOD, "is left out: tracekit has a command of that name"),
    "Loud!": (GOOD, "cannot be used: ValueError: its name is no word"),
}
FAILING = {
    "raising": ('        raise KeyError("x")\n        return Said(', "failed: KeyError: 'x'"),
    "nothing": (
        "        return None and Said(",
        "failed: TypeError: answer() returned NoneType, not an Answer",
    ),
    "homeless": (
        "        return Said(text=1, trace=None) or Said(",
        "failed: TypeError: the answer's trace has to be trace.summary()",
    ),
    "strange": (
        "        return Said(text=object(), trace=trace.summary()) or Said(",
        "failed: TypeError: Object of type",
    ),
}


def install(folder: Path, name: str, module: str, source: str, kind: str = "Analyzer") -> None:
    """Put a package with one analyzer where Python looks, as an installer does."""
    (folder / f"{module}.py").write_text(source.replace("NAME", name))
    about = folder / f"tracekit_{module}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: tracekit-{module}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[tracekit.analyzers]\n{name} = {module}:{kind}\n")


def tracekit(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run tracekit where the packages of a folder are installed."""
    return subprocess.run(
        [*TRACEKIT, *words],
        env={**os.environ, "PYTHONPATH": str(folder)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def together(folder: Path, *commands: list[str]) -> list[tuple[str, int]]:
    """Run several commands in one process there; return what each printed, and its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", TOGETHER, json.dumps(commands)],
        env={**os.environ, "PYTHONPATH": str(folder)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "the answer" not in done.stderr
    parts = done.stdout.split("\0")
    return [(out, int(code)) for out, code in zip(parts[:-1:2], parts[1::2], strict=True)]


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the page's example, installed by pip, and its sources below."""
    folder = tmp_path_factory.mktemp("disk")
    sources = folder / "sources"
    sources.mkdir()
    for name, found in FILES.items():
        assert found, name
        (sources / name).write_text(found[1])
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    alone = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(folder)]
    subprocess.run([*pip, *alone, str(sources)], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with every broken package, and a good one between them."""
    folder = tmp_path_factory.mktemp("broken")
    for number, (name, (source, _)) in enumerate(BROKEN.items()):
        module = name if name in {"classless", "missing"} else f"broken{number}"
        install(folder, name, module, source)
    install(folder, "good", "good_one", GOOD)
    for number in (1, 2):
        install(folder, "twice", f"twice{number}", GOOD)
    (folder / "t.strace").write_text(LOG)
    return folder


def test_the_example_of_the_page_passes_its_test(disk: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "."],
        cwd=disk / "sources",
        env={**os.environ, "PYTHONPATH": str(disk)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_an_installed_answer_is_a_command(disk: Path) -> None:
    done = tracekit(disk, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(
        r"\n  coverage .*\n(.*\n)*?  disk +How long did each thread wait for the disk\?\n", done.stdout
    )
    assert "From a trace:       tracekit disk t.strace" in tracekit(disk, "disk", "--help").stdout


def test_it_answers_in_every_form(disk: Path) -> None:
    log = disk / "t.strace"
    log.write_text(LOG)
    unclear = disk / "unclear.strace"
    unclear.write_text(LOG.replace(" <0.000200>", ""))
    forms = [["disk", str(log), "--format", form] for form in ("text", "json", "csv")]
    (text, one), (found, two), (table, three), (_, four) = together(disk, *forms, ["disk", str(unclear)])
    assert [one, two, three, four] == [0, 0, 0, ExitCode.UNDETERMINED]
    assert re.search(r"\n +7 +1 +200000\n +8 +1 +300000\n", text)
    answer = json.loads(found)
    assert answer["schema"] == "tracekit.disk/1"
    assert [(one["tid"], one["waited_ns"]) for one in answer["threads"]] == [(7, 200_000), (8, 300_000)]
    assert table.startswith('"verdict","tid","waits","waited_ns"')
    assert len(table.splitlines()) == 3


def test_a_live_trace_takes_the_calls_that_it_needs_alone(disk: Path) -> None:
    (disk / "written").touch()
    program = [
        sys.executable,
        "-c",
        "import os, sys; f = os.open(sys.argv[1], os.O_RDWR); os.fsync(f)",
        str(disk / "written"),
    ]
    for words in (["disk"], ["run", "-f", "--for", "disk"]):
        out = disk / f"{words[0]}.strace"
        done = tracekit(disk, *words, "-o", str(out), "--", *program)
        assert done.returncode == 0, done.stderr
        calls = set(re.findall(r"^\d+ +[\d.]+ (\w+)\(", out.read_text(), re.MULTILINE))
        assert calls == {"fsync"}


def test_a_broken_one_is_told_in_a_line_and_the_help_goes_on(broken: Path) -> None:
    done = tracekit(broken, "--help")
    assert done.returncode == 0
    assert re.search(r"\n  good +What is said\?\n", done.stdout)
    assert done.stdout.count("\n  docroot ") == 1
    told = done.stderr.splitlines()
    assert len(told) == len(BROKEN) + 1
    for name, (_, message) in BROKEN.items():
        assert [
            line for line in told if line.startswith(f"tracekit: the answer {name} of ") and message in line
        ]
    assert [line for line in told if "twice of tracekit-twice" in line and "has the same name" in line]


def test_doctor_tells_of_both(broken: Path) -> None:
    found = json.loads(tracekit(broken, "doctor", "--format", "json").stdout)["findings"]
    ours = [(one["verdict"], one["text"]) for one in found if one["group"] == "Answers of other packages"]
    assert ("yes", "the answer good of tracekit-good_one 1.0") in ours
    assert len([text for verdict, text in ours if verdict == "note"]) == len(BROKEN) + 1


@pytest.mark.parametrize("name", ["ending", "needless"])
def test_who_asks_for_a_broken_one_is_told_why(broken: Path, name: str) -> None:
    done = tracekit(broken, name, "t.strace")
    assert done.returncode == ExitCode.BUG
    assert BROKEN[name][1] in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_other_answers_do_not_notice(broken: Path) -> None:
    log = str(broken / "t.strace")
    (_, files), (docroot, unclear), (said, good) = together(
        broken, ["files", log], ["docroot", log], ["good", log]
    )
    assert (files, unclear, good) == (0, ExitCode.UNDETERMINED, 0)
    assert "said" in said
    assert "said" not in docroot


@pytest.mark.parametrize("name", list(FAILING))
def test_one_that_fails_is_told_in_a_line(tmp_path: Path, name: str) -> None:
    install(tmp_path, name, "failing", GOOD.replace("        return Said(", FAILING[name][0]))
    (tmp_path / "t.strace").write_text(LOG)
    done = tracekit(tmp_path, name, str(tmp_path / "t.strace"))
    assert (done.returncode, done.stdout) == (ExitCode.BUG, "")
    assert done.stderr.startswith(f"tracekit: the answer {name} of tracekit-failing 1.0 {FAILING[name][1]}")
    assert len(done.stderr.splitlines()) == 1


def test_entry_points_are_looked_up_when_they_are_asked_for_alone() -> None:
    script = (
        "import sys, importlib.metadata as m, tracekit.cli\n"
        "m.entry_points = lambda **_: print('looked up', file=sys.stderr) or ()\n"
        "sys.argv[1:] = {}\ntracekit.cli.main()"
    )
    for words, looked in ((["files", "--help"], False), (["run", "--help"], False), (["--help"], True)):
        done = subprocess.run(
            [sys.executable, "-c", script.format(words)], check=False, capture_output=True, text=True
        )
        assert ("looked up" in done.stderr) == looked, words

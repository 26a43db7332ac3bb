"""What is loaded before a command does its work: a traced program waits for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tracekit.analyzers.catalogue import ANALYZERS
from tracekit.analyzers.questions import QUESTIONS
from tracekit.analyzers.state.calls import of_files
from tracekit.analyzers.state.changes import CHANGES
from tracekit.analyzers.state.observe import AT_BEGINNING, AT_RETURN

ANSWERING = {"pandas", "lark", "httptools", "tracekit.events", "tracekit.stream"}
"""What reads traces and answers, and is slow to load."""
QUESTIONING = {
    "tracekit.analyzers",
    "tracekit.analyzers.gaps",
    "tracekit.analyzers.gaps.needs",
    "tracekit.analyzers.questions",
    "tracekit.analyzers.state",
    "tracekit.analyzers.state.calls",
    "tracekit.analyzers.state.task_calls",
}
"""What there is of the analyzers where something is only asked."""
GRADING = {"pytest", "tracekit.lab"}
"""What grades."""
LOOKING = {"psutil", "rich", "importlib.metadata", "tracekit.tracer.machine.findings"}
"""What looks at a machine and shows it, for those whom something is refused."""


def loaded(*words: str) -> set[str]:
    """Return the modules that Python loads for these arguments of its own."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", *words], capture_output=True, text=True, check=True, timeout=60
    )
    lines = [line for line in ran.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def analyzers(modules: set[str]) -> set[str]:
    return {name for name in modules if name.startswith("tracekit.analyzers")}


def test_what_is_loaded_is_seen() -> None:
    modules = loaded("-c", "import tracekit.analyzers.catalogue")
    assert {"lark", "tracekit.events", "tracekit.analyzers.docroot"} <= modules


def test_what_an_answer_needs_is_known_without_an_analyzer() -> None:
    modules = loaded(
        "-c", "from tracekit.analyzers.questions import DOCROOT; assert 'openat' in DOCROOT.needs"
    )
    assert not modules & (ANSWERING | {"click"})
    assert analyzers(modules) == QUESTIONING


@pytest.mark.parametrize(
    "words",
    [("--help",), ("docroot", "--help"), ("attach", "--help"), ("lab", "--help"), ("lab", "grade", "--help")],
    ids=" ".join,
)
def test_asking_loads_nothing_that_answers(words: tuple[str, ...]) -> None:
    modules = loaded("-m", "tracekit", *words)
    assert not modules & (ANSWERING | GRADING)
    assert analyzers(modules) <= QUESTIONING


def test_a_trace_for_answers_loads_only_a_tracer() -> None:
    modules = loaded("-m", "tracekit", "run", "-f", "--for", "docroot,files", "-o", os.devnull, "--", "true")
    assert "tracekit.tracer.tracing" in modules
    assert not modules & (ANSWERING | LOOKING)
    assert analyzers(modules) <= QUESTIONING


def test_strace_s_command_line_loads_only_a_tracer(tmp_path: Path) -> None:
    words = ("-f", "--seccomp-bpf", "-e", "trace=execve", "-o", str(tmp_path / "t"), "true")
    modules = loaded("-m", "tracekit", "strace", *words)
    assert "tracekit.tracer.tracing" in modules
    assert not modules & (ANSWERING | LOOKING | {"click"})
    assert not analyzers(modules)


def test_an_answer_needs_the_calls_that_are_looked_at() -> None:
    assert {*AT_RETURN, *AT_BEGINNING, *CHANGES, "exit", "exit_group"} == of_files()


def test_every_question_has_its_analyzer() -> None:
    assert list(ANALYZERS) == list(QUESTIONS)
    for name, analyzer in ANALYZERS.items():
        asked = QUESTIONS[name]
        assert (analyzer.name, analyzer.question, analyzer.needs) == (asked.name, asked.question, asked.needs)

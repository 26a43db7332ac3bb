"""Calls at their stops: those of an architecture that no table has."""

from contextlib import closing
from pathlib import Path

from tracekit.tracer.annotations.descriptors import Descriptors
from tracekit.tracer.calls import Calls, installs_filter
from tracekit.tracer.counts import Counts
from tracekit.tracer.decode import Decoder, Options
from tracekit.tracer.kernel import ptrace
from tracekit.tracer.options.layout import Layout
from tracekit.tracer.options.settings import Settings
from tracekit.tracer.tasks.task import Task
from tracekit.tracer.text.record import Record
from tracekit.tracer.text.remarks import Remarks
from tracekit.tracer.text.writer import Writer

ARM = 0x40000028
"""AUDIT_ARCH_ARM, linux/audit.h: 32-bit programs of an aarch64 machine."""


def test_a_call_of_an_unknown_architecture_is_a_number_and_registers(tmp_path: Path) -> None:
    settings = Settings(layout=Layout(tids=False, stamp=None, durations=None, headers=False))
    writer = Writer(str(tmp_path / "t"), settings.layout)
    record = Record(writer, Decoder(Options()), backlog=0)
    counts = Counts()
    calls = Calls(record, Decoder(Options()), Remarks(record, settings, counts), settings, counts)
    with closing(Descriptors(0)) as descriptors:
        task = Task(7, 7, descriptors)
        calls.enter(task, (ptrace.ENTRY, ARM, 0, 0, 5, 1, 2, 0, 0, 0, 0xFFFF))
        assert task.call is not None
        calls.leave(task, task.call, (ptrace.EXIT, ARM, 0, 0, -2, 1, 0, 0, 0, 0, 0))
    writer.close()
    assert (tmp_path / "t").read_text() == (
        "syscall_0x5(0x1, 0x2, 0, 0, 0, 0xffff)  = -1 ENOENT (No such file or directory)\n"
    )


def test_such_a_call_installs_no_filter_that_we_would_know_of() -> None:
    assert not installs_filter((ptrace.ENTRY, ARM, 0, 0, 317, 1, 0, 0, 0, 0, 0))
    assert installs_filter((ptrace.ENTRY, 0xC000003E, 0, 0, 317, 1, 0, 0, 0, 0, 0))

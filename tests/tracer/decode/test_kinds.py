"""The tables name kinds that are there."""

import pytest

from tracekit.syscalls import by_name, constants, struct_rows
from tracekit.syscalls.table import Form, rows
from tracekit.tracer.decode import Decoder, Options
from tracekit.tracer.decode.registry import printer_of, return_printer_of
from tracekit.tracer.decode.scalars import bare_names, names_of, spell


def forms(name: str) -> list[Form]:
    """Those of every row of a call: it may be another one on each architecture."""
    found = [row for row in rows() if row.name == name]
    return [
        form for row in found for form in (row.form, *(row.commands.forms.values() if row.commands else ()))
    ]


@pytest.mark.parametrize("name", by_name())
def test_every_argument_and_return_value_has_a_printer(name: str) -> None:
    Decoder(Options())
    for form in forms(name):
        assert callable(return_printer_of(form.returns))
        for argument in form.arguments:
            assert callable(printer_of(argument.kind, argument.parameters))
            assert 0 <= argument.index < 6


@pytest.mark.parametrize("name", struct_rows())
def test_every_member_has_a_printer(name: str) -> None:
    assert callable(printer_of(f"*{name}"))


def test_a_kind_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        printer_of("no_such_kind")
    with pytest.raises(KeyError):
        printer_of("*no_such_structure")


def test_flags_with_and_without_a_name() -> None:
    prot = constants("prot")
    assert names_of(prot, 0) == "PROT_NONE"
    assert names_of(prot, 5) == "PROT_READ|PROT_EXEC"
    assert names_of(prot, 0x45) == "PROT_READ|PROT_EXEC|0x40"
    assert names_of(prot, 0x40) == "0x40 /* PROT_??? */"
    assert bare_names("prot", 0x40) == "0x40"


def test_values_with_and_without_a_name() -> None:
    assert spell("whence", 2) == "SEEK_END"
    assert spell("whence", 9) == "0x9 /* SEEK_??? */"
    assert spell("rusage_who", 0xFFFFFFFF) == "RUSAGE_CHILDREN"

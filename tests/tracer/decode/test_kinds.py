"""The tables name kinds that are there."""

import pytest

from tracekit.syscalls import by_name, struct_rows
from tracekit.syscalls.table import Form, rows
from tracekit.tracer.decode import Decoder, Options
from tracekit.tracer.decode.registry import printer_of, return_printer_of


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

"""Arguments that are there, or are of a kind, because another argument says so.

``on(1,2,3,cap64)``: of kind ``cap64`` when argument 1 is 2 or 3, and else not printed;
``unless(1,2,3,hex)``: the other way round. Only the low 32 bits are compared with ``on32``
and ``unless32``, for arguments that are an int.
"""

from typing import Final

from tracekit.tracer.decode.registry import Factory, families, printer_of
from tracekit.tracer.decode.scalars import U32, U64
from tracekit.tracer.decode.view import Printer, View


def _condition(mask: int, *, wanted: bool) -> Factory:
    """A family of kinds with the number of an argument, values of it and a kind."""

    def family(operand: str, *rest: str) -> Printer:
        index = int(operand)
        values: Final = frozenset(int(value, 0) & mask for value in rest[:-1])
        inner = printer_of(rest[-1])

        def printer(view: View, value: int) -> str | None:
            return inner(view, value) if (view.args[index] & mask in values) == wanted else None

        return printer

    return family


families(
    {
        "on": _condition(U64, wanted=True),
        "unless": _condition(U64, wanted=False),
        "on32": _condition(U32, wanted=True),
        "unless32": _condition(U32, wanted=False),
    }
)

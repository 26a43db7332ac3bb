"""The crypto API's user interface (linux/cryptouser.h): what is too short for its structure is a string."""

from collections.abc import Callable

from tracekit.syscalls import netlink_tables
from tracekit.tracer.decode.netlink.attributes import attributes_text
from tracekit.tracer.decode.netlink.payloads import Payload, payloads
from tracekit.tracer.decode.netlink.structures import structure
from tracekit.tracer.decode.netlink.values import c_string
from tracekit.tracer.decode.structs import layouts
from tracekit.tracer.decode.text import counted
from tracekit.tracer.decode.view import View, pointer

_ALGORITHM = "crypto_user_alg"


def _report(name: str) -> Callable[[View, Payload], str]:
    """What an algorithm of some kind reports of itself."""
    whole = structure(name)

    def show(view: View, payload: Payload) -> str:
        return whole(view, payload) or counted(view, payload.address, payload.length)

    return show


def _type(view: View, payload: Payload) -> str:
    return f"{{type={c_string(view, payload)}}}"


def _algorithm(view: View, payload: Payload) -> str:
    """An algorithm, and attributes that say more."""
    text = _report(_ALGORITHM)(view, payload)
    size = layouts(_ALGORITHM)[view.abi].packing.size
    if payload.length <= size or text == pointer(payload.address):
        return text
    return f"{text}, {attributes_text(view, payload.rest(size), netlink_tables()['cryptocfga'])}"


payloads({"crypto_report": _report, "crypto_type": lambda: _type, "crypto_algorithm": lambda: _algorithm})

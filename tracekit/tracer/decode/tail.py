"""What a program gave beyond the structure that we know: newer kernels have longer ones."""

from tracekit.tracer.decode.text import quoted
from tracekit.tracer.decode.view import PAGE, View

_UNREADABLE = "???"


def beyond(view: View, address: int, known: int, size: int) -> list[str]:
    """Bytes of a structure from ``known`` on: ``/* bytes 88..95 */ "\\x01..."``; empty when all are zeros.

    At most a page is looked at: the kernel takes no longer structure (``copy_struct_from_user``).
    """
    size = min(size, PAGE)
    if size <= known:
        return []
    data = view.task.read(address + known, size - known)
    if len(data) < size - known:
        return [_UNREADABLE]
    if not any(data):
        return []
    shown = data[: view.options.string_limit]
    more = "..." if len(shown) < len(data) else ""
    return [f"/* bytes {known}..{size - 1} */ {quoted(shown, 2)}{more}"]

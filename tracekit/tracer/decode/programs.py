"""What a program is started with: its arguments and its environment (execve(2))."""

from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.text import string
from tracekit.tracer.decode.view import PAGE, View, pointer


def _strings(view: View, address: int, *, all_of_them: bool) -> str:
    """A NULL-ended array of strings: ``["ls", "-l"]``."""
    shown: list[str] = []
    word = view.abi.word
    limit = 0x7FFF if all_of_them else view.options.string_limit
    while len(shown) <= limit:
        data = view.fetch(address + word * len(shown), word)
        if data is None:
            shown.append(f"... /* {pointer(address + word * len(shown))} */")
            break
        item = int.from_bytes(data, "little")
        if not item:
            break
        shown.append("..." if len(shown) == limit else string(view, item))
    return f"[{', '.join(shown)}]"


def _argv(view: View, address: int) -> str:
    if view.fetch(address, view.abi.word) is None:
        return pointer(address)
    return _strings(view, address, all_of_them=view.options.verbose)


def _envp(view: View, address: int) -> str:
    """The environment: how many variables, or with -v all of them."""
    if view.options.verbose:
        return _argv(view, address)
    if view.fetch(address, view.abi.word) is None:
        return pointer(address)
    count, unreadable = _count_pointers(view, address)
    noun = "var" if count == 1 else "vars"
    return f"{pointer(address)} /* {count} {noun}{', unterminated' if unreadable else ''} */"


def _count_pointers(view: View, address: int) -> tuple[int, bool]:
    """How many pointers stand before the NULL, and whether memory ended before it did; read page by page."""
    count, word = 0, view.abi.word
    for _ in range(512):
        size = (PAGE - address % PAGE) // word * word or word
        data = view.readable(address, size)
        for at in range(0, len(data) - word + 1, word):
            if not any(data[at : at + word]):
                return count, False
            count += 1
        if len(data) < size:
            if rest := len(data) % word:
                view.task.cut_short(address + len(data) - rest, rest, word)
            return count, True
        address += size
    return count, True


kinds({"argv": _argv, "envp": _envp})

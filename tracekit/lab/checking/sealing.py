"""Keeping the key out of what a check says.

Checks are written so that their reasons name a kind of mistake. That is held to here once more.
"""

import re
from typing import Any, Final

from tracekit.lab.checking.context import leaves

HIDDEN: Final = "[hidden]"
_SMALL: Final = 1
"""Digits of a number that can be anything: the third request, two threads."""


def sealed(text: str, key: Any, answers: Any) -> str:
    """Return a text without the values of the key that the student did not name.

    These are its numbers of more than one digit, its paths, and the words that are each student's own.
    """
    if not text or key is None:
        return text
    words = {word for some in getattr(key, "tokens", {}).values() for word in some}
    named = {leaf for leaf in leaves(key) if _tells(leaf)} | words
    found = {leaf for leaf in named if leaf in text}
    if not found:
        return text
    given = "\n".join(leaves(answers))
    for leaf in sorted(found, key=len, reverse=True):
        whole = re.compile(rf"(?<![A-Za-z0-9]){re.escape(leaf)}(?![A-Za-z0-9])")
        if not whole.search(given):  # a word of a path or target that was named is no news either
            text = whole.sub(HIDDEN, text)
    return text


def _tells(leaf: str) -> bool:
    return len(leaf) > _SMALL and (leaf.isdigit() or "/" in leaf)

"""Making a student's text harmless before it becomes part of a score.

It is done once, where a text enters a score: every form then starts from one printable line of bounded
length in which no grader finds a grade.
"""

import re
import unicodedata
from typing import Final

from tracekit.report.escape import visible

LONGEST: Final = 300
"""Characters of a text that are shown; what is longer is cut and ends in dots."""

_CUT: Final = "..."
TOTAL: Final = re.compile(r"(?i)(t[\W_]*o[\W_]*t[\W_]*a[\W_]*l[\W_]*?):")
"""What a grader could take for the line with the grade, in any spelling."""


def harmless(text: str, longest: int = LONGEST) -> str:
    r"""Return a text as one printable line that acts on nothing; harmless text stays as it is.

    Compatibility forms (full-width letters, small colons) become the plain characters that they stand for,
    so that they hide nothing. What does not print is written out (``\x1b``): control characters, marks that
    turn text around, what is invisible or unassigned. So is the colon after any spelling of "total", since
    graders search a text for the grade. Doing it again changes nothing.
    """
    if text.isascii() and text.isprintable() and ":" not in text and len(text) <= longest:
        return text.strip()
    plain = unicodedata.normalize("NFKC", visible(text[:longest]))
    shown = "".join(map(_shown, plain)).strip()
    shown = TOTAL.sub(r"\1\\x3a", shown)
    if len(text) > longest or len(shown) > longest:
        return shown[: longest - len(_CUT)].rstrip() + _CUT
    return shown


def _shown(character: str) -> str:
    """Return a character, or its number where it has no shape of its own (Unicode categories C and Z)."""
    if character.isprintable():
        return character
    if unicodedata.category(character) == "Zs":
        return " "
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

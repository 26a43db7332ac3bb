"""The regular expressions of the configuration: PCRE2's, as httpd's are (server/util_pcre.c).

Who may write an .htaccess may write a pattern that tries for years, and clients choose the text that
it is held against. Like httpd we leave it to PCRE2 to give up, and that is no match. It holds
Python's lock meanwhile, and with it the other threads of the process, so it gives up earlier here:
after some 40 ms, where httpd's, at ten million steps, takes some 300.
"""

import re

import pcre2

LIMIT = b"(*LIMIT_MATCH=1000000)"  # steps from one place of the text; a pattern can lower it
DOLLAR_ENDONLY = 0x10  # of pcre2.h; with DOTALL it is httpd's AP_REG_DEFAULT
HEXADECIMAL = re.compile(rb"\\x(?:\{0*([0-9A-Fa-f]{1,2})\}|([0-9A-Fa-f]{0,2}))|\\.", re.DOTALL)

Groups = tuple[bytes | None, ...]


class Pattern:
    """A regular expression."""

    def __init__(self, text: bytes, *, ignore_case: bool = False) -> None:
        """Compile it.

        Raises:
            ValueError: it is none.
        """
        flags = pcre2.DOTALL | DOLLAR_ENDONLY | (pcre2.IGNORECASE if ignore_case else 0)
        try:
            # The JIT's stack is a small one.
            self._pattern = pcre2.compile(LIMIT + _two_digits(text), flags, jit=False)
        except pcre2.PatternError as error:
            raise ValueError(str(error)) from None

    def search(self, text: bytes) -> Groups | None:
        """Return the first match and its groups; None where there is none, or none within the limit."""
        try:
            match = self._pattern.search(text)
        except pcre2.LibraryError:
            return None
        return None if match is None else (match[0], *match.groups())


def _two_digits(text: bytes) -> bytes:
    """Write ``\\x{2e}`` and ``\\x9`` with two digits: the binding has PCRE2 read them as in JavaScript."""

    def written(found: re.Match[bytes]) -> bytes:
        digits = found[1] if found[2] is None else found[2]
        return found[0] if digits is None else b"\\x" + digits.zfill(2)

    return HEXADECIMAL.sub(written, text)

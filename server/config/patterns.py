"""The regular expressions of the configuration: PCRE2's, as httpd's are (server/util_pcre.c).

Who may write an .htaccess may write a pattern that tries for years, and clients choose the text that
it is held against. Like httpd we leave it to PCRE2 to give up, and that is no match. It holds
Python's lock meanwhile, and with it the other threads of the process, so it gives up earlier here:
after some 40 ms, where httpd's, at ten million steps, takes some 300.
"""

import pcre2

LIMIT = b"(*LIMIT_MATCH=1000000)"  # steps from one place of the text; a pattern can lower it
DOLLAR_ENDONLY = 0x10  # of pcre2.h; with DOTALL it is httpd's AP_REG_DEFAULT

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
            self._pattern = pcre2.compile(LIMIT + text, flags, jit=False)  # the JIT's stack is a small one
        except pcre2.PatternError as error:
            raise ValueError(str(error)) from None

    def search(self, text: bytes) -> Groups | None:
        """Return the first match and its groups; None where there is none, or none within the limit."""
        try:
            match = self._pattern.search(text)
        except pcre2.LibraryError:
            return None
        return None if match is None else (match[0], *match.groups())

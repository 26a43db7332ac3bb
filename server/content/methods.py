"""Methods of HTTP: those that httpd knows, and the answer to those that a file does not have."""

# Of httpd's modules/http/http_protocol.c; every other one is 501 (Not Implemented).
KNOWN = frozenset(
    b"GET HEAD PUT POST DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK "
    b"VERSION-CONTROL CHECKOUT UNCHECKOUT CHECKIN UPDATE LABEL REPORT MKWORKSPACE MKACTIVITY "
    b"BASELINE-CONTROL MERGE".split()
)
READING = frozenset({b"GET", b"HEAD"})
SERVED = frozenset({b"GET", b"HEAD", b"POST"})  # the default handler answers POST with the file, too


def allow(*, trace: bool) -> tuple[bytes, bytes]:
    """Return the Allow field, in the order in which httpd has it."""
    return b"Allow", b"GET,POST,OPTIONS,HEAD" + (b",TRACE" if trace else b"")

"""Conditional requests: is the client's copy still good (RFC 9110, 13)."""

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache

# IMF-fixdate, RFC 850's and asctime's form (RFC 9110, 5.6.7); anything else is no date and ignored.
# (datetime.strptime would load a module when it is first called, which User need not be able to read.)
HTTP_DATE = re.compile(
    rb"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT"
    rb"|[A-Z][a-z]+day, [0-9]{2}-[A-Z][a-z]{2}-[0-9]{2} [0-9:]{8} GMT"
    rb"|[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}"
)
ENTITY_TAG = re.compile(rb'(W/)?("[!#-~\x80-\xff]*")')


def evaluate(headers: dict[bytes, bytes], etag: bytes, modified: int) -> int | None:
    """Return the status that the preconditions of a GET or HEAD lead to; None to go on.

    Args:
        headers: the request's fields, names in lower case.
        etag: the strong entity tag of what would be sent.
        modified: its modification time, in seconds since the epoch.
    """
    if (tags := headers.get(b"if-match")) is not None:
        if not _matches(tags, etag, weak=False):
            return 412
    elif (date := _seconds(headers.get(b"if-unmodified-since"))) is not None and modified > date:
        return 412
    if (tags := headers.get(b"if-none-match")) is not None:
        return 304 if _matches(tags, etag, weak=True) else None
    date = _seconds(headers.get(b"if-modified-since"))
    return 304 if date is not None and modified <= date else None


def _matches(tags: bytes, etag: bytes, *, weak: bool) -> bool:
    if tags.strip() == b"*":
        return True
    return any(tag == etag and (weak or not mark) for mark, tag in ENTITY_TAG.findall(tags))


@lru_cache(maxsize=256)
def _seconds(date: bytes | None) -> float | None:
    """Return the time of an HTTP date; None for none and for one that cannot be read."""
    if date is None or not HTTP_DATE.fullmatch(date):
        return None
    try:
        return parsedate_to_datetime(date.decode()).replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None
